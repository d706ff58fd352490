package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// While an old address can still be put back the account stays: it may have
	// been closed by whoever moved it away.
	isToErase = `closed_at <= $1 AND NOT EXISTS (SELECT 1 FROM tokens
		WHERE tokens.user_id = users.id AND tokens.purpose = 'undo' AND tokens.used_at IS NULL
		AND tokens.expires_at > $2 AND tokens.expires_at <= $3)`

	selectToErase = `SELECT id FROM users WHERE ` + isToErase + ` ORDER BY closed_at LIMIT $4`

	// Asked again, because the account may have been reopened, or erased by
	// another copy of the program.
	deleteClosed = `DELETE FROM users WHERE ` + isToErase + ` AND id = $4 RETURNING username`
	deleteUser   = `DELETE FROM users WHERE id = $1 RETURNING username`

	// Where closed_at is still to come, nobody knows when the account was closed. Its
	// time runs from when that was first seen, and closed_at stays until it is over:
	// if the present clock is the one that is behind, nothing is erased early.
	noteClosing   = `UPDATE users SET closed_noted_at = $1 WHERE closed_at > $2 AND closed_noted_at IS NULL`
	settleClosing = `UPDATE users SET closed_at = closed_noted_at WHERE closed_at > $1 AND closed_noted_at <= $2`

	// All but the newest events.
	deleteOlderEvents = `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE user_id = $1 ORDER BY id DESC LIMIT $2 OFFSET $2)`
)

// Erase deletes an account and all that belongs to it, at once and for good. Its
// username stays reserved for UsernameReservation.
func (s *Store) Erase(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, ErasePeople, user.ID)
		if err != nil {
			return err
		}
		if err := tx.keepAdmin(ctx, user); err != nil {
			return err
		}
		// With the account they would go without a word.
		if _, err := tx.endSignIns(ctx, deleteSignIns, user.ID); err != nil {
			return fmt.Errorf("erase user %d: %w", user.ID, err)
		}
		if err := tx.endLooksAt(ctx, user.ID); err != nil {
			return err
		}
		if err := tx.erase(ctx, user.ID, from, deleteUser, user.ID); err != nil {
			return err
		}
		return tx.audit(ctx, from, EventErased, user.ID, "", from.Reason)
	})
}

// EraseClosed erases up to limit accounts that can no longer be reopened, and
// says how many there were. Each is a transaction of its own. Several copies of the
// program may do so at once.
func (s *Store) EraseClosed(ctx context.Context, limit int) (int64, error) {
	now := s.Now()
	before, undo := now.Add(-s.rules.Reopen), latest(now, UndoValid)
	if err := s.settleClosings(ctx, now, before); err != nil {
		return 0, err
	}
	ids, err := All(ctx, s, selectToErase, []any{before, now, undo, limit}, func(id *int64) []any { return []any{id} })
	if err != nil {
		return 0, fmt.Errorf("find closed accounts: %w", err)
	}
	for _, id := range ids {
		if err := s.eraseEvents(ctx, id, limit); err != nil {
			return 0, err
		}
		err := s.Write(ctx, func(tx *Tx) error { return tx.erase(ctx, id, Origin{}, deleteClosed, before, now, undo, id) })
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// settleClosings corrects accounts that were closed while a clock was ahead.
func (s *Store) settleClosings(ctx context.Context, now, before time.Time) error {
	_, err := s.db.Exec(ctx, noteClosing, now, latest(now, 0))
	if err == nil {
		_, err = s.db.Exec(ctx, settleClosing, latest(now, 0), before)
	}
	if err != nil {
		return fmt.Errorf("settle closings: %w", err)
	}
	return nil
}

// eraseEvents deletes events, limit at a time, until an account has only the newest
// limit of them. Of all that belongs to an account only they can be so many that erasing
// it at once would make everybody who writes wait.
func (s *Store) eraseEvents(ctx context.Context, id int64, limit int) error {
	for {
		n, err := s.db.Exec(ctx, deleteOlderEvents, id, limit)
		if err != nil {
			return fmt.Errorf("erase the events of user %d: %w", id, err)
		}
		if n < int64(limit) {
			return nil
		}
	}
}

// erase deletes the user that a statement names, and reserves the username.
// Everything else about the person refers to the user and goes with it. The counts of
// wrong passwords have no such reference, so they are deleted by name.
func (tx *Tx) erase(ctx context.Context, id int64, from Origin, statement string, args ...any) error {
	if err := tx.eraseProduct(ctx, id); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, disownLetters, id); err != nil {
		return fmt.Errorf("erase user %d: %w", id, err)
	}
	var username string
	err := tx.QueryRowContext(ctx, statement, args...).Scan(&username)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("erase user %d: %w", id, err)
	}
	if err := tx.reserve(ctx, username, User{}); err != nil {
		return err
	}
	if err := tx.forgetFailures(ctx, id); err != nil {
		return err
	}
	// What the audit says of the person is a number from now on.
	if _, err := tx.ExecContext(ctx, emptyReasons, id); err != nil {
		return fmt.Errorf("erase user %d: %w", id, err)
	}
	if err := tx.voidInvitesBy(ctx, id); err != nil {
		return err
	}
	tx.events = append(tx.events, Event{Name: EventErased, UserID: id, Origin: from})
	return nil
}
