package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/secret"
)

// kindsEvery is how long the kinds of passwords in use are taken to be as they were read: another copy
// of the program may import people.
const kindsEvery = time.Minute

const (
	selectNextKind = `SELECT password_kind FROM users WHERE password_kind > $1 AND password_kind <> '' ORDER BY password_kind LIMIT 1`

	dropOldPasswords = `UPDATE users SET password_scheme = '', password_hash = '', password_cost = 0, epoch = epoch + 1
		WHERE id IN (SELECT id FROM users WHERE password_scheme <> '' AND password_scheme <> 'bcrypt-hmac-sha384' AND id > 0 ORDER BY id LIMIT $1)`

	endOldPasswords = `UPDATE users SET password_scheme = '', password_hash = '', password_cost = 0, epoch = epoch + 1
		WHERE id IN (SELECT id FROM users WHERE password_until <= $1 ORDER BY password_until LIMIT $2)`
)

// oldKind is the kind of a password of an earlier system, as it is stored; empty for none and for ours.
func oldKind(stored secret.PasswordHash) string {
	if stored.Scheme == secret.SchemeHMAC {
		return ""
	}
	if kind := stored.Kind().String(); kind != "" {
		return kind
	}
	return stored.Scheme
}

// findKinds tells the hasher which kinds of passwords of earlier systems are in use.
func (s *Store) findKinds(ctx context.Context) error {
	kinds, err := s.oldKinds(ctx)
	if err != nil {
		return err
	}
	if err := s.hasher.UseKinds(kinds); errors.Is(err, secret.ErrTooManyKinds) {
		s.log.ErrorContext(ctx, "too many kinds of passwords of earlier systems are in use: people with the others can't sign in by password", "most", secret.KindsMax)
	}
	s.kindsAt.Store(s.Now().UnixNano())
	return nil
}

// oldKinds are the kinds in use that derive a key. They are few: each takes one look.
func (s *Store) oldKinds(ctx context.Context) (kinds []secret.Kind, err error) {
	for at := ""; ; {
		found, err := All(ctx, s, selectNextKind, []any{at}, func(kind *string) []any { return []any{kind} })
		if err != nil || len(found) == 0 {
			return kinds, fault("find kinds of passwords", err)
		}
		at = found[0]
		if kind := secret.ParseKind(at); kind.Scheme != "" {
			kinds = append(kinds, kind)
		}
	}
}

// freshKinds looks again which kinds are in use, at most once within kindsEvery.
func (s *Store) freshKinds(ctx context.Context) error {
	at := s.kindsAt.Load()
	if age := s.Now().Sub(time.Unix(0, at)); age >= 0 && age < kindsEvery {
		return nil
	}
	if !s.kindsAt.CompareAndSwap(at, s.Now().UnixNano()) {
		return nil // somebody else looks
	}
	return s.findKinds(ctx)
}

// DropOldPasswords voids the passwords of earlier systems, and says how many there were. Whoever had
// one chooses a password by link. The audit has a row about it.
func (s *Store) DropOldPasswords(ctx context.Context, from Origin) (dropped int64, err error) {
	if !from.Operator {
		return 0, ErrForbidden
	}
	for {
		n, err := s.db.Exec(ctx, dropOldPasswords, PruneBatch)
		if err != nil {
			return dropped, fmt.Errorf("drop old passwords: %w", err)
		}
		if dropped += n; n < PruneBatch {
			break
		}
	}
	if dropped == 0 {
		return 0, nil
	}
	return dropped, s.Write(ctx, func(tx *Tx) error {
		return tx.audit(ctx, from, EventPasswordRemoved, 0, fmt.Sprintf("of earlier systems %d", dropped), "")
	})
}
