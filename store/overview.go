package store

import (
	"context"
	"fmt"
	"time"
)

const (
	countAccounts = `SELECT count(*) FROM users`

	// id > 0 is for the planners, which then use the small indexes.
	countDisabled = `SELECT count(*) FROM users WHERE disabled_at IS NOT NULL AND id > 0`

	countClosed = `SELECT count(*) FROM users WHERE closed_at IS NOT NULL AND id > 0`

	countUnconfirmed = `SELECT count(*) FROM users WHERE confirmed_at IS NULL AND id > 0`

	countOldPasswords = `SELECT count(*) FROM users WHERE password_scheme <> '' AND password_scheme <> 'bcrypt-hmac-sha384' AND id > 0`

	selectRolesWithoutStep = `SELECT role FROM users WHERE role <> '' AND id > 0 AND second_at IS NULL
		AND disabled_at IS NULL AND closed_at IS NULL`

	countEventsByName = `SELECT name, count(*) FROM events WHERE at > $1 AND at <= $2 GROUP BY name ORDER BY name`
)

// EventsWithin is how far CountEvents looks back.
const EventsWithin = 24 * time.Hour

// CountAccounts counts all accounts, those that are disabled or closed as well. Like everything that
// counts here it reads an entry of an index for each, and stops when ctx ends.
func (s *Store) CountAccounts(ctx context.Context) (int64, error) { return s.count(ctx, countAccounts) }

// CountDisabled counts the accounts that are disabled.
func (s *Store) CountDisabled(ctx context.Context) (int64, error) { return s.count(ctx, countDisabled) }

// CountClosed counts the accounts that were closed and can still be reopened.
func (s *Store) CountClosed(ctx context.Context) (int64, error) { return s.count(ctx, countClosed) }

// CountUnconfirmed counts the accounts whose address nobody confirmed.
func (s *Store) CountUnconfirmed(ctx context.Context) (int64, error) {
	return s.count(ctx, countUnconfirmed)
}

// CountOldPasswords counts the passwords that are still stored as an earlier system stored them.
func (s *Store) CountOldPasswords(ctx context.Context) (int64, error) {
	return s.count(ctx, countOldPasswords)
}

// CountStaffWithoutStep counts the staff who can sign in and have no second step.
func (s *Store) CountStaffWithoutStep(ctx context.Context) (n int64, err error) {
	roles, err := counting(ctx, s, selectRolesWithoutStep, nil, func(role *string) []any { return []any{role} })
	for _, name := range roles {
		if role, _ := FindRole(name); role.Guarded {
			n++
		}
	}
	return n, err
}

// EventTotal is how often something happened.
type EventTotal struct {
	Name string
	N    int64
}

// CountEvents counts what happened within EventsWithin, by the names of the events.
func (s *Store) CountEvents(ctx context.Context) ([]EventTotal, error) {
	now := s.Now()
	return counting(ctx, s, countEventsByName, []any{now.Add(-EventsWithin), latest(now, 0)}, func(c *EventTotal) []any {
		return []any{&c.Name, &c.N}
	})
}

// counting is All for what counts: it stops when ctx ends.
func counting[T any](ctx context.Context, s *Store, query string, args []any, into func(*T) []any) ([]T, error) {
	if err := s.db.InPlace(); err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	rows, err := s.db.Read.QueryContext(Background(ctx), query, args...)
	return collect(rows, err, into)
}
