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

// parseNetworks reads the networks of proxies, in the form that addresses have
// here: IPv4 is never written as IPv6.
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

// clientAddress is where a request comes from. X-Forwarded-For is looked at only
// where a trusted proxy sent the request. Each proxy appends whom it answers, so
// the client is the right-most hop that is no trusted proxy itself; what stands
// left of it may be invented. Where all hops are trusted it is the first. named is
// false where a trusted proxy lists nobody: it then stands for its clients.
func clientAddress(r *http.Request, trusted []netip.Prefix) (client string, named bool) {
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	peer, readable := parseAddress(host)
	isTrusted := func(a netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	if !readable || !isTrusted(peer) {
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
	return nearest.String(), named
}

// hops are what X-Forwarded-For lists, the nearest first, without the quotes that
// some proxies put around them. Empty ones are left out.
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

// parseHop reads an address as proxies write it: alone, with a port, in
// brackets.
func parseHop(hop string) (address netip.Addr, readable bool) {
	if address, readable = parseAddress(hop); readable {
		return address, true
	}
	// Also behind an IPv6 address without brackets, of which a port of five
	// digits can be no part.
	if i := strings.LastIndexByte(hop, ':'); i >= 0 && isPort(hop[i+1:]) {
		return parseAddress(hop[:i])
	}
	return address, false
}

func isPort(text string) bool {
	return len(text) <= 5 && strings.Trim(text, "0123456789") == ""
}

// parseAddress reads an address, which may stand in brackets. The same address
// is always the same value: one within IPv6 is IPv4, and a zone, which means
// something on one machine only, is left out.
func parseAddress(text string) (address netip.Addr, readable bool) {
	if n := len(text); n > 1 && text[0] == '[' && text[n-1] == ']' {
		text = text[1 : n-1]
	}
	address, err := netip.ParseAddr(text)
	return address.Unmap().WithZone(""), err == nil
}

// nameOfHop is what proxies write in place of an address they do not tell, such
// as unknown or a name of their own.
var nameOfHop = regexp.MustCompile(`^[0-9A-Za-z._:-]{1,64}$`)

// unreadableHop stands for a client whose hop is no address: a short name for
// itself, anything else for a name made of it. It never stands for the proxy,
// because then all such clients would share one limit with everybody.
func unreadableHop(hop string) string {
	if nameOfHop.MatchString(hop) {
		return hop
	}
	sum := sha256.Sum256([]byte(hop))
	return "unreadable-" + hex.EncodeToString(sum[:8])
}
