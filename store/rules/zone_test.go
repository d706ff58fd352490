package rules

import (
	"strings"
	"testing"
)

func TestZonesAreThoseOfTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Asia/Kathmandu"} {
		if zone := Zone(name); zone == nil || zone.String() != name || CheckZone(name) != nil {
			t.Errorf("%s is %v", name, zone)
		}
	}
	for _, name := range []string{
		"Local", "../../etc/passwd", "Europe/../Europe/Berlin", "/etc/localtime", "Europe/Berlin\x00", "Europe\\Berlin", "Europe", "europe/berlin",
		"Europe/Nowhere", "zone.tab", "A/B/C/D", " UTC", "<b>", strings.Repeat("A", 5000), "Europe/" + strings.Repeat("a", zoneMax),
	} {
		if zone := Zone(name); zone != nil || CheckZone(name) == nil {
			t.Errorf("%q is %v", name, zone)
		}
	}
	if Zone("") != nil || CheckZone("") != nil {
		t.Error("no name is refused, or is a zone")
	}
	for i := range 3 * zonesMax {
		Zone("Invented/" + strings.Repeat("x", 1+i%30))
	}
	if n := zones.Len(); n > zonesMax {
		t.Errorf("%d zones stay loaded", n)
	}
}
