package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"gatehouse/store/identity"
	"gatehouse/store/migrations"
)

// ErrNewer says that the database was made by a later version of the program.
var ErrNewer = errors.New("the database was made by a newer version of this program; run that version, or restore a backup")

// ErrOlder says that the database lacks migrations of this version.
var ErrOlder = fmt.Errorf("the database is older than this program; run %s migrate", identity.Program)

const (
	createMigrations = `CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL)`
	selectVersions   = `SELECT version FROM migrations`
	insertMigration  = `INSERT INTO migrations (version, name) VALUES ($1, $2)`
)

// Migration is one numbered change of the schema. Name is what the database notes
// once it is applied.
type Migration struct {
	Version   int
	Name, SQL string
}

// productFrom is the first number of a product's migrations. Ours stay below it.
const productFrom = 1000

// Migrations are ours and those of products, for a dialect, in the order of their
// numbers. A number on the other's side of productFrom is an error.
func Migrations(dialect string, products ...fs.FS) ([]Migration, error) {
	all, err := ReadMigrations(migrations.Files, dialect)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		if m.Version >= productFrom {
			return nil, fmt.Errorf("migration %s has a number that belongs to a product", m.Name)
		}
	}
	for _, files := range products {
		if files == nil {
			continue
		}
		more, err := ReadMigrations(files, dialect)
		if err != nil {
			return nil, fmt.Errorf("migrations of the product: %w", err)
		}
		for _, m := range more {
			if m.Version < productFrom {
				return nil, fmt.Errorf("migration %s of the product must be numbered from %d", m.Name, productFrom)
			}
			if slices.ContainsFunc(all, func(a Migration) bool { return a.Version == m.Version }) {
				return nil, fmt.Errorf("migration %s of the product has a number that another has", m.Name)
			}
			all = append(all, m)
		}
	}
	return all, nil
}

// ReadMigrations reads those of a folder for a dialect, "sqlite" or "postgres", in the
// order of their numbers. Files are named NNNN_name.sql, or with a dialect before .sql where it
// is for that one alone. A product numbers its own from 1000. A number that stands
// twice, or is missing for the dialect, is an error.
func ReadMigrations(files fs.FS, dialect string) ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var list []Migration
	versions := map[int]int{}
	for _, name := range names {
		number, _, _ := strings.Cut(name, "_")
		version, err := strconv.Atoi(number)
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number: %w", name, err)
		}
		versions[version] += 0
		bare, only, _ := strings.Cut(strings.TrimSuffix(name, ".sql"), ".")
		if only != "" && only != dialect {
			continue
		}
		if versions[version]++; versions[version] > 1 {
			return nil, fmt.Errorf("migration %s has a number that another has", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		list = append(list, Migration{version, bare + ".sql", string(text)})
	}
	for version, n := range versions {
		if n == 0 {
			return nil, fmt.Errorf("migration %04d has no file for %s", version, dialect)
		}
	}
	return list, nil
}

// Migrate applies the migrations that the database has not seen yet, all in one
// transaction, and returns their names. lock is a statement that makes other copies
// wait, for databases whose transactions do not do so themselves.
func Migrate(ctx context.Context, db *sql.DB, all []Migration, lock string) ([]string, error) {
	// A schema that is in step needs no lock, and so may be in a read-only database.
	if missing, err := missingMigrations(ctx, db, all); errors.Is(err, ErrNewer) || err == nil && len(missing) == 0 {
		return nil, err
	}
	// At a stricter isolation a transaction that waited for the lock would not see what
	// was applied meanwhile.
	tx, err := db.BeginTx(ctx, readCommitted)
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
	missing, err := missingMigrations(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	var applied []string
	for _, m := range missing {
		if _, err := tx.ExecContext(ctx, m.SQL); err != nil {
			return nil, fmt.Errorf("apply migration %s: %w", m.Name, err)
		}
		if _, err := tx.ExecContext(ctx, insertMigration, m.Version, m.Name); err != nil {
			return nil, fmt.Errorf("note migration %s: %w", m.Name, err)
		}
		applied = append(applied, m.Name)
	}
	if err := tx.Commit(); err != nil {
		return nil, fmt.Errorf("commit migrations: %w", err)
	}
	return applied, nil
}

// CheckSchema returns nil when the database has seen exactly these migrations, and
// ErrOlder or ErrNewer when it has not. It changes nothing. noTable says whether
// an error of the database means that a table does not exist, as in one that was
// never migrated.
func CheckSchema(ctx context.Context, db *sql.DB, all []Migration, noTable func(error) bool) error {
	missing, err := missingMigrations(ctx, db, all)
	if err != nil && noTable(err) || err == nil && len(missing) > 0 {
		return ErrOlder
	}
	return err
}

// missingMigrations compares all with what the database has seen. Having
// seen one that is not among them makes it newer than the program.
func missingMigrations(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, all []Migration,
) ([]Migration, error) {
	rows, err := db.QueryContext(ctx, selectVersions)
	if err != nil {
		return nil, fmt.Errorf("read the schema version: %w", err)
	}
	defer rows.Close()
	seen := map[int]bool{}
	for rows.Next() {
		var version int
		if err := rows.Scan(&version); err != nil {
			return nil, fmt.Errorf("read the schema version: %w", err)
		}
		seen[version] = true
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the schema version: %w", err)
	}
	var missing []Migration
	for _, m := range all {
		if !seen[m.Version] {
			missing = append(missing, m)
		}
		delete(seen, m.Version)
	}
	if len(seen) > 0 {
		return nil, ErrNewer
	}
	return missing, nil
}
