package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"gatehouse/store/secret"

	"github.com/go-webauthn/webauthn/webauthn"
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
)

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
