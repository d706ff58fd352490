package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
	"unicode/utf8"

	"gatehouse/store/rules"
)

// ReasonMax is the longest reason that is kept of a deed, in characters.
const ReasonMax = 200

// CheckReason refuses a reason that the audit would not keep as it was typed. An empty one is fine.
func CheckReason(value string) error {
	switch n := utf8.RuneCountInString(value); {
	case n > ReasonMax:
		return rules.Refuse("reason", "That's %d characters. Use at most %d.", n, ReasonMax)
	case rules.Shorten(value, len(value)) != value:
		return rules.Refuse("reason", "Use plain text: letters, digits, spaces and punctuation.")
	}
	return nil
}

const (
	auditColumns = `id, at, name, coalesce(actor_id, 0), actor, coalesce(subject_id, 0), detail, reason, address, agent, request`

	insertAudit = `INSERT INTO audit (at, name, actor_id, actor, subject_id, detail, reason, address, agent, request)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	selectOwnAudit = `SELECT ` + auditColumns + ` FROM audit WHERE subject_id = $1 ORDER BY id DESC LIMIT $2`

	emptyReasons = `UPDATE audit SET reason = '' WHERE subject_id = $1 AND reason <> ''`

	selectUsername = `SELECT username FROM users WHERE id = $1`

	deleteOldAudit = `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at <= $1 ORDER BY at LIMIT $2)`
)

// Deed is a row of the audit: what an administrator or the operator did. It is written once and
// outlives whom it was done to, of whom it has the number alone.
type Deed struct {
	ID int64
	At time.Time
	// Name is a name of an event.
	Name string
	// ActorID is the administrator, or 0 for the operator, and Actor their username then, or
	// "command line" with the account on that machine.
	ActorID int64
	Actor   string
	// SubjectID is whom it was done to, or 0.
	SubjectID int64
	// Detail says more, and never has an address. Reason is what the actor gave; it is emptied once
	// the subject is erased, but for the reason of that.
	Detail, Reason          string
	Address, Agent, Request string
}

func (d *Deed) columns() []any {
	return []any{&d.ID, UTC{&d.At}, &d.Name, &d.ActorID, &d.Actor, &d.SubjectID, &d.Detail, &d.Reason, &d.Address, &d.Agent, &d.Request}
}

// deed records what was done to somebody: in their activity, and in the audit.
func (tx *Tx) deed(ctx context.Context, from Origin, name string, subject User, detail string) error {
	if err := tx.Record(ctx, subject.ID, name, detail, from); err != nil {
		return err
	}
	return tx.audit(ctx, from, name, subject.ID, detail, from.Reason)
}

// audit writes a row of the audit. subject is 0 for a deed that concerns nobody's account, which is
// logged here.
func (tx *Tx) audit(ctx context.Context, from Origin, name string, subject int64, detail, reason string) error {
	actor := "command line"
	switch {
	case from.By != 0:
		if err := tx.QueryRowContext(ctx, selectUsername, from.By).Scan(&actor); err != nil {
			return fmt.Errorf("write the audit: %w", err)
		}
	case from.Account != "":
		actor += ", " + from.Account
	}
	actor, reason = rules.Shorten(actor, agentMax), rules.Shorten(reason, utf8.UTFMax*ReasonMax)
	id := func(n int64) sql.NullInt64 { return sql.NullInt64{Int64: n, Valid: n != 0} }
	_, err := tx.ExecContext(ctx, insertAudit, tx.store.Now(), name, id(from.By), actor, id(subject), detail, reason,
		from.Address, rules.Shorten(from.Agent, agentMax), from.Request)
	if err != nil {
		return fmt.Errorf("write the audit: %w", err)
	}
	if subject == 0 {
		tx.events = append(tx.events, Event{Name: name, Origin: from})
	}
	return nil
}
