package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	// passkeyIDMax is the longest id of a passkey, in bytes (WebAuthn Level 3, 4).
	passkeyIDMax = 1023
	// passkeyKeyMax is the longest public key, in bytes. Anybody may have a signature checked, and with an
	// RSA key that fills a request each check takes seconds.
	passkeyKeyMax = 1 << 10
	// answerMax is the longest answer, in bytes. Certificates in it are checked before anything else is
	// known of it, and may hold such keys, too.
	answerMax = 8 << 10
	// transportsMax is how many ways to reach an authenticator are stored of each.
	transportsMax = 8
)

var transportShape = regexp.MustCompile(`^[a-z-]{1,20}$`)

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
