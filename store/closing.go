package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	updateClosed = `UPDATE users SET closed_at = $1, closed_noted_at = NULL, epoch = epoch + 1 WHERE id = $2 AND closed_at IS NULL`

	updateReopened = `UPDATE users SET closed_at = NULL, epoch = epoch + 1
		WHERE id = $1 AND epoch = $2 AND closed_at > $3 AND disabled_at IS NULL
		RETURNING ` + userColumns
)

// CloseAccount closes the account of a person: all sign-ins end at once, and it is
// erased once it can no longer be reopened, which may be at once, and no old
// address can be put back any more.
func (s *Store) CloseAccount(ctx context.Context, user User, from Origin) error {
	err := s.Write(ctx, func(tx *Tx) error {
		// Always, because somebody may be made an administrator at the same time.
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		var fresh User
		if err := fresh.scan(tx.QueryRowContext(ctx, selectUserByID, user.ID)); err != nil {
			return err
		}
		if err := tx.keepAdmin(ctx, fresh); err != nil {
			return err
		}
		changed, err := tx.shut(ctx, updateClosed, user)
		if err != nil {
			return fmt.Errorf("close user %d: %w", user.ID, err)
		}
		if !changed {
			return nil
		}
		if err := tx.Record(ctx, user.ID, EventClosed, "", from); err != nil {
			return err
		}
		return tx.notify(ctx, LetterClosed, user, from)
	})
	if err != nil || s.rules.Reopen > 0 {
		return err
	}
	return s.eraseShut(ctx, user, from)
}

// eraseShut erases an account that was closed where none can be reopened. One that must stay for
// now, because an old address can still be put back, is EraseClosed's.
func (s *Store) eraseShut(ctx context.Context, user User, from Origin) error {
	now := s.Now()
	err := s.Write(ctx, func(tx *Tx) error {
		if err := tx.erase(ctx, user.ID, from, deleteClosed, now, now, latest(now, UndoValid), user.ID); err != nil || from.By == 0 && !from.Operator {
			return err
		}
		return tx.audit(ctx, from, EventErased, user.ID, "", from.Reason)
	})
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// CloseAs closes the account of somebody else as they would themselves: they get a letter, and can
// reopen it as long as ReopenWithin says. Where nobody can reopen an account it is erased at once, which takes
// ErasePeople as well. Doing it twice is no error.
func (s *Store) CloseAs(ctx context.Context, user User, from Origin) error {
	closed := false
	err := s.Write(ctx, func(tx *Tx) error {
		closed = false
		takes := ManagePeople
		if s.rules.Reopen == 0 {
			takes |= ErasePeople
		}
		user, err := tx.act(ctx, from, takes, user.ID)
		if err != nil {
			return err
		}
		if err := tx.keepAdmin(ctx, user); err != nil {
			return err
		}
		if closed, err = tx.shut(ctx, updateClosed, user); err != nil {
			return fmt.Errorf("close user %d: %w", user.ID, err)
		}
		if !closed {
			return nil
		}
		if err := tx.deed(ctx, from, EventClosed, user, ""); err != nil {
			return err
		}
		return tx.notify(ctx, LetterClosed, user, from)
	})
	if err != nil || !closed || s.rules.Reopen > 0 {
		return err
	}
	return s.eraseShut(ctx, user, from)
}

// ErasedAt is when a closed account will be erased.
func (s *Store) ErasedAt(user User) time.Time {
	closed := user.ClosedAt
	if now := s.Now(); closed.After(now) {
		closed = now
	}
	return closed.Add(s.rules.Reopen)
}

// ReopenWithin is how long a closed account can be reopened.
func (s *Store) ReopenWithin() time.Duration { return s.rules.Reopen }

// Reopen opens the closed account of a ticket again and returns the entry, which lacks
// that no more. ErrNotFound says that the ticket is no longer good.
func (s *Store) Reopen(ctx context.Context, ticket string, from Origin) (Entry, error) {
	e, err := s.Resume(ctx, ticket)
	if err != nil {
		return Entry{}, err
	}
	if e.Missing() != Reopening {
		return Entry{}, ErrNotFound
	}
	var user User
	err = s.Write(ctx, func(tx *Tx) error {
		row := tx.QueryRowContext(ctx, updateReopened, e.User.ID, e.User.epoch, s.Now().Add(-s.rules.Reopen))
		if err := user.scan(row); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventReopened, "", from)
	})
	if err != nil {
		return Entry{}, fmt.Errorf("reopen: %w", err)
	}
	e.User = user
	return e, nil
}
