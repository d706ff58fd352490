package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"gatehouse/store/sqlite"
)

// sqliteSource is a table of the SQLite file of another program, such as the Flask sample.
type sqliteSource struct {
	path, table string
	names       []string
}

// knownTables are where other systems keep their people.
var knownTables = []string{"Users", "user", "auth_user", "accounts"}

const (
	findTable   = `SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name = $1 COLLATE NOCASE`
	findColumns = `SELECT name FROM pragma_table_info($1)`
)

func (s *sqliteSource) columns(ctx context.Context) ([]string, error) {
	if s.names != nil {
		return s.names, nil
	}
	db, err := sqlite.OpenForeign(s.path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if err := s.findTable(ctx, db); err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, findColumns, s.table)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.path, err)
		}
		s.names = append(s.names, name)
	}
	return s.names, rows.Err()
}

// findTable settles the name of the table as it is spelled there.
func (s *sqliteSource) findTable(ctx context.Context, db *sql.DB) error {
	asked := knownTables
	if s.table != "" {
		asked = []string{s.table}
	}
	for _, name := range asked {
		err := db.QueryRowContext(ctx, findTable, name).Scan(&s.table)
		if err == nil {
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
	}
	if len(asked) == 1 {
		return fmt.Errorf("there is no table %s in %s", asked[0], s.path)
	}
	return fmt.Errorf("%s has none of the tables %s; name its table with --table", s.path, strings.Join(asked, ", "))
}

func (s *sqliteSource) records(ctx context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		err := s.each(ctx, func(r record) bool { return yield(r, nil) })
		if err != nil {
			yield(record{}, fmt.Errorf("read %s: %w", s.path, err))
		}
	}
}

func (s *sqliteSource) each(ctx context.Context, take func(record) bool) error {
	names, err := s.columns(ctx)
	if err != nil {
		return err
	}
	db, err := sqlite.OpenForeign(s.path)
	if err != nil {
		return err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, `SELECT * FROM `+identifier(s.table))
	if err != nil {
		return err
	}
	defer rows.Close()
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for line := 1; rows.Next(); line++ {
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r := record{line: line, cells: make([]string, len(names))}
		for i, value := range values {
			r.cells[i] = cellOf(value)
		}
		if !take(r) {
			return nil
		}
	}
	return rows.Err()
}

// identifier is a name of a table as SQL takes it, whatever it is.
func identifier(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// cellOf is a value of SQLite as text. Flask-Bcrypt stores its hashes as bytes. NULL is empty.
func cellOf(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case []byte:
		return string(value)
	case time.Time:
		return value.Format(time.RFC3339Nano)
	}
	return fmt.Sprint(value)
}
