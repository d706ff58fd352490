package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// User is a person with an account. It carries nothing secret.
type User struct {
	ID       int64
	Username string
	// Email is the address for letters: as the person typed it, but for the
	// spelling of its domain.
	Email string
	// Name is the display name, or empty.
	Name      string
	CreatedAt time.Time
	// DisabledAt is when an operator disabled the account, or the zero time.
	DisabledAt time.Time
	// RenamedAt is when the username was last changed, ClosedAt when the person
	// closed the account, or the zero time.
	RenamedAt, ClosedAt time.Time
	// VerifiedAt is when somebody with access to the address confirmed it, or
	// the zero time.
	VerifiedAt time.Time
	// Zone is the time zone that the person chose, or empty for that of their browser.
	Zone string
	// PasswordAt is when the password was last changed, or the zero time.
	PasswordAt time.Time
	// Role is the name of their role, or empty for a member.
	Role string
	// SecondAt is since when a password alone does not sign the person in, or the zero time.
	SecondAt time.Time
	// Passkeys is how many passkeys the person has.
	Passkeys int
	// HasPassword says that there is a password, so that one can sign the person in.
	HasPassword bool

	// epoch changes whenever what proves this person changes; a sign-in that
	// began under an older one does not come about.
	epoch int64
	// wrongPasswords is how many wrong passwords in a row came from devices that are not
	// known.
	wrongPasswords int
}

// DisplayName is how the person is addressed: by name, else by username. Older
// versions stored some names that cannot be seen.
func (u User) DisplayName() string {
	if name := rules.CanonicalName(u.Name); name != "" {
		return name
	}
	return u.Username
}

// Disabled says whether an operator disabled the account.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

// Closed says whether the person closed the account.
func (u User) Closed() bool { return !u.ClosedAt.IsZero() }

// SecondStep says whether a sign-in by password takes a second step.
func (u User) SecondStep() bool { return !u.SecondAt.IsZero() }

// Verified says whether the address of the account is known to be the
// person's.
func (u User) Verified() bool { return !u.VerifiedAt.IsZero() }

// FormID names the account in the forms that are drawn for it, so that a form can be
// refused when somebody else sends it. It stays the same for as long as the account
// exists. It is no secret, and does not reveal how many accounts there are.
func (u User) FormID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "form %d %d", u.ID, u.CreatedAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

const (
	userColumns = `users.id, users.username, users.email, users.name, users.created_at, users.disabled_at,
		users.renamed_at, users.closed_at, users.confirmed_at, users.zone, users.password_at, users.second_at,
		users.role, users.passkeys, users.password_hash <> '', users.wrong_passwords, users.epoch`

	selectUserByUsername = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.username = $1`
	selectUserByEmail    = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.email_key = $1`
)

// findAccount finds one account and its password hash.
func (s *Store) findAccount(ctx context.Context, find *statement, key string) (User, secret.PasswordHash, error) {
	var user User
	var stored secret.PasswordHash
	row := find.row(s.db.ReadContext(ctx), key)
	err := user.scan(row, &stored.Scheme, &stored.Hash)
	return user, stored, err
}

// scan reads userColumns and then more. No row is ErrNotFound.
func (u *User) scan(row interface{ Scan(...any) error }, more ...any) error {
	err := row.Scan(append(u.columns(), more...)...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// columns are where userColumns are read into.
func (u *User) columns() []any {
	return []any{
		&u.ID, &u.Username, &u.Email, &u.Name,
		UTC{&u.CreatedAt},
		UTC{&u.DisabledAt},
		UTC{&u.RenamedAt},
		UTC{&u.ClosedAt},
		UTC{&u.VerifiedAt},
		&u.Zone,
		UTC{&u.PasswordAt},
		UTC{&u.SecondAt},
		&u.Role, &u.Passkeys, &u.HasPassword,
		&u.wrongPasswords,
		&u.epoch,
	}
}
