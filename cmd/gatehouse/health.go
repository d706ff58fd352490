package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

type healthCommand struct{}

// healthWait is how long the site may take to answer.
const healthWait = 5 * time.Second

// Run asks the site that listens at --listen whether it is ready, for containers in which there is no
// other program that can. Whoever asks needs neither the database nor the secret.
func (healthCommand) Run(inv *invocation) error {
	network, address, err := inv.settings.dialled()
	if err != nil {
		return err
	}
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(inv.ctx, healthWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/readyz", nil)
	if err != nil {
		return err
	}
	response, err := transport.RoundTrip(request)
	if failed := (*net.OpError)(nil); errors.As(err, &failed) {
		err = failed.Err
	}
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", inv.settings.Listen, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, 1<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", visible(strings.TrimSpace(string(text))))
	}
	return inv.print(false, nil, "ready\n")
}

// dialled is where a program on this machine finds the site.
func (s *settings) dialled() (network, address string, err error) {
	if path, unix := unixPath(s.Listen); unix {
		return "unix", path, nil
	}
	host, port, err := net.SplitHostPort(s.Listen)
	if err != nil || !isPort(port) || port == "0" {
		return "", "", usageError{fmt.Errorf("--listen must say where the site listens, with a port, not %q", s.Listen)}
	}
	if host == "" {
		host = "localhost"
	}
	if address, err := netip.ParseAddr(host); err == nil && address.IsUnspecified() {
		host = map[bool]string{true: "127.0.0.1", false: "::1"}[address.Is4()]
	}
	return "tcp", net.JoinHostPort(host, port), nil
}
