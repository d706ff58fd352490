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

// Together they change nothing but are written like any other change: a full
// disk lets transactions begin, a database that only reads answers questions,
// and SQLite does not write what is as it was.
const (
	touch   = `UPDATE migrations SET name = name || '.' WHERE version = 1`
	untouch = `UPDATE migrations SET name = rtrim(name, '.') WHERE version = 1`
)

// writePages is more than what any deed writes. A disk that was full for a deed
// may still have room for the one page of a probe.
const writePages = 24

// partlyKept is how long a page that met trouble in a part of the database
// stands for the next ones.
const partlyKept = time.Minute

// meeting is a page that met trouble in a part of the database.
type meeting struct {
	err error
	at  time.Time
}

// Met is told of what a page failed from. Where only a part of the database is
// in trouble, such as a damaged page or a table without rights, a probe writes
// beside it and finds nothing: then the word of the pages counts, for a minute
// after the last of them.
func (s *Store) Met(err error) {
	if _, inPart := s.db.Trouble(err); inPart {
		s.partly.Store(&meeting{err, s.clock()})
	}
}

// Ready returns an error unless the database takes what is written, and no page
// met trouble within the last minute that a probe cannot see, for health
// checks. It takes two seconds at most. Of any number who ask at the same time
// one writes, and all get its answer.
func (s *Store) Ready(ctx context.Context) error {
	if met := s.partly.Load(); met != nil && s.clock().Sub(met.at) < partlyKept {
		return fmt.Errorf("a page met within the last minute: %w", met.err)
	}
	// Not cut off by the one who asked first: others wait for it as well.
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

// probe writes as much as it takes to be sure.
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
