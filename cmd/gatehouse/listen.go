package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// listeners are the site's listener and the one for metrics, which is nil if they are off.
type listeners struct{ site, metrics net.Listener }

// listen opens both, or takes those that systemd holds. It returns an error in one sentence.
func (s *settings) listen() (at listeners, err error) {
	if at, err = inherited(); err != nil {
		return at, err
	}
	if at.site == nil {
		at.site, err = listen(s.Listen)
	} else {
		err = sameAddress(at.site, "--listen", s.Listen)
	}
	switch {
	case err != nil:
	case at.metrics != nil && s.MetricsListen != "":
		err = sameAddress(at.metrics, "--metrics-listen", s.MetricsListen)
	case at.metrics == nil && s.MetricsListen != "":
		at.metrics, err = listen(s.MetricsListen)
	}
	if err != nil {
		at.close()
		return listeners{}, err
	}
	return at, nil
}

func listen(address string) (net.Listener, error) {
	if path, unix := unixPath(address); unix {
		return listenUnix(path)
	}
	listener, err := net.Listen("tcp", address)
	if failed := (*net.OpError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}

func (at listeners) close() {
	for _, l := range []net.Listener{at.site, at.metrics} {
		if l != nil {
			l.Close()
		}
	}
}

// addressOf is an address as people read it.
func addressOf(l net.Listener) string {
	if l.Addr().Network() == "unix" {
		return "unix:" + l.Addr().String()
	}
	return "http://" + l.Addr().String()
}

// checkListen checks where the site and the metrics listen. host is that of --listen, or empty for a
// unix socket.
func (s *settings) checkListen() (host string, err error) {
	path, unix := unixPath(s.Listen)
	host, port, err := net.SplitHostPort(s.Listen)
	switch {
	case unix && (!strings.HasPrefix(path, "/") || len(path) > unixPathMax):
		return "", usageError{fmt.Errorf("--listen must be the whole path of a socket, like unix:/run/site.sock, of at most %d bytes", unixPathMax)}
	case unix && s.BaseURL == "":
		return "", usageError{errors.New("--base-url is needed where the site listens on a unix socket")}
	case !unix && (err != nil || !isPort(port)):
		return "", usageError{fmt.Errorf("--listen must be an address with a port, like 127.0.0.1:8080, or unix:/path, not %q", s.Listen)}
	}
	if unix {
		host, port = "", ""
	}
	return host, s.checkMetricsListen(host, port)
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
