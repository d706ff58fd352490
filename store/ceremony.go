package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"golang.org/x/net/publicsuffix"
)

// What a passkey ceremony is for. One that was begun for one of them ends no other.
const (
	ceremonySignIn = "sign-in"
	ceremonySecond = "second step"
	ceremonyProof  = "proof"
	ceremonyAdd    = "add"
	// ceremonyRegister adds the first passkey of a registration without a password.
	ceremonyRegister = "register"
)

const (
	// ceremonyValid is how long a ceremony may take. Browsers are told a little less.
	ceremonyValid   = 5 * time.Minute
	ceremonyTimeout = 4 * time.Minute
	// passkeyIDMax is the longest id of a passkey, in bytes (WebAuthn Level 3, 4).
	passkeyIDMax = 1023
	// passkeyKeyMax is the longest public key, in bytes. Anybody may have a signature checked, and with an
	// RSA key that fills a request each check takes seconds.
	passkeyKeyMax = 1 << 10
	// answerMax is the longest answer, in bytes. Certificates in it are checked before anything else is
	// known of it, and may hold such keys, too.
	answerMax = 8 << 10
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

// Ceremony is what a browser needs to make or use a passkey.
type Ceremony struct {
	// Token comes back with the answer. It opens nothing by itself.
	Token string `json:"ceremony"`
	// PublicKey are the options for the browser (WebAuthn Level 3, 5.4 and 5.5).
	PublicKey any `json:"publicKey"`
}

// begun is what the token of a ceremony holds.
type begun struct {
	Holder string `json:"holder"`
	User   int64  `json:"user,omitempty"`
	Until  int64  `json:"until"`
	// Session is exactly what the library made: with less of it, it would check less.
	Session webauthn.SessionData `json:"session"`
}

// passkeyOwner is a person as the library asks about them.
type passkeyOwner struct {
	user   User
	handle []byte
	keys   []Passkey
}

func (o passkeyOwner) WebAuthnID() []byte          { return o.handle }
func (o passkeyOwner) WebAuthnName() string        { return o.user.Username }
func (o passkeyOwner) WebAuthnDisplayName() string { return o.user.DisplayName() }

func (o passkeyOwner) WebAuthnCredentials() []webauthn.Credential {
	list := make([]webauthn.Credential, len(o.keys))
	for i, key := range o.keys {
		list[i] = webauthn.Credential{
			ID: key.ID, PublicKey: key.publicKey,
			Flags:         webauthn.CredentialFlags{UserPresent: true, UserVerified: true, BackupEligible: key.BackupEligible, BackupState: key.BackedUp},
			Authenticator: webauthn.Authenticator{SignCount: uint32(key.SignCount)},
		}
		for _, transport := range key.Transports {
			list[i].Transport = append(list[i].Transport, protocol.AuthenticatorTransport(transport))
		}
	}
	return list
}

// seal makes the token of a ceremony. holder is what only the browser that began it, or only the sign-in
// there, has.
func (s *Store) seal(purpose, holder string, user User, session *webauthn.SessionData, options any) (Ceremony, error) {
	text, err := json.Marshal(begun{secret.Digest(holder), user.ID, s.Now().Add(ceremonyValid).Unix(), *session})
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	token := base64.RawURLEncoding.EncodeToString(s.rules.Keys.Ceremonies.Seal(text, purpose))
	return Ceremony{token, options}, nil
}

// open reads the token of a ceremony. It returns ErrPasskeyLate where time is up, and
// ErrPasskeyFailed for everything that another browser, purpose or person began.
func (s *Store) open(purpose, holder string, user User, token string) (begun, error) {
	var b begun
	if !s.Passkeys() {
		return b, ErrPasskeyFailed
	}
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return b, ErrPasskeyFailed
	}
	text, err := s.rules.Keys.Ceremonies.Open(sealed, purpose)
	if err != nil || json.Unmarshal(text, &b) != nil || holder == "" || b.Holder != secret.Digest(holder) || b.User != user.ID {
		return b, ErrPasskeyFailed
	}
	now, until := s.Now(), time.Unix(b.Until, 0)
	if !now.Before(until) || !possible(until, now, ceremonyValid) {
		return b, ErrPasskeyLate
	}
	return b, nil
}

// BeginPasskeySignIn begins a sign-in of whoever has a passkey. It names nobody and asks the
// database nothing, so it is the same for everybody. Like every beginning it returns ErrNotFound where
// people can have no passkeys.
func (s *Store) BeginPasskeySignIn(holder string) (Ceremony, error) {
	if !s.Passkeys() {
		return Ceremony{}, ErrNotFound
	}
	options, session, err := s.rules.RelyingParty.web.BeginDiscoverableLogin()
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	return s.seal(ceremonySignIn, holder, User{}, session, options.Response)
}

// BeginSecondPasskey begins the second step of an entry with a passkey. It returns ErrNotFound for
// somebody who has none.
func (s *Store) BeginSecondPasskey(ctx context.Context, e Entry, ticket string) (Ceremony, error) {
	return s.beginProof(ctx, ceremonySecond, ticket, e.User)
}

// BeginPasskeyProof begins a proof of somebody who is signed in. It returns ErrNotFound for
// somebody who has no passkey.
func (s *Store) BeginPasskeyProof(ctx context.Context, n SignIn, user User) (Ceremony, error) {
	return s.beginProof(ctx, ceremonyProof, n.Handle, user)
}

func (s *Store) beginProof(ctx context.Context, purpose, holder string, user User) (Ceremony, error) {
	owner, err := s.passkeyOwner(ctx, user)
	if err != nil {
		return Ceremony{}, err
	}
	if len(owner.keys) == 0 || !s.Passkeys() {
		return Ceremony{}, ErrNotFound
	}
	options, session, err := s.rules.RelyingParty.web.BeginLogin(owner)
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin with a passkey: %w", err)
	}
	return s.seal(purpose, holder, user, session, options.Response)
}

// BeginPasskey begins to add a passkey to the account of whoever is signed in. Nothing is stored. The
// ceremony belongs to the sign-in, whatever its id is by then: another tab may renew it, and a passkey
// that is made and then refused would stay with the authenticator.
func (s *Store) BeginPasskey(ctx context.Context, n SignIn, user User) (Ceremony, error) {
	owner, err := s.passkeyOwner(ctx, user)
	if err != nil {
		return Ceremony{}, err
	}
	return s.beginAdding(ceremonyAdd, n.Handle, owner)
}

func (s *Store) beginAdding(purpose, holder string, owner passkeyOwner) (Ceremony, error) {
	if !s.Passkeys() {
		return Ceremony{}, ErrNotFound
	}
	options, session, err := s.rules.RelyingParty.web.BeginRegistration(owner,
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()),
		webauthn.WithExclusions(webauthn.Credentials(owner.WebAuthnCredentials()).CredentialDescriptors()),
		webauthn.WithExtensions(webauthn.WithExtensionCredProps()),
	)
	if err != nil {
		return Ceremony{}, fmt.Errorf("begin to add a passkey: %w", err)
	}
	return s.seal(purpose, holder, owner.user, session, options.Response)
}

// answer is what a passkey answered, checked. It is used up in the transaction of what it is good
// for. The zero answer is none.
type answer struct {
	id []byte
	// handle is that of the passkey.
	handle    string
	challenge challenge
	signCount int64
	eligible  bool
	backedUp  bool
}

var (
	errAnswerTooLong = protocol.ErrBadRequest.WithDetails("The answer is too long")
	errKeyTooLong    = protocol.ErrBadRequest.WithDetails("The public key is too long")
)

// challenge is what an answer is to. It is good once.
type challenge struct {
	hash    string
	expires time.Time
}

func (b begun) challenge() challenge {
	return challenge{secret.Digest(b.Session.Challenge), time.Unix(b.Until, 0).UTC()}
}

// check lets the library check an answer to a ceremony: challenge, origin, domain, presence,
// verification of the user, signature. owner finds whose passkey it is by its id.
func (s *Store) check(ctx context.Context, b begun, text string, owner func(id []byte) (passkeyOwner, error)) (User, answer, error) {
	if len(text) > answerMax {
		return User{}, answer{}, s.refusePasskey(ctx, errAnswerTooLong)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(text))
	if err != nil {
		return User{}, answer{}, s.refusePasskey(ctx, err)
	}
	o, err := owner(parsed.RawID)
	if err != nil {
		return User{}, answer{}, err
	}
	flags := parsed.Response.AuthenticatorData.Flags
	var key Passkey
	for i := range o.keys {
		if string(o.keys[i].ID) == string(parsed.RawID) {
			// Some makers turn their synchronisation on later. The library refuses any change.
			o.keys[i].BackupEligible = o.keys[i].BackupEligible || flags.HasBackupEligible()
			key = o.keys[i]
		}
	}
	if b.User == 0 {
		_, _, err = s.rules.RelyingParty.web.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return o, nil }, b.Session, parsed)
	} else {
		_, err = s.rules.RelyingParty.web.ValidateLogin(o, b.Session, parsed)
	}
	if err != nil {
		return o.user, answer{}, s.refusePasskey(ctx, err)
	}
	return o.user, answer{
		id: key.ID, handle: key.Handle, challenge: b.challenge(), signCount: int64(parsed.Response.AuthenticatorData.Counter),
		eligible: flags.HasBackupEligible(), backedUp: flags.HasBackupState(),
	}, nil
}

// checkNew lets the library check the answer to a ceremony that adds a passkey. name names it by its
// model.
func (s *Store) checkNew(ctx context.Context, b begun, text string, owner passkeyOwner, name func(model string) string) (Passkey, error) {
	if len(text) > answerMax {
		return Passkey{}, s.refusePasskey(ctx, errAnswerTooLong)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(text))
	if err != nil {
		return Passkey{}, s.refusePasskey(ctx, err)
	}
	if len(parsed.Response.AttestationObject.AuthData.AttData.CredentialPublicKey) > passkeyKeyMax {
		return Passkey{}, s.refusePasskey(ctx, errKeyTooLong)
	}
	made, err := s.rules.RelyingParty.web.CreateCredential(owner, b.Session, parsed)
	if err != nil {
		return Passkey{}, s.refusePasskey(ctx, err)
	}
	if len(made.ID) > passkeyIDMax {
		return Passkey{}, ErrPasskeyFailed
	}
	key := Passkey{
		ID: made.ID, publicKey: made.PublicKey, Domain: s.PasskeyDomain(), Model: modelText(made.Authenticator.AAGUID),
		SignCount: int64(made.Authenticator.SignCount), BackupEligible: made.Flags.BackupEligible, BackedUp: made.Flags.BackupState,
	}
	for _, transport := range made.Transport {
		if transportShape.MatchString(string(transport)) && len(key.Transports) < transportsMax {
			key.Transports = append(key.Transports, string(transport))
		}
	}
	key.Handle, key.CreatedAt = rand.Text()[:handleChars], s.Now()
	key.Name, err = rules.PasskeyName(name(key.Model))
	return key, err
}

// refusePasskey is the one answer to whatever the library refuses. Why it did is for the log,
// without what the library says for debugging, which has challenges in it.
func (s *Store) refusePasskey(ctx context.Context, err error) error {
	kind, details := "", ""
	var refused *protocol.Error
	if errors.As(err, &refused) {
		kind, details = refused.Type, refused.Details
	}
	s.log.InfoContext(ctx, "a passkey was refused", "type", kind, "details", details)
	return ErrPasskeyFailed
}

// modelText is the id of a model of authenticators (AAGUID) as it is written.
func modelText(id []byte) string {
	if len(id) != 16 {
		return ""
	}
	text := hex.EncodeToString(id)
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
