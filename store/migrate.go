package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// ErrNewer says that the database was made by a later version of the program.
var ErrNewer = errors.New("the database was made by a newer version of this program; run that version, or restore a backup")

// ErrOlder says that the database lacks migrations of this version.
var ErrOlder = errors.New("the database is older than this program; run gatehouse migrate")

const (
	createMigrations = `CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL)`
	selectVersion    = `SELECT coalesce(max(version), 0) FROM migrations`
	insertMigration  = `INSERT INTO migrations (version, name) VALUES ($1, $2)`
)

// Migrate brings the schema up to the newest of files, all in one transaction,
// and returns the names of what it applied. lock is a statement that makes
// other copies wait, for databases whose transactions do not do so themselves.
// Files are numbered NNNN_name.sql and only ever added to.
func Migrate(ctx context.Context, db *sql.DB, files fs.FS, lock string) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin migrations: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // after Commit this does nothing
	if lock != "" {
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return nil, fmt.Errorf("lock migrations: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, createMigrations); err != nil {
		return nil, fmt.Errorf("prepare migrations: %w", err)
	}
	var have int
	if err := tx.QueryRowContext(ctx, selectVersion).Scan(&have); err != nil {
		return nil, fmt.Errorf("read the schema version: %w", err)
	}
	var applied []string
	newest := 0
	for _, name := range names {
		if newest, err = version(name); err != nil {
			return nil, err
		}
		if newest <= have {
			continue
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, string(text)); err != nil {
			return nil, fmt.Errorf("apply migration %s: %w", name, err)
		}
		if _, err := tx.ExecContext(ctx, insertMigration, newest, name); err != nil {
			return nil, fmt.Errorf("note migration %s: %w", name, err)
		}
		applied = append(applied, name)
	}
	if have > newest {
		return nil, ErrNewer
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit migrations: %w", err)
	}
	return applied, nil
}

// CheckSchema returns nil when the schema is exactly that of files, ErrOlder or
// ErrNewer when it is not. It changes nothing.
func CheckSchema(ctx context.Context, db *sql.DB, files fs.FS) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return fmt.Errorf("list migrations: %w", err)
	}
	newest, err := version(names[len(names)-1])
	if err != nil {
		return err
	}
	var have int
	// A database without the table has no migrations yet.
	if err := db.QueryRowContext(ctx, selectVersion).Scan(&have); err != nil || have < newest {
		return ErrOlder
	}
	if have > newest {
		return ErrNewer
	}
	return nil
}

// version is the number that a migration's name begins with.
func version(name string) (int, error) {
	number, _, _ := strings.Cut(name, "_")
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, fmt.Errorf("migration %s has no number: %w", name, err)
	}
	return n, nil
}
