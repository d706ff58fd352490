package handlers

import (
	"net/netip"
	"strings"
)

// defaultPorts are the ports that browsers leave out.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// canonicalHost is a host with its port as browsers spell it: in lower case, without the
// default port of the scheme, without a trailing dot, and with the shortest form of an IPv6
// address.
func canonicalHost(scheme, host string) string {
	name, port := strings.ToLower(host), ""
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, ']') {
		name, port = name[:i], name[i+1:]
	}
	name = strings.TrimSuffix(name, ".")
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		if address, err := netip.ParseAddr(name[1 : len(name)-1]); err == nil && address.Is6() {
			name = "[" + address.String() + "]"
		}
	}
	if port == "" || port == defaultPorts[scheme] {
		return name
	}
	return name + ":" + port
}
