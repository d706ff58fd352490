package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

const (
	selectPasskeys = `SELECT ` + passkeyColumns + `, users.passkey_user
		FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE passkeys.user_id = $1 ORDER BY passkeys.created_at`

	selectPasskeyUser = `SELECT passkey_user FROM users WHERE id = $1`
)

// passkeyOwner is a person as the library asks about them.
type passkeyOwner struct {
	user   User
	handle []byte
	keys   []Passkey
}

func (o passkeyOwner) WebAuthnID() []byte { return o.handle }

func (o passkeyOwner) WebAuthnName() string { return o.user.Username }

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

// passkeyOwner is a person with their passkeys. One query.
func (s *Store) passkeyOwner(ctx context.Context, user User) (passkeyOwner, error) {
	o, err := s.storedPasskeys(ctx, user)
	if err == nil && o.handle == nil {
		o.handle = s.newPasskeyUser(fmt.Sprintf("%d|%d", user.ID, user.CreatedAt.UnixMicro()))
	}
	return o, err
}

// storedPasskeys is passkeyOwner, without a name for somebody who never had a passkey.
func (s *Store) storedPasskeys(ctx context.Context, user User) (o passkeyOwner, err error) {
	o.user = user
	if user.Passkeys > 0 {
		o.keys, err = All(ctx, s, selectPasskeys, []any{user.ID}, func(p *Passkey) []any { return append(p.columns(), &o.handle) })
	}
	if err != nil || len(o.keys) > 0 {
		return o, err
	}
	if err = s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPasskeyUser, user.ID).Scan(&o.handle); errors.Is(err, sql.ErrNoRows) {
		return o, ErrSignInEnded
	}
	if err != nil {
		return o, fmt.Errorf("look for passkeys: %w", err)
	}
	return o, nil
}

// newPasskeyUser is the name by which somebody's first passkey will know them: 64 bytes that
// nobody can predict or read anything from (WebAuthn Level 3, 14.6.1). It is the same in two tabs
// at once, so that neither makes a passkey that leads nowhere. It is none where people can have no
// passkeys.
func (s *Store) newPasskeyUser(of string) []byte {
	if !s.Passkeys() {
		return nil
	}
	return append(s.rules.Keys.PasskeyUser.Sum("1|"+of), s.rules.Keys.PasskeyUser.Sum("2|"+of)...)
}
