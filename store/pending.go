package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// PendingValid is how long a registration waits for its address to be
// confirmed. Its username is taken for that long.
const PendingValid = 24 * time.Hour

const (
	// A registration that has expired, or one of the same browser.
	deletePendingName = `DELETE FROM pending WHERE username = $1 AND (expires_at <= $2 OR expires_at > $3 OR browser = $4)
		RETURNING hash, email_key = $5 AND browser = $4 AND expires_at > $2`

	deleteOwnPending = `DELETE FROM pending WHERE username = $1 AND (expires_at <= $2 OR expires_at > $3 OR browser = $4)`

	insertPending = `INSERT INTO pending (` + registrantColumns + `, hash, browser, expires_at, next)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

	selectPending = `SELECT ` + registrantColumns + `, browser, next FROM pending
		WHERE hash = $1 AND expires_at > $2 AND expires_at <= $3`

	takePending = `DELETE FROM pending WHERE hash = $1 AND expires_at > $2`

	deletePendingEmail = `DELETE FROM pending WHERE email_key = $1`

	deleteInvites = `DELETE FROM tokens WHERE email_key = $1 AND purpose = 'invite' AND used_at IS NULL`

	deleteOldPending = `DELETE FROM pending WHERE username IN (
		SELECT username FROM pending WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`
)

// Pending is a registration that waits for its address to be confirmed.
type Pending struct {
	registrant
	// Next is the page that its person had asked for.
	Next string

	browser string
}

// WithoutPassword says that its person asked for no password. Whoever opens the link makes a passkey,
// or chooses a password after all.
func (p Pending) WithoutPassword() bool { return p.stored.Hash == "" }

// RegisterPending takes a registration that becomes an account only once its
// address is confirmed. It answers alike whether or not the address has an account; if
// it has, the owner gets a letter. browser is a secret of the browser that shows the form.
func (s *Store) RegisterPending(ctx context.Context, r Registration, browser string, from Origin) error {
	n, err := s.newRegistrant(ctx, r, browser)
	if err != nil {
		return err
	}
	holder := secret.Digest(browser)
	taken, err := s.emailTaken(ctx, n.emailKey)
	if err != nil {
		return err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		now := s.Now()
		var old sql.NullString // the link that waits for this very registration
		var same bool
		err := tx.QueryRowContext(ctx, deletePendingName, n.Username, now, latest(now, PendingValid), holder, n.emailKey).Scan(&old, &same)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		reserved, err := tx.emailReserved(ctx, n.emailKey, User{})
		if err != nil {
			return err
		}
		token := secret.NewToken()
		hash := sql.NullString{String: secret.Digest(token), Valid: !taken && !reserved}
		args := append(n.columns(), hash, holder, now.Add(PendingValid), r.Next)
		if _, err := tx.ExecContext(ctx, insertPending, args...); err != nil {
			return err
		}
		if taken || reserved {
			return tx.remindOwner(ctx, n.emailKey, from)
		}
		if err := tx.askToRegister(ctx, n.Email, token, from); err != nil || tx.letters || !same || !old.Valid {
			return err
		}
		return tx.restoreLink(ctx, old, n.Username, holder)
	})
	if s.Conflict(err) == "pending.username" {
		return ErrUsernameTaken
	}
	if err != nil {
		return fmt.Errorf("register: %w", err)
	}
	return nil
}

// newRegistrant checks a registration that is to wait, and hashes its password.
func (s *Store) newRegistrant(ctx context.Context, r Registration, browser string) (registrant, error) {
	r.WithoutPassword = r.WithoutPassword && s.Passkeys()
	n, err := s.checkRegistration(r)
	if err != nil {
		return n, err
	}
	if err := s.UsernameFree(ctx, n.Username, User{}, browser); err != nil {
		return n, err
	}
	if !r.WithoutPassword {
		n.stored, err = s.hasher.Hash(ctx, r.Password)
	}
	return n, err
}

// InvitePending takes the registration without a password of whoever holds the token of an
// invitation. It becomes an account once its passkey is made, or a password chosen, with the token
// that is returned. The invitation stays good until then, for one registration at a time.
func (s *Store) InvitePending(ctx context.Context, invitation string, r Registration, browser string, from Origin) (token string, err error) {
	t, err := s.Token(ctx, invitation, PurposeInvite)
	if err != nil {
		return "", err
	}
	if t.Role != "" {
		return "", rules.Refuse("password", "Choose a password for this account.") // its role hangs on the invitation
	}
	r.Email, r.WithoutPassword = t.Email, true
	n, err := s.newRegistrant(ctx, r, browser)
	if err != nil {
		return "", err
	}
	if taken, err := s.emailTaken(ctx, n.emailKey); err != nil {
		return "", err
	} else if taken {
		return "", ErrInvalidLink
	}
	token = secret.NewToken()
	holder := secret.Digest(browser)
	err = s.Write(ctx, func(tx *Tx) error {
		now := s.Now()
		if _, err := tx.ExecContext(ctx, deleteOwnPending, n.Username, now, latest(now, PendingValid), holder); err != nil {
			return err
		}
		// Or one invitation would keep any number of usernames from others.
		if _, err := tx.ExecContext(ctx, deletePendingEmail, n.emailKey); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, insertPending, append(n.columns(), secret.Digest(token), holder, now.Add(PendingValid), "")...)
		return err
	})
	if s.Conflict(err) == "pending.username" {
		return "", ErrUsernameTaken
	}
	if err != nil {
		return "", fmt.Errorf("accept an invitation: %w", err)
	}
	return token, nil
}

// FindPending returns the registration that a token was sent for, or ErrInvalidLink.
// mine says whether it came from this browser. It changes nothing.
func (s *Store) FindPending(ctx context.Context, token, browser string) (p Pending, mine bool, err error) {
	now := s.Now()
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPending, secret.Digest(token), now, latest(now, PendingValid))
	err = row.Scan(append(p.columns(), &p.browser, &p.Next)...)
	if errors.Is(err, sql.ErrNoRows) {
		return p, false, ErrInvalidLink
	}
	if err != nil {
		return p, false, fmt.Errorf("look for a registration: %w", err)
	}
	return p, browser != "" && secret.Digest(browser) == p.browser, nil
}

// CompleteRegistration makes the account of a pending registration. Another browser
// than the one it came from must give the password that was chosen. After a wrong one,
// which is refused, the token still works. Other registrations with the address are void.
func (s *Store) CompleteRegistration(ctx context.Context, token, password, browser string, from Origin) (User, error) {
	p, mine, err := s.FindPending(ctx, token, browser)
	if err != nil {
		return User{}, err
	}
	var a attempt
	switch {
	case p.WithoutPassword():
		// Whoever has the link reads mail at the address, and it has no secret yet that somebody else
		// could have chosen.
		if err := s.passwords.Check(password, p.Name, p.Username, p.Email); err != nil {
			return User{}, err
		}
		if p.stored, err = s.hasher.Hash(ctx, password); err != nil {
			return User{}, err
		}
	case !mine:
		// Counted under the token, which only the letter contains, so that nobody else
		// can make its reader wait.
		a, err = s.checkPassword(ctx, User{}, p.stored, "registration "+token, password, from)
		if errors.Is(err, errNoMatch) {
			if _, err := s.recordFailure(ctx, a, EventFailed, from); err != nil {
				return User{}, err
			}
			return User{}, ErrNotYourPassword("password")
		}
		if err != nil {
			return User{}, err
		}
	}
	user, err := s.complete(ctx, p, token, nil, from)
	if err = s.takeBackAfterFault(ctx, a, err); err != nil {
		return User{}, err
	}
	return user, nil
}

// BeginPendingPasskey begins to make the passkey of a registration without a password, for whoever
// holds its token.
func (s *Store) BeginPendingPasskey(ctx context.Context, token string) (Ceremony, error) {
	p, _, err := s.FindPending(ctx, token, "")
	if err != nil || !p.WithoutPassword() {
		return Ceremony{}, cmp.Or(err, ErrInvalidLink)
	}
	return s.beginAdding(ceremonyRegister, token, s.pendingOwner(p, token))
}

// pendingOwner is the person of a registration as their first passkey will know them.
func (s *Store) pendingOwner(p Pending, token string) passkeyOwner {
	return passkeyOwner{user: p.user(s.Now()), handle: s.newPasskeyUser("pending|" + secret.Digest(token))}
}

// CompleteWithPasskey makes the account of a registration without a password, with the passkey that
// answered its ceremony. name names it by its model. The entry that it returns lacks nothing. After
// a refusal the token still works.
func (s *Store) CompleteWithPasskey(ctx context.Context, token, ceremony, text string, name func(model string) string, from Origin) (Entry, error) {
	p, _, err := s.FindPending(ctx, token, "")
	if err != nil || !p.WithoutPassword() {
		return Entry{}, cmp.Or(err, ErrInvalidLink)
	}
	b, err := s.open(ceremonyRegister, token, User{}, ceremony)
	if err != nil {
		return Entry{}, err
	}
	owner := s.pendingOwner(p, token)
	key, err := s.checkNew(ctx, b, text, owner, name)
	if err != nil {
		return Entry{}, err
	}
	user, err := s.complete(ctx, p, token, func(tx *Tx, user *User) error {
		if _, err := tx.ExecContext(ctx, updatePasskeyUser, owner.handle, user.ID, user.epoch); err != nil {
			return fmt.Errorf("add a passkey: %w", err)
		}
		user.epoch++
		user.Passkeys = 1
		if err := tx.spend(ctx, b.challenge()); err != nil {
			return err
		}
		if err := tx.insertPasskey(ctx, *user, key); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasskeyAdded, key.Name, from)
	}, from)
	if s.Conflict(err) == "passkeys.id" {
		err = ErrPasskeyFailed
	}
	return Entry{User: user, Kind: KindPasskey, passkey: answer{handle: key.Handle}, passed: true}, err
}

// complete makes the account of a registration whose link somebody holds, and then does more, unless
// that is nil.
func (s *Store) complete(ctx context.Context, p Pending, token string, more func(tx *Tx, user *User) error, from Origin) (user User, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		user = p.user(s.Now())
		user.VerifiedAt = user.CreatedAt
		// An invitation makes one account, also if that is erased before the invitation expires.
		// In the order of AcceptInvite, with which this could deadlock.
		if _, err := tx.ExecContext(ctx, deleteInvites, p.emailKey); err != nil {
			return err
		}
		// The account first: others with the same address then wait for it, and have
		// locked no row that is deleted here.
		if err := tx.insert(ctx, p.registrant, &user, from); err != nil {
			return err
		}
		taken, err := tx.changed(ctx, takePending, secret.Digest(token), s.Now())
		if err != nil {
			return err
		}
		if taken == 0 {
			return ErrInvalidLink
		}
		if _, err := tx.ExecContext(ctx, deletePendingEmail, p.emailKey); err != nil || more == nil {
			return err
		}
		return more(tx, &user)
	})
	err = s.conflict(err)
	if refusal, refused := rules.AsRefusal(err); refused && refusal.Field != "" {
		return User{}, ErrInvalidLink // somebody was faster
	}
	return user, err
}

const (
	selectOwnPending = `SELECT ` + registrantColumns + `, hash FROM pending
		WHERE browser = $1 AND expires_at > $2 AND expires_at <= $3 ORDER BY expires_at DESC LIMIT 1`

	updatePending = `UPDATE pending SET hash = $1 WHERE username = $2 AND browser = $3 AND expires_at > $4`
)

// SendPending writes again about the registration that a browser waits for. The link of
// the letter before is void then. Where nothing waits it does nothing.
func (s *Store) SendPending(ctx context.Context, browser string, from Origin) error {
	if browser == "" {
		return nil
	}
	holder := secret.Digest(browser)
	return s.Write(ctx, func(tx *Tx) error {
		var n registrant
		var hash sql.NullString
		now := s.Now()
		row := tx.QueryRowContext(ctx, selectOwnPending, holder, now, latest(now, PendingValid))
		err := row.Scan(append(n.columns(), &hash)...)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for a registration: %w", err)
		}
		if !hash.Valid {
			return tx.remindOwner(ctx, n.emailKey, from)
		}
		token := secret.NewToken()
		if _, err := tx.ExecContext(ctx, updatePending, secret.Digest(token), n.Username, holder, s.Now()); err != nil {
			return fmt.Errorf("renew a registration: %w", err)
		}
		if err := tx.askToRegister(ctx, n.Email, token, from); err != nil || tx.letters {
			return err
		}
		return tx.restoreLink(ctx, hash, n.Username, holder)
	})
}

const selectOwnEmail = `SELECT email FROM pending
	WHERE browser = $1 AND expires_at > $2 AND expires_at <= $3 ORDER BY expires_at DESC LIMIT 1`

// RegisteredEmail is the address of the registration that a browser waits for, as it was
// typed there, or empty. It tells nothing about an account: with or without one the
// registration waits.
func (s *Store) RegisteredEmail(ctx context.Context, browser string) (email string, err error) {
	if browser == "" {
		return "", nil
	}
	now := s.Now()
	err = s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectOwnEmail, secret.Digest(browser), now, latest(now, PendingValid)).Scan(&email)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("look for a registration: %w", err)
	}
	return email, nil
}

// restoreLink puts the former link back, for an address that had LettersPerHour and gets
// no new one.
func (tx *Tx) restoreLink(ctx context.Context, hash sql.NullString, username, holder string) error {
	if _, err := tx.ExecContext(ctx, updatePending, hash, username, holder, tx.store.Now()); err != nil {
		return fmt.Errorf("keep a link: %w", err)
	}
	return nil
}

// remindOwner writes to whoever has an account with that address.
func (tx *Tx) remindOwner(ctx context.Context, emailKey string, from Origin) error {
	var owner User
	err := owner.scan(tx.QueryRowContext(ctx, selectOwner, emailKey))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the owner of an address: %w", err)
	}
	return tx.enqueue(ctx, LetterOwner, owner, letterFor(owner.Email, owner, from))
}

const selectOwner = `SELECT ` + userColumns + ` FROM users WHERE users.email_key = $1`

func (tx *Tx) askToRegister(ctx context.Context, email, token string, from Origin) error {
	data := letterFor(email, User{}, from)
	data.Token, data.Valid = token, kindOf(LetterRegister).valid
	return tx.enqueue(ctx, LetterRegister, User{}, data)
}
