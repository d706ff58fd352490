package postgres

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/store"
)

const (
	copyTables  = `SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name`
	copyColumns = `SELECT column_name, data_type, pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) IS NOT NULL
		FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 AND is_generated = 'NEVER' ORDER BY column_name COLLATE "C"`
	copyReferences = `SELECT DISTINCT other.relname FROM pg_constraint
		JOIN pg_class AS own ON own.oid = conrelid JOIN pg_class AS other ON other.oid = confrelid
		WHERE contype = 'f' AND own.relname = $1 AND own.relnamespace = current_schema()::regnamespace`
	copyCount = `SELECT count(*) FROM %s`
	copyRows  = `SELECT %s FROM %s`

	copyLastID    = `SELECT greatest((SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM %s), coalesce((SELECT max(%s) FROM %s), 0))`
	copySequence  = `SELECT pg_get_serial_sequence($1, $2)`
	copySetLastID = `SELECT setval($1::text::regclass, $2)`

	// Copying takes as long as it takes.
	copyPatient = `SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0`

	// Nobody else begins to copy into the same. The number means nothing.
	copyAlone = `SELECT pg_try_advisory_lock(728319, hashtext(current_schema()))`

	copyOthers = `SELECT count(*) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
)

// ErrInUse says that somebody else is connected to the database by the same role, or copies into it.
var ErrInUse = errors.New("the database is in use")

// copyKinds are the types of columns that are copied.
var copyKinds = map[string]store.ColumnKind{
	"bigint": store.KindInteger, "integer": store.KindInteger, "smallint": store.KindInteger, "text": store.KindText,
	"character varying": store.KindText, "boolean": store.KindBoolean, "bytea": store.KindBytes,
	"timestamp with time zone": store.KindTime, "double precision": store.KindReal, "real": store.KindReal,
}

// copyEnd is a database that is copied, or copied into.
type copyEnd struct {
	conn *pgx.Conn
	tx   pgx.Tx
}

// copyWait is how long connections that were closed may be seen.
const copyWait = 2 * time.Second

// OpenCopySource begins to read a database as it is at one moment. Unless it may be in use, ErrInUse
// says that it is.
func OpenCopySource(ctx context.Context, url string, inUse bool) (store.CopyEnd, error) {
	return openCopy(ctx, url, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, inUse)
}

// OpenCopyTarget begins to write into a database. ErrInUse says that others are connected to it.
func OpenCopyTarget(ctx context.Context, url string) (store.CopyEnd, error) {
	return openCopy(ctx, url, pgx.TxOptions{IsoLevel: pgx.ReadCommitted}, false)
}

func openCopy(ctx context.Context, url string, options pgx.TxOptions, inUse bool) (store.CopyEnd, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return nil, unreachable(config.ConnConfig, err)
	}
	end := &copyEnd{conn: conn}
	if options.AccessMode != pgx.ReadOnly {
		var alone bool
		if err := conn.QueryRow(ctx, copyAlone).Scan(&alone); err != nil {
			return nil, errors.Join(err, end.Close())
		}
		if !alone {
			return nil, errors.Join(ErrInUse, end.Close())
		}
	}
	for until := time.Now().Add(copyWait); !inUse; time.Sleep(20 * time.Millisecond) {
		var others int
		if err := conn.QueryRow(ctx, copyOthers).Scan(&others); err != nil {
			return nil, errors.Join(err, end.Close())
		}
		if others == 0 {
			break
		}
		if time.Now().After(until) {
			return nil, errors.Join(ErrInUse, end.Close())
		}
	}
	if end.tx, err = conn.BeginTx(ctx, options); err == nil {
		_, err = end.tx.Exec(ctx, copyPatient)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("begin to copy: %w", err), end.Close())
	}
	return end, nil
}

// Tables implements store.CopyEnd.
func (e *copyEnd) Tables(ctx context.Context) (tables []store.CopyTable, err error) {
	names, err := e.names(ctx, copyTables)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if slices.Contains(store.NotCopied, name) {
			continue
		}
		t := store.CopyTable{Name: name}
		if err := e.describe(ctx, &t); err != nil {
			return nil, err
		}
		if t.References, err = e.names(ctx, copyReferences, name); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (e *copyEnd) names(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := e.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func (e *copyEnd) describe(ctx context.Context, t *store.CopyTable) error {
	rows, err := e.tx.Query(ctx, copyColumns, t.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name, kind string
		var gives bool
		if err := rows.Scan(&name, &kind, &gives); err != nil {
			return err
		}
		if err := t.AddColumn(name, kind, copyKinds); err != nil {
			return err
		}
		if gives {
			t.ID = name
		}
	}
	return rows.Err()
}

// Count implements store.CopyEnd.
func (e *copyEnd) Count(ctx context.Context, table string) (n int64, err error) {
	return n, e.tx.QueryRow(ctx, fmt.Sprintf(copyCount, quoted(table))).Scan(&n)
}

// Rows implements store.CopyEnd.
func (e *copyEnd) Rows(ctx context.Context, t store.CopyTable) iter.Seq2[store.CopyRow, error] {
	return func(yield func(store.CopyRow, error) bool) {
		var names []string
		for _, c := range t.Columns {
			names = append(names, quoted(c.Name))
		}
		rows, err := e.tx.Query(ctx, fmt.Sprintf(copyRows, strings.Join(names, ", "), quoted(t.Name)))
		if err != nil {
			yield(nil, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var row store.CopyRow
			values, err := rows.Values()
			if err == nil {
				row, err = t.Row(values)
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Fill implements store.CopyEnd.
func (e *copyEnd) Fill(ctx context.Context, t store.CopyTable, rows iter.Seq2[store.CopyRow, error]) error {
	var names []string
	for _, c := range t.Columns {
		names = append(names, c.Name)
	}
	next, stop := iter.Pull2(rows)
	defer stop()
	_, err := e.tx.CopyFrom(ctx, pgx.Identifier{t.Name}, names, pgx.CopyFromFunc(func() ([]any, error) {
		row, err, more := next()
		if !more {
			return nil, nil
		}
		return row, err
	}))
	return err
}

// LastID implements store.CopyEnd.
func (e *copyEnd) LastID(ctx context.Context, t store.CopyTable) (id int64, err error) {
	sequence, err := e.sequence(ctx, t)
	if err != nil {
		return 0, err
	}
	return id, e.tx.QueryRow(ctx, fmt.Sprintf(copyLastID, sequence, quoted(t.ID), quoted(t.Name))).Scan(&id)
}

// SetLastID implements store.CopyEnd.
func (e *copyEnd) SetLastID(ctx context.Context, t store.CopyTable, id int64) error {
	sequence, err := e.sequence(ctx, t)
	if err != nil {
		return err
	}
	_, err = e.tx.Exec(ctx, copySetLastID, sequence, id)
	return err
}

// sequence is the name of the sequence of a table, as a statement has it.
func (e *copyEnd) sequence(ctx context.Context, t store.CopyTable) (name string, err error) {
	return name, e.tx.QueryRow(ctx, copySequence, quoted(t.Name), t.ID).Scan(&name)
}

// Commit implements store.CopyEnd.
func (e *copyEnd) Commit(ctx context.Context) error { return e.tx.Commit(ctx) }

// Close implements store.CopyEnd.
func (e *copyEnd) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return e.conn.Close(ctx)
}

// quoted is a name of the catalogue as a statement has it.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
