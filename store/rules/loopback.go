package rules

import (
	"net/netip"
	"strings"
)

// IsLoopback says whether a host name, or an address with or without brackets, means
// this machine to itself.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}
