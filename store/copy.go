package store

import (
	"context"
	"fmt"
	"iter"

	"gatehouse/store/rules"
)

// CopyRow are the values of the columns of a table, in their order: nil, int64, string, bool, []byte,
// float64 or a time in UTC.
type CopyRow []any

// CopyEnd is a database that is copied, or copied into: all within one transaction. Both dialects have
// one.
type CopyEnd interface {
	// Tables are all but those that belong to the program. A type of column that is not among the
	// kinds is a refusal.
	Tables(ctx context.Context) ([]CopyTable, error)
	Count(ctx context.Context, table string) (int64, error)
	Rows(ctx context.Context, t CopyTable) iter.Seq2[CopyRow, error]
	Fill(ctx context.Context, t CopyTable, rows iter.Seq2[CopyRow, error]) error
	// LastID is the highest number that the database gave in a table, also to a row that is gone.
	LastID(ctx context.Context, t CopyTable) (int64, error)
	SetLastID(ctx context.Context, t CopyTable, id int64) error
	Commit(ctx context.Context) error
	// Close undoes what was not committed.
	Close() error
}

// NotCopied are the tables that every database has of its own.
var NotCopied = []string{"migrations", "locks"}

// Copied is what was copied.
type Copied struct {
	Rows   int64 `json:"rows"`
	Tables int   `json:"tables"`
}

// Copy copies all rows of a database into another one that has the same tables and no row, and compares
// what has arrived with what was sent before it commits. Whatever fails leaves the other as it was.
// progress is told how many rows are done, first of copying and then of comparing.
func Copy(ctx context.Context, from, to CopyEnd, progress func(what string, done, total int64)) (done Copied, err error) {
	tables, err := tablesToCopy(ctx, from, to)
	if err != nil {
		return done, err
	}
	total := int64(0)
	for _, t := range tables {
		if n, err := to.Count(ctx, t.Name); err != nil {
			return done, err
		} else if n > 0 {
			return done, rules.Refuse("", "There are rows in %s of the target already: nothing was copied.", t.Name)
		}
		n, err := from.Count(ctx, t.Name)
		if err != nil {
			return done, err
		}
		total += n
	}
	for _, t := range tables {
		count := func(n int64) { progress("copied", done.Rows+n, total) }
		n, err := fill(ctx, from, to, t, count)
		if err != nil {
			return done, fmt.Errorf("copy %s: %w", t.Name, err)
		}
		done.Rows += n
	}
	compared := int64(0)
	for _, t := range tables {
		count := func(n int64) { progress("compared", compared+n/2, total) }
		n, err := compare(ctx, from, to, t, count)
		if err != nil {
			return done, err
		}
		compared += n
	}
	done.Tables = len(tables)
	return done, to.Commit(ctx)
}

// fill copies one table, and says how many rows there were.
func fill(ctx context.Context, from, to CopyEnd, t CopyTable, count func(int64)) (n int64, err error) {
	rows := func(yield func(CopyRow, error) bool) {
		for row, err := range from.Rows(ctx, t) {
			if n++; !yield(row, err) {
				return
			}
			count(n)
		}
	}
	if err := to.Fill(ctx, t, rows); err != nil || t.ID == "" {
		return n, err
	}
	last, err := from.LastID(ctx, t)
	if err != nil || last == 0 {
		return n, err
	}
	return n, to.SetLastID(ctx, t, last)
}

// compare reads a table on both sides, and says how many rows it has.
func compare(ctx context.Context, from, to CopyEnd, t CopyTable, count func(int64)) (int64, error) {
	var sums [2]rowSum
	for i, end := range []CopyEnd{from, to} {
		before := sums[0].rows * int64(i)
		for row, err := range end.Rows(ctx, t) {
			if err == nil {
				err = sums[i].add(t, row)
			}
			if err != nil {
				return 0, fmt.Errorf("compare %s: %w", t.Name, err)
			}
			count(before + sums[i].rows)
		}
	}
	if sums[0].rows != sums[1].rows || sums[0].sum != sums[1].sum {
		return 0, rules.Refuse("", "What has arrived in %s differs from what was sent: nothing was copied.", t.Name)
	}
	return sums[0].rows, nil
}
