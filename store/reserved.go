package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// UsernameReservation is how long a username stays reserved after it was given up.
const UsernameReservation = 30 * 24 * time.Hour

const (
	// Who has a username, has it in a pending registration, or gave it up recently.
	selectHolders = `SELECT id, '' FROM users WHERE username = $1
		UNION ALL SELECT 0, browser FROM pending WHERE username = $1 AND expires_at > $2 AND expires_at <= $3
		UNION ALL SELECT coalesce(user_id, 0), '' FROM reserved_usernames WHERE username = $1 AND until > $2 AND until <= $4`

	selectReserved = `SELECT user_id FROM reserved_usernames WHERE username = $1 AND until > $2 AND until <= $3`

	upsertReserved = `INSERT INTO reserved_usernames (username, user_id, until) VALUES ($1, $2, $3)
		ON CONFLICT (username) DO UPDATE SET user_id = $2, until = $3`

	deleteReserved = `DELETE FROM reserved_usernames WHERE username = $1`

	deleteOldReserved = `DELETE FROM reserved_usernames WHERE username IN (
		SELECT username FROM reserved_usernames WHERE until <= $1 ORDER BY until LIMIT $2)`
)

// ReservedUsername is one that its owner gave up and may take again.
type ReservedUsername struct {
	Username string
	Until    time.Time
}

// UsernameFree refuses a username that this person cannot have: because of its
// shape, or because somebody has it, gave it up recently, or has it in a pending
// registration. The zero User stands for a new person. The pending registration of
// browser itself does not count.
func (s *Store) UsernameFree(ctx context.Context, username string, user User, browser string) error {
	if err := s.CheckNewUsername(username); err != nil {
		return err
	}
	name := rules.CanonicalUsername(username)
	type holder struct {
		id      int64
		browser string
	}
	now := s.Now()
	rows, err := s.holders.rows(s.db.ReadContext(ctx), name, now, latest(now, PendingValid), latest(now, UsernameReservation))
	holders, err := collect(rows, err, func(h *holder) []any { return []any{&h.id, &h.browser} })
	if err != nil {
		return fmt.Errorf("look for a username: %w", err)
	}
	for _, h := range holders {
		own := h.id != 0 && h.id == user.ID
		waiting := browser != "" && h.browser == secret.Digest(browser)
		if !own && !waiting {
			return ErrUsernameTaken
		}
	}
	return nil
}

// CheckNewUsername refuses what nobody can have as a username here, whether or not it is taken.
func (s *Store) CheckNewUsername(username string) error {
	if err := rules.CheckUsername(username); err != nil {
		return err
	}
	if slices.Contains(s.passwords.SiteWords(), rules.CanonicalUsername(username)) {
		return rules.ErrReserved // the site's own name
	}
	return nil
}

// claimUsername refuses a username that is reserved for somebody else, or from
// everybody. It runs after the user's row was written: from then on the unique column
// keeps others out.
func (tx *Tx) claimUsername(ctx context.Context, user User) error {
	var owner sql.NullInt64
	now := tx.store.Now()
	err := tx.QueryRowContext(ctx, selectReserved, user.Username, now, latest(now, UsernameReservation)).Scan(&owner)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look for a reserved username: %w", err)
	}
	if err == nil && owner.Int64 != user.ID {
		return ErrUsernameTaken
	}
	if _, err := tx.ExecContext(ctx, deleteReserved, user.Username); err != nil {
		return fmt.Errorf("free a reserved username: %w", err)
	}
	return nil
}

// reserve reserves a username that was given up: for its owner or, with the zero
// User, from everybody.
func (tx *Tx) reserve(ctx context.Context, username string, owner User) error {
	id := sql.NullInt64{Int64: owner.ID, Valid: owner.ID != 0}
	if _, err := tx.ExecContext(ctx, upsertReserved, username, id, tx.store.Now().Add(UsernameReservation)); err != nil {
		return fmt.Errorf("reserve a username: %w", err)
	}
	return nil
}
