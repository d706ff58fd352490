package store

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/net/publicsuffix"
)

// RelyingParty is the site as browsers and authenticators know it (WebAuthn Level 3). One site has
// one origin: that of its base URL.
type RelyingParty struct{ web *webauthn.WebAuthn }

// NewRelyingParty makes the relying party of a site with that name at that base URL. domain is what
// its passkeys are made for: the host or a parent of it. It returns an error that says why the
// site can have no passkeys.
func NewRelyingParty(name string, base *url.URL, domain string) (*RelyingParty, error) {
	host := base.Hostname()
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	if base.Scheme != "https" && !local {
		return nil, errors.New("browsers offer passkeys only over https, and on localhost")
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return nil, fmt.Errorf("passkeys are made for a name, and %s is none", host)
	}
	if domain != host {
		if !strings.HasSuffix(host, "."+domain) {
			return nil, fmt.Errorf("%s is neither %s nor a parent of it", domain, host)
		}
		if suffix, _ := publicsuffix.PublicSuffix(domain); suffix == domain {
			return nil, fmt.Errorf("browsers make no passkeys for %s, under which anybody can have a name", domain)
		}
	}
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyTimeout}
	web, err := webauthn.New(&webauthn.Config{
		RPID: domain, RPDisplayName: name, RPOrigins: []string{base.Scheme + "://" + base.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification: protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some password managers say more than they were asked.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	if err != nil {
		return nil, fmt.Errorf("passkeys are made for a name with a dot, or for localhost, and not for %s", domain)
	}
	return &RelyingParty{web}, nil
}

// Domain is what the passkeys of the site are made for: the id of the relying party.
func (p *RelyingParty) Domain() string { return p.web.Config.RPID }

// Passkeys says whether people can have passkeys.
func (s *Store) Passkeys() bool { return s.rules.Keys != nil && s.rules.RelyingParty != nil }

// PasskeyDomain is what passkeys are made for. It is empty where people can have none.
func (s *Store) PasskeyDomain() string {
	if !s.Passkeys() {
		return ""
	}
	return s.rules.RelyingParty.Domain()
}
