package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"gatehouse/store/rules"
)

// PasskeysMax is how many passkeys a person has at most.
const PasskeysMax = 20

// Refusals of passkeys.
var (
	// ErrPasskeyFailed is the one answer to every passkey that fails, but for the two below.
	ErrPasskeyFailed = rules.Refuse("", "That passkey didn't work. Try again, or choose another way.")
	// ErrPasskeyUnknown is the answer to a passkey that no account has. Nothing else is
	// answered so, because browsers then delete it.
	ErrPasskeyUnknown = rules.Refuse("", "This passkey isn't known here. It may have been removed. Choose another way.")
	// ErrPasskeyLate is the answer to a ceremony whose time is up.
	ErrPasskeyLate = rules.Refuse("", "That took too long. Try again.")

	errPasskeysMax    = rules.Refuse("", "You have %d passkeys, which is the most an account can have. Remove one first.", PasskeysMax)
	errLastSecondStep = rules.Refuse("", "This passkey is all your second step has. Set up an authenticator app first, or turn the second step off.")
	errOnlyWayIn      = rules.Refuse("", "This passkey is your only way in. Choose a password first.")
)

// Passkey is a passkey of a person (a discoverable credential of WebAuthn Level 3).
type Passkey struct {
	// ID is what the authenticator calls it. It is no secret, and is told to its owner alone.
	ID []byte
	// Handle names it in addresses, Name to its owner.
	Handle, Name string
	// Domain is what it was made for.
	Domain string
	// Model is the id of the model of the authenticator (AAGUID), by its own word.
	Model string
	// Transports are the ways to reach the authenticator.
	Transports []string
	// SignCount is how often it was used, by its own word, or 0 where it does not count.
	SignCount int64
	// BackupEligible says that it can be on several devices, BackedUp that it is.
	BackupEligible, BackedUp bool
	// UsedAt is the last use, or the zero time.
	CreatedAt, UsedAt time.Time

	publicKey []byte
}

const (
	passkeyColumns = `passkeys.id, passkeys.handle, passkeys.domain, passkeys.name, passkeys.public_key, passkeys.model, passkeys.transports,
		passkeys.sign_count, passkeys.backup_eligible, passkeys.backed_up, passkeys.created_at, passkeys.used_at`

	countPasskeys = `SELECT count(*) FROM passkeys WHERE user_id = $1`

	recountPasskeys = `UPDATE users SET passkeys = (SELECT count(*) FROM passkeys WHERE user_id = $1) WHERE id = $1`

	updatePasskeyName = `UPDATE passkeys SET name = $1 WHERE user_id = $2 AND handle = $3`
)

// columns are where passkeyColumns are read into.
func (p *Passkey) columns() []any {
	return []any{
		&p.ID, &p.Handle, &p.Domain, &p.Name, &p.publicKey, &p.Model,
		words{&p.Transports},
		&p.SignCount, &p.BackupEligible, &p.BackedUp,
		UTC{&p.CreatedAt},
		UTC{&p.UsedAt},
	}
}

// words reads words that are joined by spaces.
type words struct{ list *[]string }

// Scan implements sql.Scanner.
func (w words) Scan(value any) error {
	var text sql.NullString
	err := text.Scan(value)
	*w.list = strings.Fields(text.String)
	return err
}

// PasskeyList are the passkeys of a person.
type PasskeyList struct {
	// User is the name by which passkeys know the person. It is empty for somebody who has none where
	// nobody can have one.
	User []byte
	Keys []Passkey
}

// ListPasskeys lists the passkeys of a person, the oldest first. There are at most PasskeysMax.
func (s *Store) ListPasskeys(ctx context.Context, user User) (PasskeyList, error) {
	owner, err := s.passkeyOwner(ctx, user)
	return PasskeyList{owner.handle, owner.keys}, err
}

// RenamePasskey gives a passkey another name. ErrNotFound says that the person has no such
// passkey.
func (s *Store) RenamePasskey(ctx context.Context, user User, handle, typed string, from Origin) error {
	name, err := rules.PasskeyName(typed)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		renamed, err := tx.changed(ctx, updatePasskeyName, name, user.ID, handle)
		if err != nil {
			return fmt.Errorf("rename a passkey: %w", err)
		}
		if renamed == 0 {
			return ErrNotFound
		}
		return tx.Record(ctx, user.ID, EventPasskeyRenamed, name, from)
	})
}
