package components

import (
	"fmt"
	"slices"
	"strings"

	"gatehouse/store"
)

// zoneNames are the time zones that are offered, west to east of each part of the world.
var zoneNames = strings.Fields(`
	Pacific/Honolulu America/Anchorage America/Los_Angeles America/Phoenix America/Denver America/Mexico_City America/Chicago
	America/Bogota America/Lima America/New_York America/Toronto America/Caracas America/Halifax America/Santiago America/St_Johns
	America/Argentina/Buenos_Aires America/Sao_Paulo
	Atlantic/Azores Atlantic/Reykjavik Africa/Casablanca Africa/Lagos Africa/Johannesburg Africa/Cairo Africa/Nairobi
	Europe/Lisbon Europe/London Europe/Dublin Europe/Madrid Europe/Paris Europe/Amsterdam Europe/Zurich Europe/Berlin Europe/Rome
	Europe/Stockholm Europe/Vienna Europe/Prague Europe/Warsaw Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Kyiv
	Europe/Istanbul Europe/Moscow
	Asia/Jerusalem Asia/Riyadh Asia/Tehran Asia/Dubai Asia/Karachi Asia/Kolkata Asia/Kathmandu Asia/Dhaka Asia/Bangkok Asia/Jakarta
	Asia/Ho_Chi_Minh Asia/Shanghai Asia/Hong_Kong Asia/Singapore Asia/Manila Asia/Taipei Asia/Seoul Asia/Tokyo
	Australia/Perth Australia/Adelaide Australia/Brisbane Australia/Sydney Pacific/Auckland
	UTC`)

// NewZoneForm states the form in which people choose the time zone of their pages and letters. browser is the zone of
// their browser, or empty.
func NewZoneForm(user store.User, browser string) *Form {
	auto := "As my browser says"
	if browser != "" {
		auto = fmt.Sprintf("As my browser says: %s", zoneLabel(browser))
	}
	zone := &Field{Name: "zone", Label: "Time zone", Type: "select", Value: user.Zone, Options: []Option{{"", auto}}}
	names := zoneNames
	if user.Zone != "" && !slices.Contains(names, user.Zone) {
		names = append([]string{user.Zone}, names...)
	}
	for _, name := range names {
		zone.Options = append(zone.Options, Option{name, zoneLabel(name)})
	}
	zone.Optional = true
	return &Form{ID: "times", Action: "/account/profile/zone", Title: "Times", Submit: "Save time zone", Account: user.FormID(), Fields: []*Field{zone}}
}
