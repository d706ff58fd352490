package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

const (
	selectUsers = `SELECT ` + userColumns + ` FROM users WHERE users.id > $1 ORDER BY users.id LIMIT $2`

	updateDisabled = `UPDATE users SET disabled_at = $1, epoch = epoch + 1 WHERE id = $2 AND disabled_at IS NULL`
	updateEnabled  = `UPDATE users SET disabled_at = NULL, epoch = epoch + 1 WHERE id = $1 AND disabled_at IS NOT NULL`
	deleteSignIns  = `DELETE FROM signins WHERE user_id = $1`
)

// Users lists accounts in the order they were made, at most limit of them,
// beginning behind the id after.
func (s *Store) Users(ctx context.Context, after int64, limit int) ([]User, error) {
	rows, err := s.db.Read.QueryContext(s.db.ReadContext(ctx), selectUsers, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	defer rows.Close()
	var users []User
	for rows.Next() {
		var user User
		if err := user.scan(rows); err != nil {
			return nil, fmt.Errorf("list users: %w", err)
		}
		users = append(users, user)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return users, nil
}

// Find returns the account with that username or email address, or ErrNotFound.
func (s *Store) Find(ctx context.Context, identifier string) (User, error) {
	user, _, err := s.identify(ctx, identifier)
	return user, err
}

// identify resolves what a person typed to say who they are. The two kinds
// cannot be confused, because no username contains an @.
func (s *Store) identify(ctx context.Context, identifier string) (User, hashed, error) {
	if !strings.Contains(identifier, "@") {
		name := CanonicalUsername(identifier)
		if !validUsername(name) {
			return User{}, hashed{}, ErrNotFound
		}
		return s.account(ctx, s.userByUsername, name)
	}
	key, err := CanonicalEmail(identifier)
	if err != nil {
		return User{}, hashed{}, ErrNotFound
	}
	return s.account(ctx, s.userByEmail, key)
}

// Disable closes the account to its owner and ends all its sign-ins. Doing it
// twice is no error.
func (s *Store) Disable(ctx context.Context, user User) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, updateDisabled, s.now(), user.ID); err != nil {
			return fmt.Errorf("disable user %d: %w", user.ID, err)
		}
		if _, err := tx.ExecContext(ctx, deleteSignIns, user.ID); err != nil {
			return fmt.Errorf("end the sign-ins of user %d: %w", user.ID, err)
		}
		return nil
	})
}

// Enable opens a disabled account again. Sign-ins do not come back.
func (s *Store) Enable(ctx context.Context, user User) error {
	if _, err := s.db.Write.ExecContext(ctx, updateEnabled, user.ID); err != nil {
		return fmt.Errorf("enable user %d: %w", user.ID, err)
	}
	return nil
}
