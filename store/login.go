package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// ErrWrongLogin is the one answer to every sign-in that fails, whatever the cause.
var ErrWrongLogin = rules.Refuse("", "Wrong username or password.")

const (
	updatePassword = `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = $3
		WHERE id = $4 AND password_hash = $5`

	selectHighestCost = `SELECT coalesce(max(password_cost), 0) FROM users WHERE password_cost <= $1`

	// It uses the index of password_cost, even for accounts that were imported without
	// one, where it is 0.
	countTooCostly = `SELECT count(*) FROM users WHERE password_cost > $1
		OR password_cost = 0 AND password_hash LIKE $2 AND substr(password_hash, 5, 2) > $3`
)

// Authenticate returns the entry of the user with this username or email address and this
// password. Unknown, disabled and password-less accounts take the same time as a wrong
// password and get the same refusal. Too many attempts are refused with a wait, whatever
// the password. ErrBusy says that the password could not be compared in time. The entry
// may lack something yet.
func (s *Store) Authenticate(ctx context.Context, identifier, password string, from Origin) (Entry, error) {
	user, stored, err := s.identify(ctx, identifier)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Entry{}, fmt.Errorf("authenticate: %w", err)
	}
	a, err := s.checkPassword(ctx, user, stored, identifier, password, from)
	if errors.Is(err, errNoMatch) {
		if _, err := s.recordFailure(ctx, a, EventFailed, from); err != nil {
			return Entry{}, err
		}
		return Entry{}, ErrWrongLogin
	}
	if err != nil {
		return Entry{}, err
	}
	if s.hasher.Outdated(stored, password) {
		if err := s.rehash(ctx, user, stored, password); err != nil {
			s.takeBack(ctx, a, err)
			return Entry{}, fmt.Errorf("authenticate: %w", err)
		}
	}
	if user.Closed() && !s.Now().Before(s.ErasedAt(user)) {
		return Entry{}, ErrWrongLogin // about to be erased
	}
	e := ByPassword(user)
	if trusted, err := s.trusted(ctx, user, from); err != nil {
		s.takeBack(ctx, a, err)
		return Entry{}, err
	} else if trusted {
		e.Kind = KindTrusted
	}
	if e.Missing() != Nothing {
		// Taken back and not reset: failures before it stay counted until the rest is right, too.
		s.takeBack(ctx, a, nil)
		e.before = a.bucket
		return e, nil
	}
	e.attempt = a
	return e, nil
}

// errNoMatch says that a password was compared and is wrong.
var errNoMatch = errors.New("no match")

// checkPassword counts an attempt and compares the password. It takes the same time
// whatever the account, and where there is none.
func (s *Store) checkPassword(ctx context.Context, user User, stored secret.PasswordHash, typed, password string, from Origin) (attempt, error) {
	a, err := s.countAttempt(ctx, user, typed, from)
	if err != nil {
		return a, err
	}
	if err := s.freshKinds(ctx); err != nil {
		s.takeBack(ctx, a, err)
		return a, err
	}
	match, err := s.hasher.Matches(ctx, stored, password)
	if err != nil {
		s.takeBack(ctx, a, err)
		return a, err
	}
	if !match || user.Disabled() || s.suspended(a) {
		return a, errNoMatch
	}
	return a, nil
}

// rehash stores the password by the present scheme and cost. The old hash is a
// condition, so that a password that was changed meanwhile stays changed.
func (s *Store) rehash(ctx context.Context, user User, old secret.PasswordHash, password string) error {
	fresh, err := s.hasher.Hash(ctx, password)
	if errors.Is(err, secret.ErrBusy) {
		return nil // the next sign-in will do it
	}
	if err != nil {
		return err
	}
	_, err = s.db.Exec(ctx, updatePassword, fresh.Scheme, fresh.Hash, fresh.Cost, user.ID, old.Hash)
	return err
}

// findHighestCost finds the highest cost of any stored password by password_cost. The
// hash decides: one that costs more raises it when it is first compared.
func (s *Store) findHighestCost(ctx context.Context) error {
	var cost int
	if err := s.db.Read.QueryRowContext(ctx, selectHighestCost, secret.BcryptCostMax).Scan(&cost); err != nil {
		return fmt.Errorf("find the highest cost of a password: %w", err)
	}
	s.hasher.RaiseHighestCost(cost)
	return nil
}

// CountTooCostly counts the accounts whose hash costs more than BcryptCostMax, by
// password_cost or, where that is 0, by the hash. Nobody can sign in to one until a new
// password is chosen by link.
func (s *Store) CountTooCostly(ctx context.Context) (int64, error) {
	return s.count(ctx, countTooCostly, secret.BcryptCostMax, "$2_$%", strconv.Itoa(secret.BcryptCostMax))
}
