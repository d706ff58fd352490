package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
)

// listeners are the site's listener and the one for metrics, which is nil if they are off.
type listeners struct{ site, metrics *net.TCPListener }

// listen opens both, or returns an error in one sentence.
func (s *settings) listen() (at listeners, err error) {
	if at.site, err = listen(s.Listen); err != nil {
		return at, err
	}
	if s.MetricsListen == "" {
		return at, nil
	}
	if at.metrics, err = listen(s.MetricsListen); err != nil {
		return at, errors.Join(err, at.site.Close())
	}
	return at, nil
}

func listen(address string) (*net.TCPListener, error) {
	listener, err := net.Listen("tcp", address)
	if failed := (*net.OpError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener.(*net.TCPListener), nil
}

func (at listeners) close() {
	at.site.Close()
	if at.metrics != nil {
		at.metrics.Close()
	}
}

// checkMetricsListen checks that the metrics are not at the public address of the site.
func (s *settings) checkMetricsListen(siteHost, sitePort string) error {
	if s.MetricsListen == "" {
		return nil
	}
	host, port, err := net.SplitHostPort(s.MetricsListen)
	if err != nil || !isPort(port) {
		return usageError{fmt.Errorf("--metrics-listen must be an address with a port, like 127.0.0.1:8090, not %q", s.MetricsListen)}
	}
	if port == sitePort && port != "0" && (host == siteHost || isEverywhere(host) || isEverywhere(siteHost)) {
		return usageError{errors.New("--metrics-listen must be another address than --listen, one that is not for everybody")}
	}
	return nil
}

// isEverywhere says whether listening on a host means all addresses of this machine.
func isEverywhere(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "" || err == nil && address.IsUnspecified()
}
