package store

import (
	"context"
	"fmt"
	"time"

	"gatehouse/store/rules"
)

// What a download was of, in the detail of EventExported. Those of activity and of the audit are
// followed by the first and the last day.
const (
	DetailUsers              = "users"
	DetailUsersWithPasswords = "users with passwords"
	DetailActivity           = "activity"
	DetailAudit              = "audit"
)

const (
	// DownloadMax is how many rows a download has at most.
	DownloadMax = 50_000
	// downloadStep is how many are read at a time.
	downloadStep = 1000
)

// ErrTooManyRows refuses a download of more than DownloadMax rows.
var ErrTooManyRows = rules.Refuse("", "That's more than 50,000 rows. Choose fewer days.")

const (
	countActivityOf = `SELECT count(*) FROM (SELECT 1 FROM events WHERE at >= $1 AND at < $2 LIMIT $3) AS counted`

	countAuditOf = `SELECT count(*) FROM (SELECT 1 FROM audit WHERE at >= $1 AND at < $2 LIMIT $3) AS counted`

	selectActivityOf = `SELECT ` + happened + `
		WHERE (events.at, events.id) > ($1, $2) AND events.at < $3 ORDER BY events.at, events.id LIMIT $4`

	selectAuditOf = `SELECT ` + namedDeed + `
		WHERE (audit.at, audit.id) > ($1, $2) AND audit.at < $3 ORDER BY audit.at, audit.id LIMIT $4`
)

// Span are the days of a download: from when the first begins until the last is over. First and Last
// name them, as in 2026-11-23.
type Span struct {
	Since, Until time.Time
	First, Last  string
}

// Rows are those of a download, oldest first. It is read once.
type Rows[T any] struct {
	span  Span
	store *Store
	query string
	into  func(*T) []any
	// after is the row that was read last.
	after func(T) (time.Time, int64)
	at    time.Time
	id    int64
	done  bool
}

// DownloadActivity begins a download of what happened to everybody. It is refused with ErrTooManyRows.
// Otherwise the audit has a row about it before the first row leaves.
func (s *Store) DownloadActivity(ctx context.Context, span Span, from Origin) (*Rows[Happened], error) {
	span, err := s.begin(ctx, countActivityOf, DetailActivity, span, from)
	return &Rows[Happened]{
		store: s, query: selectActivityOf, span: span, at: span.Since, into: (*Happened).columns,
		after: func(e Happened) (time.Time, int64) { return e.At, e.ID },
	}, err
}

// DownloadAudit is DownloadActivity for the audit.
func (s *Store) DownloadAudit(ctx context.Context, span Span, from Origin) (*Rows[NamedDeed], error) {
	span, err := s.begin(ctx, countAuditOf, DetailAudit, span, from)
	return &Rows[NamedDeed]{
		store: s, query: selectAuditOf, span: span, at: span.Since, into: (*NamedDeed).columns,
		after: func(d NamedDeed) (time.Time, int64) { return d.At, d.ID },
	}, err
}

// begin says how far a download goes, once it is known not to be too long and the audit has it. What
// happens from then on is not in it, so the file is what was counted.
func (s *Store) begin(ctx context.Context, count, what string, span Span, from Origin) (Span, error) {
	if now := s.Now(); span.Until.After(now) {
		span.Until = now
	}
	var n int
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), count, span.Since.UTC(), span.Until.UTC(), DownloadMax+1).Scan(&n)
	if err != nil {
		return span, fmt.Errorf("count the rows of a download: %w", err)
	}
	if n > DownloadMax {
		return span, ErrTooManyRows
	}
	return span, s.Write(ctx, func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		if _, err := tx.actor(ctx, from, SeeActivity); err != nil {
			return err
		}
		return tx.audit(ctx, from, EventExported, 0, what+" "+span.First+" "+span.Last, "")
	})
}

// Next reads the next rows, at most a thousand. There are none after the last.
func (r *Rows[T]) Next(ctx context.Context) ([]T, error) {
	if r.done {
		return nil, nil
	}
	rows, err := All(ctx, r.store, r.query, []any{r.at.UTC(), r.id, r.span.Until.UTC(), downloadStep}, r.into)
	if len(rows) > 0 {
		r.at, r.id = r.after(rows[len(rows)-1])
	}
	r.done = len(rows) < downloadStep
	return rows, err
}
