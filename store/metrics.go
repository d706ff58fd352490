package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// Pool is one pool of connections.
type Pool struct {
	Name string
	// Stats says how it is used.
	Stats func() sql.DBStats
}

const (
	countSignIns = `SELECT count(*) FROM signins WHERE idle_at > $1 AND idle_at <= $2`

	countWaitingLetters = `SELECT count(*) FROM letters WHERE sealed IS NOT NULL`

	selectOldestLetter = `SELECT created_at FROM letters WHERE sealed IS NOT NULL ORDER BY created_at LIMIT 1`
)

// Pools are the connections to the database.
func (s *Store) Pools() []Pool { return s.db.Pools }

// CountSignIns counts the live sign-ins of everybody. It reads an entry of an index for
// each, and stops when ctx ends.
func (s *Store) CountSignIns(ctx context.Context) (int64, error) {
	now := s.Now()
	return s.count(ctx, countSignIns, now, latest(now, IdleRemembered))
}

// CountWaitingLetters counts what is in the outbox and neither delivered nor
// given up, in the same way.
func (s *Store) CountWaitingLetters(ctx context.Context) (int64, error) {
	return s.count(ctx, countWaitingLetters)
}

func (s *Store) count(ctx context.Context, query string, args ...any) (n int64, err error) {
	if err := s.db.InPlace(); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	if err := s.db.Read.QueryRowContext(Background(ctx), query, args...).Scan(&n); err != nil {
		return 0, fmt.Errorf("count: %w", err)
	}
	return n, nil
}

// OldestLetter is how long the oldest letter that waits has been in the outbox,
// or 0 where none waits.
func (s *Store) OldestLetter(ctx context.Context) (time.Duration, error) {
	if err := s.db.InPlace(); err != nil {
		return 0, fmt.Errorf("find the oldest letter: %w", err)
	}
	var written time.Time
	err := s.db.Read.QueryRowContext(Background(ctx), selectOldestLetter).Scan(&written)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("find the oldest letter: %w", err)
	}
	return max(0, s.Now().Sub(written)), nil
}

// tally counts events by name.
type tally map[string]*atomic.Int64

func newTally() tally {
	t := make(tally, len(EventNames))
	for _, name := range EventNames {
		t[name] = new(atomic.Int64)
	}
	return t
}

func (t tally) add(name string) {
	if n := t[name]; n != nil {
		n.Add(1)
	}
}

func (t tally) count(name string) int64 {
	if n := t[name]; n != nil {
		return n.Load()
	}
	return 0
}

// EventCount is how many events of that name, one of EventNames or of the product's, this copy of the
// program has logged since it started.
func (s *Store) EventCount(name string) int64 { return s.tally.count(name) }
