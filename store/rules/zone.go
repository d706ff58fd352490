package rules

import (
	"regexp"
	"time"
	_ "time/tzdata" // a container made from nothing has no zones of its own

	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// zoneMax is the longest name of a zone, in bytes.
	zoneMax = 40
	// zonesMax is how many zones stay loaded.
	zonesMax = 64
)

// zoneShape is a name of the tz database, such as Europe/Berlin. It has no dots, so that it leads to no other file.
var zoneShape = regexp.MustCompile(`^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)

// zones are those used last. A name that names none is in it with nil.
var zones, _ = lru.New[string, *time.Location](zonesMax) // fails for a size below 1

// Zone is the time zone of that name in the tz database, or nil. Browsers send such names, and people choose them.
func Zone(name string) *time.Location {
	// Go reads "" as UTC and "Local" as the zone of the server.
	if len(name) > zoneMax || name == "Local" || !zoneShape.MatchString(name) {
		return nil
	}
	if zone, found := zones.Get(name); found {
		return zone
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = nil
	}
	zones.Add(name, zone)
	return zone
}

// CheckZone refuses a name of no time zone. The empty one stands for that of the browser.
func CheckZone(name string) error {
	if name != "" && Zone(name) == nil {
		return NotOffered("zone")
	}
	return nil
}
