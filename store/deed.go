package store

import (
	"context"
	"database/sql"
	"fmt"
)

// It changes nothing but waits for a change of the account that is under way
// and makes a later one wait, which reading alone does not on PostgreSQL.
const holdUser = `UPDATE users SET epoch = epoch WHERE id = $1`

// deed is a transaction that records what it does. What it recorded is logged
// once it is committed.
type deed struct {
	*sql.Tx
	store  *Store
	events []Event
	// letters says that it wrote any.
	letters bool
}

// plain is the isolation that all statements here are written for. It is asked
// for, because a database may have another one by default.
var plain = &sql.TxOptions{Isolation: sql.LevelReadCommitted}

// write runs one transaction. A refusal or a fault from do rolls it back. Where
// another transaction was in the way do runs again, so it must not build on what
// it did to its surroundings the time before.
func (s *Store) write(ctx context.Context, do func(d *deed) error) error {
	var d *deed
	err := s.db.Retry(ctx, func() (err error) {
		d, err = s.begin(ctx, do)
		return err
	})
	if err != nil {
		return err
	}
	defer d.Rollback() //nolint:errcheck // after Commit this does nothing
	if err := s.db.Kept(); err != nil {
		return fmt.Errorf("before the commit: %w", err)
	}
	// From here on never again: when the answer is lost, nobody knows whether it
	// was done.
	if err := d.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if err := s.db.Kept(); err != nil {
		return fmt.Errorf("after the commit: %w", err)
	}
	for _, e := range d.events {
		s.Log(ctx, e)
	}
	if d.letters {
		select {
		case s.written <- struct{}{}:
		default: // announced already
		}
	}
	return nil
}

// begin does a deed up to its commit.
func (s *Store) begin(ctx context.Context, do func(d *deed) error) (*deed, error) {
	tx, err := s.db.Write.BeginTx(ctx, plain)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			tx.Rollback() //nolint:errcheck // what went wrong before says more
		}
	}()
	d := &deed{Tx: tx, store: s}
	if err := do(d); err != nil {
		return nil, err
	}
	done = true
	return d, nil
}

// changed runs a statement and says how many rows it changed.
func (d *deed) changed(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := d.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// hold makes a deed wait for a change of the account that is under way, and
// later ones wait for it.
func (d *deed) hold(ctx context.Context, userID int64) error {
	if _, err := d.ExecContext(ctx, holdUser, userID); err != nil {
		return fmt.Errorf("hold user %d: %w", userID, err)
	}
	return nil
}

// record writes an event of an account.
func (d *deed) record(ctx context.Context, userID int64, name, detail string, from Origin) error {
	from.Agent = shorten(from.Agent, agentMax)
	e := Event{At: d.store.now(), UserID: userID, Name: name, Origin: from, Detail: detail}
	if _, err := d.ExecContext(ctx, insertEvent, e.At, e.Name, e.Operator, e.Address, e.Agent, e.Request, e.Detail, userID); err != nil {
		return fmt.Errorf("record %s: %w", name, err)
	}
	d.events = append(d.events, e)
	return nil
}
