package handlers

import (
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// parseNetworks reads the networks of proxies. Like addresses here, IPv4 is never written as
// IPv6.
func parseNetworks(networks []string) []netip.Prefix {
	var parsed []netip.Prefix
	for _, network := range networks {
		prefix := netip.MustParsePrefix(network)
		if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
		}
		parsed = append(parsed, prefix)
	}
	return parsed
}

// clientAddress is where a request comes from. X-Forwarded-For counts only if a trusted proxy
// sent the request. Each proxy appends the address of its client. So the client is the
// right-most hop that is not a trusted proxy; hops further left may be forged. If every hop is
// trusted, the client is the left-most one. named is false if a trusted proxy lists no hop; the
// proxy then stands for all its clients. With socket the peer is a proxy whatever its address.
func clientAddress(r *http.Request, trusted []netip.Prefix, socket bool) (client string, named bool) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	peer, readable := parseAddress(host)
	if socket {
		host, peer, readable = "unix", netip.Addr{}, true
	}
	isTrusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if !readable || !socket && !isTrusted(peer) {
		return host, true
	}
	nearest := peer
	for hop := range hops(r) {
		address, readable := parseHop(hop)
		if !readable {
			return unreadableHop(hop), true
		}
		nearest, named = address, true
		if !isTrusted(address) {
			break
		}
	}
	if !nearest.IsValid() {
		return host, false
	}
	return nearest.String(), named
}

// hops are the entries of X-Forwarded-For, the nearest first, without the quotes that some
// proxies put around them. Empty entries are left out.
func hops(r *http.Request) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, list := range slices.Backward(r.Header["X-Forwarded-For"]) {
			for more := true; more; {
				var hop string
				i := strings.LastIndexByte(list, ',')
				hop, list, more = list[i+1:], list[:max(i, 0)], i >= 0
				if hop = strings.Trim(hop, " \t\""); hop != "" && !yield(hop) {
					return
				}
			}
		}
	}
}

// parseHop reads an address as proxies write it: alone, with a port, or in brackets.
func parseHop(hop string) (address netip.Addr, readable bool) {
	if address, readable = parseAddress(hop); readable {
		return address, true
	}
	// The port may even follow an IPv6 address without brackets. Five digits cannot be part of
	// such an address.
	if i := strings.LastIndexByte(hop, ':'); i >= 0 && isPort(hop[i+1:]) {
		return parseAddress(hop[:i])
	}
	return address, false
}

func isPort(text string) bool {
	return len(text) <= 5 && strings.Trim(text, "0123456789") == ""
}

// parseAddress reads an address, with or without brackets. The same address is always the same
// value: an IPv4-mapped IPv6 address becomes IPv4. A zone is left out, because it only means
// something on one machine.
func parseAddress(text string) (address netip.Addr, readable bool) {
	if n := len(text); n > 1 && text[0] == '[' && text[n-1] == ']' {
		text = text[1 : n-1]
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil
}

// nameOfHop is what proxies write in place of an address that they hide: unknown, or a name of
// their own.
var nameOfHop = regexp.MustCompile(`^[0-9A-Za-z._:-]{1,64}$`)

// unreadableHop stands for a client whose hop is not an address: a short name as it is,
// anything else as a hash. It is never the address of the proxy, because then all such clients
// would share one limit with everybody behind that proxy.
func unreadableHop(hop string) string {
	if nameOfHop.MatchString(hop) {
		return hop
	}
	sum := sha256.Sum256([]byte(hop))
	return "unreadable-" + hex.EncodeToString(sum[:8])
}
