package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// Registration is what a person gives for a new account.
type Registration struct {
	Name, Username, Email, Password string
	// WithoutPassword asks for an account that a passkey opens. It applies to registrations that wait,
	// on sites with passkeys; the passkey is made once the address is confirmed.
	WithoutPassword bool
	// Next is the page that the person had asked for, for a registration that waits
	// to be confirmed; otherwise it is not looked at.
	Next string
}

// registrant is what users and pending both store of a registration.
type registrant struct {
	Username, Email, Name string

	emailKey string
	stored   secret.PasswordHash
}

const (
	registrantColumns = `username, email, email_key, name, password_scheme, password_hash, password_cost`

	insertUser = `INSERT INTO users (` + registrantColumns + `, created_at, confirmed_at, name_key, name_turned)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		RETURNING id, epoch`
)

// columns are where registrantColumns are read into and written from.
func (r *registrant) columns() []any {
	return []any{&r.Username, &r.Email, &r.emailKey, &r.Name, &r.stored.Scheme, &r.stored.Hash, &r.stored.Cost}
}

// user is the person whose account is made now.
func (r *registrant) user(now time.Time) User {
	return User{Username: r.Username, Email: r.Email, Name: r.Name, CreatedAt: now, HasPassword: r.stored.Hash != ""}
}

// checkRegistration refuses what no database need be asked about. It returns what
// is stored of the rest, but for the password.
func (s *Store) checkRegistration(r Registration) (registrant, error) {
	if err := rules.CheckName(r.Name); err != nil {
		return registrant{}, err
	}
	if err := rules.CheckUsername(r.Username); err != nil {
		return registrant{}, err
	}
	key, err := rules.CanonicalEmail(r.Email)
	if err != nil {
		return registrant{}, err
	}
	if !r.WithoutPassword {
		if err := s.passwords.Check(r.Password, r.Name, r.Username, r.Email); err != nil {
			return registrant{}, err
		}
	}
	return registrant{
		Username: rules.CanonicalUsername(r.Username),
		Email:    rules.DeliverableEmail(r.Email),
		Name:     rules.CanonicalName(r.Name),
		emailKey: key,
	}, nil
}

// Register makes an account at once and, where the site sends mail, asks for
// its address to be confirmed. A refusal names the field; ErrBusy says that the
// password could not be hashed in time.
func (s *Store) Register(ctx context.Context, r Registration, from Origin) (User, error) {
	return s.register(ctx, r, from, grant{})
}

// grant is what a link gives to the account that is made with it.
type grant struct {
	// role is that of the account. confirmed says that the link was sent to its address.
	role      string
	confirmed bool
	// redeem uses the link up, and audit writes down who gave it. Either is nil where there is
	// nothing to do.
	redeem func(tx *Tx) error
	audit  func(tx *Tx, user User) error
}

// register makes an account.
func (s *Store) register(ctx context.Context, r Registration, from Origin, g grant) (User, error) {
	r.WithoutPassword = false
	n, err := s.checkRegistration(r)
	if err != nil {
		return User{}, err
	}
	user := n.user(s.Now())
	if g.confirmed {
		user.VerifiedAt = user.CreatedAt
	}
	// Asking first spares a hash. The unique columns have the last word.
	if err := s.available(ctx, n); err != nil {
		return User{}, err
	}
	if n.stored, err = s.hasher.Hash(ctx, r.Password); err != nil {
		return User{}, err
	}
	user.HasPassword = true
	err = s.Write(ctx, func(tx *Tx) error {
		if g.redeem != nil {
			if err := g.redeem(tx); err != nil {
				return err
			}
		}
		if err := tx.insert(ctx, n, &user, from); err != nil {
			return err
		}
		if g.role != "" {
			if _, err := tx.ExecContext(ctx, setRole, g.role, user.ID); err != nil {
				return fmt.Errorf("give a role: %w", err)
			}
			user.Role = g.role
		}
		if g.audit != nil {
			if err := g.audit(tx, user); err != nil {
				return err
			}
		}
		if user.Verified() {
			return nil
		}
		return tx.askToVerify(ctx, user, from)
	})
	if err != nil {
		return User{}, fault("register", s.conflict(err))
	}
	return user, nil
}

// insert makes the row of a user, who may have neither a username nor an
// address that is reserved for somebody else.
func (tx *Tx) insert(ctx context.Context, n registrant, user *User, from Origin) error {
	verified := sql.NullTime{Time: user.VerifiedAt, Valid: user.Verified()}
	key, turned := nameKeys(n.Name)
	row := tx.QueryRowContext(ctx, insertUser, append(n.columns(), user.CreatedAt, verified, key, turned)...)
	if err := row.Scan(&user.ID, &user.epoch); err != nil {
		return err
	}
	if reserved, err := tx.emailReserved(ctx, n.emailKey, *user); err != nil {
		return err
	} else if reserved {
		return ErrEmailTaken
	}
	if err := tx.claimUsername(ctx, *user); err != nil {
		return err
	}
	return tx.Record(ctx, user.ID, EventRegistered, "", from)
}

// available refuses a username or an address that somebody has.
func (s *Store) available(ctx context.Context, n registrant) error {
	if err := s.UsernameFree(ctx, n.Username, User{}, ""); err != nil {
		return err
	}
	if taken, err := s.emailTaken(ctx, n.emailKey); err != nil || !taken {
		return err
	}
	return ErrEmailTaken
}

// emailTaken says whether there is an account with that address.
func (s *Store) emailTaken(ctx context.Context, key string) (bool, error) {
	_, _, err := s.findAccount(ctx, s.userByEmail, key)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for an email address: %w", err)
	}
	return true, nil
}

// conflict turns the database's last word about unique columns into a refusal.
// Every other error stays what it is.
func (s *Store) conflict(err error) error {
	switch s.Conflict(err) {
	case "users.username":
		return ErrUsernameTaken
	case "users.email_key":
		return ErrEmailTaken
	}
	return err
}

// ErrUsernameTaken refuses a username that somebody has, or that is reserved for
// somebody.
var ErrUsernameTaken = rules.Refuse("username", "This username is taken.")

// ErrEmailTaken refuses the address of an account that exists.
var ErrEmailTaken = rules.Refuse("email", "This address has an account.")
