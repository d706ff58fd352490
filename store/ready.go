package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// readyWait is how long the database may take to be ready, and readyLockWait how
// much of that it may be locked.
const (
	readyWait     = 2 * time.Second
	readyLockWait = time.Second
)

// Together they change nothing, but are written like any other change. Less would not
// do: a transaction can begin on a full disk, a read-only database answers queries, and
// SQLite does not write a value that stays the same.
const (
	touch   = `UPDATE migrations SET name = name || '.' WHERE version = 1`
	untouch = `UPDATE migrations SET name = rtrim(name, '.') WHERE version = 1`
)

// writePages is more than any transaction writes. A disk that is full for a transaction
// may still have room for the one page of a probe.
const writePages = 24

// troubleLasts is how long trouble in a part of the database is reported after it
// was last seen.
const troubleLasts = time.Minute

// partTrouble is trouble in a part of the database.
type partTrouble struct {
	err error
	at  time.Time
}

// NoteTrouble takes the error by which a page failed. Where only a part of the database
// is in trouble, such as a damaged page or a table without rights, a probe writes
// elsewhere and finds nothing. Ready then reports the error for a minute.
func (s *Store) NoteTrouble(err error) {
	if _, inPart := s.db.Trouble(err); inPart {
		s.partly.Store(&partTrouble{err, s.clock()})
	}
}

// Ready is for health checks. It returns an error where the database cannot be written
// to, or where NoteTrouble noted trouble within the last minute. It takes two seconds at
// most. Of any number of callers at the same time one writes, and all get its answer.
func (s *Store) Ready(ctx context.Context) error {
	if trouble := s.partly.Load(); trouble != nil && s.clock().Sub(trouble.at) < troubleLasts {
		return fmt.Errorf("a page met within the last minute: %w", trouble.err)
	}
	// It goes on when the first caller leaves: others wait for it as well.
	shared := Background(context.WithoutCancel(ctx))
	answers := s.probes.DoChan("", func() (any, error) { return nil, s.probe(shared) })
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	var err error
	select {
	case answer := <-answers:
		err = answer.Err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}

// probe writes a little, or after trouble as much as any transaction.
func (s *Store) probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	db := s.db
	db.LockWait = min(db.LockWait, readyLockWait)
	writes := 1
	if s.troubled.Load() {
		writes = writePages
	}
	for range writes {
		err := db.transact(ctx, db.Probe, func(tx *sql.Tx) error {
			for _, statement := range []string{touch, untouch} {
				if _, err := tx.ExecContext(ctx, statement); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	s.troubled.Store(false)
	return nil
}
