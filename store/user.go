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

	// epoch changes whenever what proves this person changes; a sign-in that
	// began under an older one does not come about.
	epoch int64
	// wrongPasswords is how many wrong passwords in a row came from devices that are not
	// known.
	wrongPasswords int
}

// DisplayName is how the person is addressed: by name, else by username. Older
// versions kept some names that cannot be seen.
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

// Verified says whether the address of the account is known to be the
// person's.
func (u User) Verified() bool { return !u.VerifiedAt.IsZero() }

// FormID names the account in the forms that are drawn for it, so that a form which
// somebody else sends can be told. It stays the same for as long as the account
// lives, opens nothing, and does not tell how many accounts there are.
func (u User) FormID() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "form %d %d", u.ID, u.CreatedAt.UnixMicro()))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// Registration is what a person gives for a new account.
type Registration struct {
	Name, Username, Email, Password string
	// Next is the page that the person had asked for, for a registration that waits
	// to be confirmed; otherwise it is not looked at.
	Next string
}

const (
	userColumns = `users.id, users.username, users.email, users.name, users.created_at, users.disabled_at,
		users.renamed_at, users.closed_at, users.confirmed_at, users.wrong_passwords, users.epoch`

	selectUserByUsername = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.username = $1`
	selectUserByEmail    = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.email_key = $1`

	insertUser = `INSERT INTO users (username, email, email_key, name, password_scheme, password_hash, password_cost, created_at, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		RETURNING id, epoch`
)

// checkRegistration refuses what no database need be asked about.
func (s *Store) checkRegistration(r Registration) error {
	if err := rules.CheckName(r.Name); err != nil {
		return err
	}
	if err := rules.CheckUsername(r.Username); err != nil {
		return err
	}
	if err := rules.CheckEmail(r.Email); err != nil {
		return err
	}
	return s.passwords.Check(r.Password, r.Name, r.Username, r.Email)
}

// Register makes an account at once and, where the site sends mail, asks for
// its address to be confirmed. A refusal names the field; ErrBusy says that the
// password could not be hashed in time.
func (s *Store) Register(ctx context.Context, r Registration, from Origin) (User, error) {
	return s.register(ctx, r, from, nil)
}

// register makes an account. With redeem, which uses up what proved the
// address, the account is confirmed.
func (s *Store) register(ctx context.Context, r Registration, from Origin, redeem func(tx *Tx) error) (User, error) {
	if err := s.checkRegistration(r); err != nil {
		return User{}, err
	}
	key, err := rules.CanonicalEmail(r.Email)
	if err != nil {
		return User{}, err
	}
	user := User{
		Username:  rules.CanonicalUsername(r.Username),
		Email:     rules.DeliverableEmail(r.Email),
		Name:      rules.CanonicalName(r.Name),
		CreatedAt: s.now(),
	}
	if redeem != nil {
		user.VerifiedAt = user.CreatedAt
	}
	// Asking first spares a hash. The unique columns have the last word.
	if err := s.available(ctx, user.Username, key); err != nil {
		return User{}, err
	}
	stored, err := s.hasher.Hash(ctx, r.Password)
	if err != nil {
		return User{}, err
	}
	err = s.write(ctx, func(tx *Tx) error {
		if redeem != nil {
			if err := redeem(tx); err != nil {
				return err
			}
		}
		if err := tx.insert(ctx, &user, key, stored, from); err != nil {
			return err
		}
		if user.Verified() {
			return nil
		}
		return tx.askToVerify(ctx, user, from)
	})
	if refusal := s.conflict(err, user.Username); refusal != nil {
		return User{}, refusal
	}
	if _, refused := rules.AsRefusal(err); err != nil && !refused {
		err = fmt.Errorf("register: %w", err)
	}
	if err != nil {
		return User{}, err
	}
	return user, nil
}

// insert makes the row of a user, who may have neither a username nor an
// address that is kept for somebody else.
func (tx *Tx) insert(ctx context.Context, user *User, emailKey string, stored secret.PasswordHash, from Origin) error {
	confirmed := sql.NullTime{Time: user.VerifiedAt, Valid: user.Verified()}
	err := tx.QueryRowContext(ctx, insertUser, user.Username, user.Email, emailKey, user.Name,
		stored.Scheme, stored.Hash, stored.Cost, user.CreatedAt, confirmed).Scan(&user.ID, &user.epoch)
	if err != nil {
		return err
	}
	if reserved, err := tx.emailReserved(ctx, emailKey, *user); err != nil {
		return err
	} else if reserved {
		return ErrEmailTaken
	}
	if err := tx.claimUsername(ctx, *user); err != nil {
		return err
	}
	return tx.record(ctx, user.ID, EventRegistered, "", from)
}

func (s *Store) available(ctx context.Context, username, emailKey string) error {
	if err := s.UsernameFree(ctx, username, User{}, ""); err != nil {
		return err
	}
	_, _, err := s.findAccount(ctx, s.userByEmail, emailKey)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an email address: %w", err)
	}
	return ErrEmailTaken
}

// conflict turns the database's last word about unique columns into a refusal.
func (s *Store) conflict(err error, username string) error {
	if err == nil {
		return nil
	}
	switch s.db.Conflict(err) {
	case "users.username":
		return ErrUsernameTaken
	case "users.email_key":
		return ErrEmailTaken
	}
	return nil
}

// ErrUsernameTaken refuses a username that somebody has, or that is kept for
// somebody.
var ErrUsernameTaken = rules.Refuse("username", "This username is taken.")

// ErrEmailTaken refuses the address of an account that exists.
var ErrEmailTaken = rules.Refuse("email", "An account with this email address exists. Sign in instead, or reset its password.")

// findAccount finds one account and how its password is kept.
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
		utc{&u.CreatedAt},
		utc{&u.DisabledAt},
		utc{&u.RenamedAt},
		utc{&u.ClosedAt},
		utc{&u.VerifiedAt},
		&u.wrongPasswords,
		&u.epoch,
	}
}
