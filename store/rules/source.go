package rules

import (
	"net/netip"
	"regexp"
	"strings"
)

// sourceShape is what stands in place of an address where a proxy hides it: its own name for the
// client, or a sum.
var sourceShape = regexp.MustCompile(`^[0-9A-Za-z._:-]{1,64}$`)

// CanonicalSource is a network address as it is recorded of whoever came from there.
func CanonicalSource(value string) (string, error) {
	text := trimmed(value)
	if address, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return address.Unmap().WithZone("").String(), nil
	}
	if !sourceShape.MatchString(text) {
		return "", Refuse("from", "That isn't a network address.")
	}
	return text, nil
}

// CheckSource refuses what is no network address.
func CheckSource(value string) error {
	_, err := CanonicalSource(value)
	return err
}
