package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"iter"
	"math"
	"math/bits"
	"slices"
	"strings"
	"time"

	"gatehouse/store/rules"
)

// ColumnKind is what a column holds, whatever a database calls it. There are no others that are copied.
type ColumnKind string

// The kinds of columns.
const (
	KindInteger ColumnKind = "integer"
	KindText    ColumnKind = "text"
	KindBoolean ColumnKind = "boolean"
	KindBytes   ColumnKind = "bytes"
	KindReal    ColumnKind = "real"
	// KindTime is a time to the microsecond, and KindMoment one to the millisecond.
	KindTime   ColumnKind = "time"
	KindMoment ColumnKind = "moment"
)

// MomentColumn is the one column that is a number of days on SQLite and a time on PostgreSQL.
const MomentColumn = "sessions.expiry"

// CopyColumn is a column of a table that is copied.
type CopyColumn struct {
	Name string
	Kind ColumnKind
}

// CopyTable is a table that is copied.
type CopyTable struct {
	Name string
	// Columns are in the order of their names.
	Columns []CopyColumn
	// References are the tables of which it needs rows.
	References []string
	// ID is the column whose numbers the database gives, or empty.
	ID string
}

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
// what has arrived with what was sent before it commits. Whatever fails leaves the other as it was. far
// is told how many rows are done, first of copying and then of comparing.
func Copy(ctx context.Context, from, to CopyEnd, far func(what string, done, total int64)) (done Copied, err error) {
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
		count := func(n int64) { far("copied", done.Rows+n, total) }
		n, err := fill(ctx, from, to, t, count)
		if err != nil {
			return done, fmt.Errorf("copy %s: %w", t.Name, err)
		}
		done.Rows += n
	}
	compared := int64(0)
	for _, t := range tables {
		count := func(n int64) { far("compared", compared+n/2, total) }
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

// tablesToCopy are those of both ends, each after those of which it needs rows.
func tablesToCopy(ctx context.Context, from, to CopyEnd) ([]CopyTable, error) {
	here, err := from.Tables(ctx)
	if err != nil {
		return nil, err
	}
	there, err := to.Tables(ctx)
	if err != nil {
		return nil, err
	}
	if err := sameTables(here, there); err != nil {
		return nil, err
	}
	return inOrder(there), nil
}

// sameTables refuses what only one side has: a table or a column, or one of another kind.
func sameTables(here, there []CopyTable) error {
	columns := func(tables []CopyTable) map[string]ColumnKind {
		all := map[string]ColumnKind{}
		for _, t := range tables {
			for _, c := range t.Columns {
				all[t.Name+"."+c.Name] = c.Kind
			}
		}
		return all
	}
	source, target := columns(here), columns(there)
	for name, kind := range source {
		switch other, is := target[name]; {
		case !is:
			return rules.Refuse("", "Only the source has %s: nothing was copied.", name)
		case other != kind:
			return rules.Refuse("", "%s is %s in the source and %s in the target: nothing was copied.", name, kind, other)
		}
	}
	for name := range target {
		if _, is := source[name]; !is {
			return rules.Refuse("", "Only the target has %s: nothing was copied.", name)
		}
	}
	return nil
}

// inOrder puts tables behind those that they refer to.
func inOrder(tables []CopyTable) (list []CopyTable) {
	placed := map[string]bool{}
	var place func(t CopyTable)
	place = func(t CopyTable) {
		if placed[t.Name] {
			return
		}
		placed[t.Name] = true
		for _, name := range t.References {
			if i := slices.IndexFunc(tables, func(o CopyTable) bool { return o.Name == name }); i >= 0 {
				place(tables[i])
			}
		}
		list = append(list, t)
	}
	for _, t := range tables {
		place(t)
	}
	return list
}

// rowSum is the sum, modulo 2^256, of the SHA-256 of rows. It is the same in any order.
type rowSum struct {
	rows int64
	sum  [4]uint64
	hash hash.Hash
}

func (s *rowSum) add(t CopyTable, row CopyRow) error {
	if s.hash == nil {
		s.hash = sha256.New()
	}
	s.hash.Reset()
	for i, value := range row {
		if err := writeValue(s.hash, value); err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name, t.Columns[i].Name, err)
		}
	}
	digest := s.hash.Sum(nil)
	var carry uint64
	for i := range s.sum {
		s.sum[i], carry = bits.Add64(s.sum[i], binary.LittleEndian.Uint64(digest[8*i:]), carry)
	}
	s.rows++
	return nil
}

// writeValue writes a value in a form that no other value has.
func writeValue(to hash.Hash, value any) error {
	number := func(kind byte, n uint64) {
		to.Write(binary.BigEndian.AppendUint64([]byte{kind}, n))
	}
	switch v := value.(type) {
	case nil:
		number('n', 0)
	case int64:
		number('i', uint64(v))
	case bool:
		number('b', map[bool]uint64{true: 1}[v])
	case float64:
		number('r', math.Float64bits(v))
	case time.Time:
		number('t', uint64(v.UnixMicro()))
	case string:
		number('s', uint64(len(v)))
		to.Write([]byte(v))
	case []byte:
		number('y', uint64(len(v)))
		to.Write(v)
	default:
		return fmt.Errorf("%T is no value that is copied", value)
	}
	return nil
}

// Value brings what a driver read into the one form of its kind.
func (k ColumnKind) Value(value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int64:
		if k == KindInteger {
			return v, nil
		}
	case int32:
		return k.Value(int64(v))
	case int16:
		return k.Value(int64(v))
	case bool:
		if k == KindBoolean {
			return v, nil
		}
	case string:
		if k == KindText {
			return v, nil
		}
	case []byte:
		if k == KindBytes {
			return v, nil
		}
	case float32:
		return k.Value(float64(v))
	case float64:
		switch k {
		case KindReal:
			return v, nil
		case KindMoment:
			return fromDays(v), nil
		}
	case time.Time:
		switch k {
		case KindTime:
			return v.UTC().Truncate(time.Microsecond), nil
		case KindMoment:
			return v.UTC().Round(time.Millisecond), nil
		}
	}
	return nil, fmt.Errorf("a value is no %s", k)
}

// The Julian day of the beginning of Unix time, and the milliseconds of a day.
const (
	unixDay   = 2440587.5
	dayMillis = 86400000
)

func fromDays(days float64) time.Time {
	return time.UnixMilli(int64(math.Round((days - unixDay) * dayMillis))).UTC()
}

// JulianDays is a time as SQLite counts days.
func JulianDays(at time.Time) float64 { return unixDay + float64(at.UnixMilli())/dayMillis }

// ErrOtherColumn says that a column has a type that is not copied.
func ErrOtherColumn(table, column, kind string) error {
	return rules.Refuse("", "%s.%s is %s, which is not copied: nothing was copied.", table, column, strings.ToLower(kind))
}
