package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"gatehouse/handlers"
)

// errNoBase says that nobody knows where people see the site.
var errNoBase = errors.New("--base-url is not set")

// Bounds of the clock and of a certificate.
const (
	clockWrong = 30 * time.Second
	clockLook  = 5 * time.Second
	certLook   = 14 * day
)

// ask asks an address as it is, without following where it leads, and reads a little of the answer.
func (p *patient) ask(ctx context.Context, method, address string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, nil, err
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return response, text, err
}

// checkTLS looks at what protects passwords on their way.
func checkTLS(ctx context.Context, p *patient) finding {
	if p.base == nil || p.base.Scheme != "https" {
		return finding{}
	}
	response, _, err := p.ask(ctx, http.MethodGet, p.base.JoinPath("/healthz").String())
	if err != nil {
		return wrong("", "%s cannot be reached: %v", p.base, err)
	}
	if response.Header.Get("Strict-Transport-Security") == "" {
		return wrong("have the proxy pass it on", "%s answers without Strict-Transport-Security", p.base)
	}
	if f := p.checkPlain(ctx); f.State == stateWrong || f.State == stateLook {
		return f
	}
	ends := response.TLS.PeerCertificates[0].NotAfter
	if left := ends.Sub(p.clock()); left < certLook {
		return lookAt("renew it", "the certificate of %s ends in %d days", p.base.Hostname(), max(0, left/day))
	}
	return fine("the certificate is good until %s", ends.UTC().Format("2 January 2006"))
}

// checkPlain looks at the address without TLS, by which a password must never go. Where nobody answers
// none can.
func (p *patient) checkPlain(ctx context.Context) finding {
	plain := *p.base
	plain.Scheme, plain.Host = "http", net.JoinHostPort(p.base.Hostname(), p.plainPort)
	response, _, err := p.ask(ctx, http.MethodGet, plain.JoinPath("/login").String())
	if err != nil {
		return finding{}
	}
	posted, _, err := p.ask(ctx, http.MethodPost, plain.JoinPath("/login").String())
	if err == nil && posted.StatusCode != http.StatusForbidden {
		return wrong("have the proxy answer 403 to what is sent without TLS", "a form that is sent to %s is answered with %d", &plain, posted.StatusCode)
	}
	if at := response.Header.Get("Location"); !strings.HasPrefix(at, p.base.String()+"/") {
		return lookAt("have the proxy redirect it", "%s does not lead to %s", &plain, p.base)
	}
	return finding{}
}

// checkReach asks the address of the site for what only this database knows.
func checkReach(ctx context.Context, p *patient) finding {
	if p.base == nil {
		return finding{}
	}
	token, err := p.reachToken(ctx)
	if err != nil {
		return failed(err, "a row for the address of the site")
	}
	response, text, err := p.ask(ctx, http.MethodGet, p.base.String()+handlers.ReachPath(token))
	if err != nil {
		return wrong("", "%s cannot be reached: %v", p.base, err)
	}
	var got handlers.Reach
	if err := json.Unmarshal(text, &got); err != nil || response.StatusCode != http.StatusOK {
		return wrong("see where the name and the proxy lead, and which database the site is served on", "%s leads to another program, or to a site on another database: it answered %d", p.base, response.StatusCode)
	}
	client, err := netip.ParseAddr(got.Client)
	switch {
	case got.Host != p.base.Host:
		return wrong("have the proxy pass the name on", "people ask for %s, and the site is asked for %s", p.base.Host, got.Host)
	case got.Version != version:
		return lookAt("restart it", "version %s is served, and this is %s", got.Version, version)
	case p.base.Scheme == "https" && err == nil && (client.IsPrivate() || client.IsLoopback()) && client.String() == got.Peer:
		return lookAt("have the proxy send X-Forwarded-For, and name it with --trusted-proxy", "to the site we are %s, who is its proxy", got.Client)
	}
	return fine("%s leads here, and sees us as %s", p.base, got.Client)
}

// reachToken writes the one row that doctor writes. Everything else is read on a connection that can
// write nothing.
func (p *patient) reachToken(ctx context.Context) (token string, err error) {
	inv := *p.invocation
	inv.ctx = ctx
	err = withAccounts(&inv, func(a *accounts) error {
		token, err = a.store.ReachToken(ctx, operator())
		return err
	})
	return token, err
}

// checkClock compares the clock with that of the database, and with that of the site from outside.
func checkClock(ctx context.Context, p *patient) finding {
	list := []finding{}
	compare := func(other time.Time, whose string, exact time.Duration) {
		off := p.clock().Sub(other)
		if off < 0 {
			off = -off
		}
		says := fmt.Sprintf("the clock of this machine differs by %s from that of %s", max(0, off-exact).Round(time.Second), whose)
		switch off -= exact; {
		case off >= clockWrong:
			list = append(list, wrong("set it by NTP, or no code of an authenticator app is right", "%s", says))
		case off >= clockLook:
			list = append(list, lookAt("set it by NTP", "%s", says))
		default:
			list = append(list, fine("it agrees with that of %s", whose))
		}
	}
	if server, is := p.db.(interface {
		Time(ctx context.Context) (time.Time, error)
	}); is {
		if at, err := server.Time(ctx); err == nil {
			compare(at, "the database", 0)
		}
	}
	if p.Network && p.base != nil {
		if response, _, err := p.ask(ctx, http.MethodGet, p.base.JoinPath("/healthz").String()); err == nil {
			if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
				compare(at, p.base.String(), time.Second)
			}
		}
	}
	return worst(list...)
}
