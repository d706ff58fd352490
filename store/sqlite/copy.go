package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
)

const (
	copyTables = `SELECT name, sql LIKE '%AUTOINCREMENT%' FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^' ORDER BY name`
	copyColumns    = `SELECT name, type, pk > 0 FROM pragma_table_info($1) ORDER BY name`
	copyReferences = `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`
	copyCount      = `SELECT count(*) FROM %s`
	copyRows       = `SELECT %s FROM %s`
	copyFill       = `INSERT INTO %s (%s) VALUES `
	copyLastID     = `SELECT coalesce(max((SELECT seq FROM sqlite_sequence WHERE name = $1), (SELECT max(%s) FROM %s)), 0)`
	copyForgetID   = `DELETE FROM sqlite_sequence WHERE name = $1`
	copySetLastID  = `INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)`
)

// copyBatch is how many rows are inserted by one statement. SQLite takes 32,766 parameters.
const copyBatch = 200

// copyKinds are the types of columns that are copied.
var copyKinds = map[string]store.ColumnKind{
	"INTEGER": store.KindInteger, "BIGINT": store.KindInteger, "TEXT": store.KindText, "BOOLEAN": store.KindBoolean,
	"BLOB": store.KindBytes, "TIMESTAMP": store.KindTime, "REAL": store.KindReal,
}

// copyEnd is a file that is copied, or copied into.
type copyEnd struct {
	path string
	db   *sql.DB
	tx   *sql.Tx
}

// failure is an error about the file of an end.
type failure struct {
	path, why string
	error
}

// Error implements error.
func (f failure) Error() string { return fmt.Sprintf("%s: %s (%v)", f.path, f.why, f.error) }

// Unwrap returns what SQLite said.
func (f failure) Unwrap() error { return f.error }

// explained adds which file an error is about, and what is the matter with it.
func (e *copyEnd) explained(err error) error {
	why, _ := trouble(err)
	if why == "" || errors.As(err, new(failure)) {
		return err
	}
	return failure{e.path, why, err}
}

// OpenCopySource begins to read a file as it is at one moment.
func OpenCopySource(ctx context.Context, path string) (store.CopyEnd, error) {
	return openCopy(ctx, path, "mode=ro&_busy_timeout=5000")
}

// OpenCopyTarget begins to write into a file. ErrInUse says that another program does so.
func OpenCopyTarget(ctx context.Context, path string) (store.CopyEnd, error) {
	// Foreign keys are looked at when all is there.
	end, err := openCopy(ctx, path, "mode=rw&_txlock=immediate&_busy_timeout=100&_foreign_keys=on&_synchronous=FULL&_defer_foreign_keys=on&_cache_size=-16000")
	if isLocked(err) {
		return nil, ErrInUse
	}
	return end, err
}

func openCopy(ctx context.Context, path, how string) (store.CopyEnd, error) {
	db, err := openOnly(path, how)
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin to copy: %w", err), db.Close())
	}
	return &copyEnd{path, db, tx}, nil
}

// Tables implements store.CopyEnd.
func (e *copyEnd) Tables(ctx context.Context) (tables []store.CopyTable, err error) {
	rows, err := e.tx.QueryContext(ctx, copyTables)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	numbered := map[string]bool{}
	for rows.Next() {
		var t store.CopyTable
		var gives bool
		if err := rows.Scan(&t.Name, &gives); err != nil {
			return nil, err
		}
		if !slices.Contains(store.NotCopied, t.Name) {
			tables, numbered[t.Name] = append(tables, t), gives
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i := range tables {
		if err := e.describe(ctx, &tables[i], numbered[tables[i].Name]); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func (e *copyEnd) describe(ctx context.Context, t *store.CopyTable, gives bool) error {
	rows, err := e.tx.QueryContext(ctx, copyColumns, t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, kind string
		var key bool
		if err := rows.Scan(&name, &kind, &key); err != nil {
			return err
		}
		if err := t.AddColumn(name, strings.ToUpper(kind), copyKinds); err != nil {
			return err
		}
		if gives && key {
			t.ID = name
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	references, err := e.tx.QueryContext(ctx, copyReferences, t.Name)
	if err != nil {
		return err
	}
	defer references.Close()
	for references.Next() {
		var name string
		if err := references.Scan(&name); err != nil {
			return err
		}
		t.References = append(t.References, name)
	}
	return references.Err()
}

// Count implements store.CopyEnd.
func (e *copyEnd) Count(ctx context.Context, table string) (n int64, err error) {
	return n, e.explained(e.tx.QueryRowContext(ctx, fmt.Sprintf(copyCount, quoted(table))).Scan(&n))
}

// Rows implements store.CopyEnd.
func (e *copyEnd) Rows(ctx context.Context, t store.CopyTable) iter.Seq2[store.CopyRow, error] {
	return func(yield func(store.CopyRow, error) bool) {
		// With a context that can be cancelled mattn starts a goroutine for each row.
		rows, err := e.tx.QueryContext(context.WithoutCancel(ctx), fmt.Sprintf(copyRows, columnNames(t), quoted(t.Name)))
		if err != nil {
			yield(nil, e.explained(err))
			return
		}
		defer rows.Close()
		values, into := make([]any, len(t.Columns)), make([]any, len(t.Columns))
		for i := range values {
			into[i] = &values[i]
		}
		for rows.Next() {
			var row store.CopyRow
			err := errors.Join(ctx.Err(), rows.Scan(into...))
			if err == nil {
				row, err = t.Row(values)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, e.explained(err))
		}
	}
}

// Fill implements store.CopyEnd.
func (e *copyEnd) Fill(ctx context.Context, t store.CopyTable, rows iter.Seq2[store.CopyRow, error]) error {
	return e.explained(e.fill(ctx, t, rows))
}

func (e *copyEnd) fill(ctx context.Context, t store.CopyTable, rows iter.Seq2[store.CopyRow, error]) error {
	begin := fmt.Sprintf(copyFill, quoted(t.Name), columnNames(t))
	row := "(" + strings.TrimSuffix(strings.Repeat("?,", len(t.Columns)), ",") + ")"
	full, err := e.tx.PrepareContext(ctx, begin+strings.TrimSuffix(strings.Repeat(row+",", copyBatch), ","))
	if err != nil {
		return err
	}
	defer full.Close()
	var args []any
	for row, err := range rows {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		for i, value := range row {
			if at, is := value.(time.Time); is && t.Columns[i].Kind == store.KindMoment {
				value = store.JulianDays(at)
			}
			args = append(args, value)
		}
		if len(args) == copyBatch*len(t.Columns) {
			if _, err := full.Exec(args...); err != nil {
				return err
			}
			args = args[:0]
		}
	}
	if len(args) == 0 {
		return nil
	}
	_, err = e.tx.ExecContext(ctx, begin+strings.TrimSuffix(strings.Repeat(row+",", len(args)/len(t.Columns)), ","), args...)
	return err
}

// LastID implements store.CopyEnd.
func (e *copyEnd) LastID(ctx context.Context, t store.CopyTable) (id int64, err error) {
	return id, e.tx.QueryRowContext(ctx, fmt.Sprintf(copyLastID, quoted(t.ID), quoted(t.Name)), t.Name).Scan(&id)
}

// SetLastID implements store.CopyEnd.
func (e *copyEnd) SetLastID(ctx context.Context, t store.CopyTable, id int64) error {
	if _, err := e.tx.ExecContext(ctx, copyForgetID, t.Name); err != nil {
		return err
	}
	_, err := e.tx.ExecContext(ctx, copySetLastID, t.Name, id)
	return err
}

// Commit implements store.CopyEnd.
func (e *copyEnd) Commit(context.Context) error { return e.explained(e.tx.Commit()) }

// Close implements store.CopyEnd.
func (e *copyEnd) Close() error {
	e.tx.Rollback() //nolint:errcheck // after Commit this does nothing
	return e.db.Close()
}

func columnNames(t store.CopyTable) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}

// quoted is a name of the catalogue as a statement has it.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
