package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// readCommitted is the isolation that all statements here are written for. It is asked
// for, because a database may have another one by default.
var readCommitted = &sql.TxOptions{Isolation: sql.LevelReadCommitted}

// maxTries is how often something is done without a pause while other transactions
// are in its way, and retryPause the pause before each further time.
const (
	maxTries   = 3
	retryPause = 10 * time.Millisecond
)

// Retry does something that is undone as a whole when it fails, and does it
// again where another transaction was in its way. What may have been committed
// must not be in it.
func (db Database) Retry(ctx context.Context, do func() error) error {
	begun := time.Now()
	for n := 1; ; n++ {
		err := do()
		if err == nil || ctx.Err() != nil || !db.Retryable(err) {
			return err
		}
		if n < maxTries {
			continue
		}
		// No connection is occupied during the pause, so everybody who waits for the
		// lock gets a turn, and their waits run at the same time.
		if time.Since(begun) >= db.LockWait {
			return err
		}
		time.Sleep(retryPause)
	}
}

// transact runs one transaction on a pool.
func (db Database) transact(ctx context.Context, pool *sql.DB, do func(tx *sql.Tx) error) (err error) {
	defer func() {
		// database/sql rolls back as soon as ctx ends. What follows gets an error that
		// says only that the transaction is over.
		if ctx.Err() != nil && errors.Is(err, sql.ErrTxDone) {
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}()
	if err := db.InPlace(); err != nil {
		return fmt.Errorf("before the transaction: %w", err)
	}
	var tx *sql.Tx
	err = db.Retry(ctx, func() (err error) {
		tx, err = begin(ctx, pool, do)
		return err
	})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after Commit this does nothing
	if err := db.InPlace(); err != nil {
		return fmt.Errorf("before the commit: %w", err)
	}
	// A commit is never repeated: where its answer is lost, nobody knows whether it was
	// done.
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := db.InPlace(); err != nil {
		return fmt.Errorf("after the commit: %w", err)
	}
	return nil
}

// begin does a transaction up to its commit.
func begin(ctx context.Context, pool *sql.DB, do func(tx *sql.Tx) error) (*sql.Tx, error) {
	tx, err := pool.BeginTx(ctx, readCommitted)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			tx.Rollback() //nolint:errcheck // what went wrong before says more
		}
	}()
	if err := do(tx); err != nil {
		return nil, err
	}
	done = true
	return tx, nil
}

// Exec runs one statement that is a transaction of its own, and says how many
// rows it changed.
func (db Database) Exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	if err := db.InPlace(); err != nil {
		return 0, err
	}
	err = db.Retry(ctx, func() error {
		result, err := db.Write.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		changed, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return changed, db.InPlace()
}
