package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// reopenTicket is how long an offer to reopen an account stands.
const reopenTicket = 10 * time.Minute

const (
	updateClosed = `UPDATE users SET closed_at = $1, epoch = epoch + 1 WHERE id = $2 AND closed_at IS NULL`

	updateReopened = `UPDATE users SET closed_at = NULL, epoch = epoch + 1
		WHERE id = $1 AND epoch = $2 AND closed_at > $3 AND disabled_at IS NULL
		RETURNING ` + userColumns

	// While an old address can still be put back the account stays: it may have
	// been closed by whoever moved it away.
	selectToErase = `SELECT id FROM users WHERE closed_at <= $1 AND NOT EXISTS (SELECT 1 FROM tokens
		WHERE tokens.user_id = users.id AND tokens.purpose = 'undo' AND tokens.used_at IS NULL AND tokens.expires_at > $2)
		ORDER BY closed_at LIMIT $3`

	// closed_at is asked again, because the account may have been reopened, or
	// erased by another copy of the program.
	deleteClosed = `DELETE FROM users WHERE id = $1 AND closed_at <= $2 AND NOT EXISTS (SELECT 1 FROM tokens
		WHERE tokens.user_id = users.id AND tokens.purpose = 'undo' AND tokens.used_at IS NULL AND tokens.expires_at > $3)
		RETURNING username`
	deleteUser = `DELETE FROM users WHERE id = $1 RETURNING username`
)

// CloseAccount closes the account of a person: all sign-ins end at once, and it is
// erased once it can no longer be reopened, which may be at once, and no old
// address can be put back any more.
func (s *Store) CloseAccount(ctx context.Context, user User, from Origin) error {
	return s.write(ctx, func(d *deed) error {
		n, err := d.changed(ctx, updateClosed, s.now(), user.ID)
		if err != nil {
			return fmt.Errorf("close user %d: %w", user.ID, err)
		}
		if _, err := d.ExecContext(ctx, deleteSignIns, user.ID); err != nil {
			return fmt.Errorf("end the sign-ins of user %d: %w", user.ID, err)
		}
		if n == 0 {
			return nil
		}
		if err := d.record(ctx, user.ID, EventClosed, "", from); err != nil {
			return err
		}
		if err := d.tell(ctx, LetterClosed, user, from); err != nil {
			return err
		}
		if s.rules.Reopen > 0 {
			return nil
		}
		now := s.now()
		if err := d.erase(ctx, user.ID, from, deleteClosed, user.ID, now, now); !errors.Is(err, ErrNotFound) {
			return err
		}
		return nil // EraseClosed will do it
	})
}

// ErasedAt is when a closed account will be erased.
func (s *Store) ErasedAt(user User) time.Time { return user.ClosedAt.Add(s.rules.Reopen) }

// ReopenWithin is how long a closed account can be reopened.
func (s *Store) ReopenWithin() time.Duration { return s.rules.Reopen }

// ReopenTicket is the right to reopen a closed account whose password was
// proved just now. It is good for a few minutes, and only while nothing else
// about the account changes. It is no secret but must be kept where its owner
// cannot write it.
func (s *Store) ReopenTicket(user User) string {
	return fmt.Sprintf("%d.%d.%d", user.ID, user.epoch, s.now().Add(reopenTicket).Unix())
}

// Reopen opens a closed account again and returns its user. ErrNotFound says
// that the ticket is no longer good.
func (s *Store) Reopen(ctx context.Context, ticket string, from Origin) (User, error) {
	id, epoch, ok := s.readTicket(ticket)
	if !ok {
		return User{}, ErrNotFound
	}
	var user User
	err := s.write(ctx, func(d *deed) error {
		row := d.QueryRowContext(ctx, updateReopened, id, epoch, s.now().Add(-s.rules.Reopen))
		if err := user.scan(row); err != nil {
			return err
		}
		return d.record(ctx, user.ID, EventReopened, "", from)
	})
	if err != nil {
		return User{}, fmt.Errorf("reopen: %w", err)
	}
	return user, nil
}

// Reopening returns the closed account that a ticket is for, or ErrNotFound.
func (s *Store) Reopening(ctx context.Context, ticket string) (User, error) {
	id, epoch, ok := s.readTicket(ticket)
	if !ok {
		return User{}, ErrNotFound
	}
	user, err := s.byID(ctx, id)
	if err != nil {
		return User{}, err
	}
	if user.epoch != epoch || !user.Closed() || user.Disabled() || !s.now().Before(s.ErasedAt(user)) {
		return User{}, ErrNotFound
	}
	return user, nil
}

func (s *Store) readTicket(ticket string) (id, epoch int64, ok bool) {
	parts := strings.Split(ticket, ".")
	if len(parts) != 3 {
		return 0, 0, false
	}
	var numbers [3]int64
	for i, part := range parts {
		n, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		numbers[i] = n
	}
	return numbers[0], numbers[1], s.now().Unix() < numbers[2]
}

// Erase deletes an account and all that hangs on it, at once and for good. Its
// username stays reserved for UsernameKept.
func (s *Store) Erase(ctx context.Context, user User, from Origin) error {
	return s.write(ctx, func(d *deed) error { return d.erase(ctx, user.ID, from, deleteUser, user.ID) })
}

// EraseClosed erases up to limit accounts that can no longer be reopened, and
// says how many there were. Several copies of the program may do so at once.
func (s *Store) EraseClosed(ctx context.Context, limit int) (int64, error) {
	before := s.now().Add(-s.rules.Reopen)
	ids, err := all(ctx, s, selectToErase, []any{before, s.now(), limit}, func(id *int64) []any { return []any{id} })
	if err != nil {
		return 0, fmt.Errorf("find closed accounts: %w", err)
	}
	for _, id := range ids {
		err := s.write(ctx, func(d *deed) error { return d.erase(ctx, id, Origin{}, deleteClosed, id, before, s.now()) })
		if err != nil && !errors.Is(err, ErrNotFound) {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// erase deletes the user that a statement names and keeps its username from
// everybody. Everything else about the person refers to the user and goes with
// it; the counters of failed tries have no reference and go by their name.
func (d *deed) erase(ctx context.Context, id int64, from Origin, statement string, args ...any) error {
	var username string
	err := d.QueryRowContext(ctx, statement, args...).Scan(&username)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("erase user %d: %w", id, err)
	}
	if err := d.reserve(ctx, username, User{}); err != nil {
		return err
	}
	if err := d.forgetFailures(ctx, id); err != nil {
		return err
	}
	d.events = append(d.events, Event{Name: EventErased, UserID: id, Origin: from})
	return nil
}
