package main

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"

	"gatehouse/store"
)

// parseDomain reads a domain as browsers write it: in ASCII form, without a trailing dot.
func parseDomain(value string) (string, error) {
	domain, err := idna.Lookup.ToASCII(strings.TrimSuffix(value, "."))
	if err != nil || domain == "" {
		return "", fmt.Errorf("--passkey-domain must be a name, like example.com, not %q", value)
	}
	return domain, nil
}

// relyingParty is the site as passkeys know it, or an error that says why nobody can have one. A
// command that knows no base URL has none.
func (s *settings) relyingParty(c checked) (*store.RelyingParty, error) {
	if c.base == nil {
		return nil, errors.New("--base-url is not set")
	}
	domain := c.passkeyDomain
	if domain == "" {
		domain = c.base.Hostname()
	}
	return store.NewRelyingParty(s.Name, c.base, domain)
}

// checkPasskeyDomain refuses a domain that was chosen and that no passkey can be made for. It says
// nothing as long as the base URL is not known.
func (s *settings) checkPasskeyDomain(c checked) error {
	if c.passkeyDomain == "" || c.base == nil {
		return nil
	}
	if _, err := s.relyingParty(c); err != nil {
		return usageError{fmt.Errorf("--passkey-domain cannot be used: %w", err)}
	}
	return nil
}
