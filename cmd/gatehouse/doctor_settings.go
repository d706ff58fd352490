package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"gatehouse/store/rules"
)

func checkSettings(_ context.Context, p *patient) finding {
	for _, variable := range p.unknown {
		if variable.meant != "" {
			return wrong(fmt.Sprintf("did you mean %s?", variable.meant), "%s is no setting and changes nothing", variable.name)
		}
	}
	if len(p.unknown) > 0 {
		return lookAt("remove it", "%s is no setting and changes nothing", p.unknown[0].name)
	}
	return fine("all are in order")
}

// checkBaseURL finds links that lead people to their own machines.
func checkBaseURL(_ context.Context, p *patient) finding {
	host, _, _ := net.SplitHostPort(p.settings.Listen)
	_, unix := unixPath(p.settings.Listen)
	if p.base == nil || isLocal(p.base) {
		if unix || rules.IsLoopback(host) {
			return fine("the site is for this machine alone")
		}
		return wrong("set --base-url to the address that people see", "the site listens on %s, and links lead people to localhost, which is their own machine", p.settings.Listen)
	}
	if _, err := netip.ParseAddr(p.base.Hostname()); err == nil {
		return lookAt("give the site a name", "%s has no name, so nobody can have a passkey", p.base)
	}
	if p.base.Port() != "" {
		return lookAt("serve it at port 443", "%s has a port of its own, which some networks block", p.base)
	}
	return fine("people see %s", p.base)
}

// checkProxy finds out whether the site can tell people from each other. Whoever sees https has a proxy
// in between.
func checkProxy(_ context.Context, p *patient) finding {
	_, unix := unixPath(p.settings.Listen)
	var public string
	for _, text := range p.proxies {
		network, err := netip.ParsePrefix(text)
		switch {
		case err != nil:
		case network.Bits() == 0:
			return wrong("name the network of your proxy alone", "--trusted-proxy %s believes everybody who says who they are", network)
		case !network.Addr().IsPrivate() && !network.Addr().IsLoopback() && !network.Addr().IsLinkLocalUnicast():
			public = text
		}
	}
	switch {
	case public != "":
		return lookAt("make sure that nobody else is in it", "--trusted-proxy %s is a public network", public)
	case p.base == nil || p.base.Scheme != "https":
		return fine("there is none")
	case unix:
		return fine("the site listens on a socket for its proxy")
	case len(p.proxies) == 0:
		return wrong("name the network of the proxy with --trusted-proxy", "the limits take everybody who comes by the proxy for one person")
	}
	return fine("%s is believed", strings.Join(p.proxies, ", "))
}
