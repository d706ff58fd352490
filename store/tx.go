package store

import (
	"context"
	"database/sql"
	"fmt"

	"gatehouse/store/rules"
)

// It changes nothing. It waits for a change of the account that is under way, and makes
// later ones wait, which a SELECT does not do on PostgreSQL.
const lockUserRow = `UPDATE users SET epoch = epoch WHERE id = $1`

// Tx is a transaction that records what it does and writes letters about it. What it
// recorded is logged, and its letters leave, once it is committed.
type Tx struct {
	*sql.Tx
	store  *Store
	events []Event
	// letters says that it wrote at least one letter.
	letters bool
}

// Write runs one transaction. Any error from do rolls it back. Where another
// transaction was in the way do runs again, so it must not depend on variables that it
// set the time before.
func (s *Store) Write(ctx context.Context, do func(tx *Tx) error) error {
	var tx *Tx
	err := s.db.transact(ctx, s.db.Write, func(t *sql.Tx) error {
		tx = &Tx{Tx: t, store: s}
		return do(tx)
	})
	s.troubled.Store(err != nil && s.Unavailable(err))
	if err != nil {
		return err
	}
	for _, e := range tx.events {
		s.Log(ctx, e)
	}
	if tx.letters {
		select {
		case s.written <- struct{}{}:
		default: // announced already
		}
	}
	return nil
}

// changed runs a statement and says how many rows it changed.
func (tx *Tx) changed(ctx context.Context, text string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// lockUser makes a transaction wait for a change of the account that is under way, and
// later ones wait for it.
func (tx *Tx) lockUser(ctx context.Context, userID int64) error {
	if _, err := tx.ExecContext(ctx, lockUserRow, userID); err != nil {
		return fmt.Errorf("hold user %d: %w", userID, err)
	}
	return nil
}

// Record writes an event of an account. name is one of EventNames, or of the product's. Where an
// administrator did it, from where is in the log and the audit alone, for it is nothing about the person.
func (tx *Tx) Record(ctx context.Context, userID int64, name, detail string, from Origin) error {
	from.Agent = rules.Shorten(from.Agent, agentMax)
	e := Event{At: tx.store.Now(), UserID: userID, Name: name, Origin: from, Detail: detail}
	from = from.shown()
	if _, err := tx.ExecContext(ctx, insertEvent, e.At, e.Name, e.Operator, sql.NullInt64{Int64: e.By, Valid: e.By != 0}, from.Address, from.Agent, e.Request, e.Detail, userID); err != nil {
		return fmt.Errorf("record %s: %w", name, err)
	}
	tx.events = append(tx.events, e)
	return nil
}
