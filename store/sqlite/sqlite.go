// Package sqlite is the SQLite dialect of the store: opening, migrations, the
// session store and the translation of driver errors.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"strings"

	"github.com/mattn/go-sqlite3"

	"gatehouse/store"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the embedded files, without their folder.
var migrations, _ = fs.Sub(embedded, "migrations")

// DB is one SQLite file, opened with one writing connection and a pool of
// reading ones.
type DB struct {
	store.Database
}

// Open opens or makes the file at path, readable by its owner alone. The
// journal is a write-ahead log and every commit reaches the disk before it is
// acknowledged (synchronous=FULL).
func Open(ctx context.Context, path string) (*DB, error) {
	return OpenWith(ctx, path, "sqlite3")
}

// OpenWith is Open with another driver that is registered with database/sql,
// such as one that wraps mattn's to see what it is asked.
func OpenWith(ctx context.Context, path, driver string) (*DB, error) {
	// SQLite gives its journal files the mode of the database file.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	name := "file:" + (&url.URL{Path: path}).EscapedPath() +
		"?_busy_timeout=5000&_journal_mode=WAL&_foreign_keys=on&_synchronous=FULL"
	db := &DB{}
	// With a context that can be cancelled mattn starts a goroutine per query.
	db.ReadContext, db.Prepare = context.WithoutCancel, true
	db.Conflict, db.Lost = conflict, lost
	if db.Write, err = sql.Open(driver, name+"&_txlock=immediate"); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db.Write.SetMaxOpenConns(1)
	if err := db.Write.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), db.Write.Close())
	}
	if db.Read, err = sql.Open(driver, name+"&_query_only=on"); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), db.Write.Close())
	}
	readers := max(4, 2*runtime.NumCPU())
	db.Read.SetMaxOpenConns(readers)
	db.Read.SetMaxIdleConns(readers)
	db.Pools = []store.Pool{{Name: "read", Stats: db.Read.Stats}, {Name: "write", Stats: db.Write.Stats}}
	return db, nil
}

// Migrate brings the schema up to this version and returns what it applied.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	return store.Migrate(ctx, db.Write, migrations, "")
}

// CheckSchema returns an error when the schema is not that of this version.
func (db *DB) CheckSchema(ctx context.Context) error {
	return store.CheckSchema(ctx, db.Read, migrations, noTable)
}

// Accounts is what the store works on.
func (db *DB) Accounts() store.Database { return db.Database }

// Close closes both pools.
func (db *DB) Close() error { return errors.Join(db.Read.Close(), db.Write.Close()) }

// conflict reads SQLite's own words, as in "UNIQUE constraint failed:
// users.username".
func conflict(err error) string {
	var failed sqlite3.Error
	if !errors.As(err, &failed) || failed.ExtendedCode != sqlite3.ErrConstraintUnique && failed.ExtendedCode != sqlite3.ErrConstraintPrimaryKey {
		return ""
	}
	_, column, _ := strings.Cut(failed.Error(), "failed: ")
	return column
}

// noTable says whether err means that a table does not exist, for which SQLite has
// words but no code.
func noTable(err error) bool { return strings.Contains(err.Error(), "no such table") }

// lost says whether err is trouble with the file rather than with the query:
// held by somebody else, not writable, full, unreadable.
func lost(err error) bool {
	var failed sqlite3.Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked, sqlite3.ErrReadonly, sqlite3.ErrFull, sqlite3.ErrIoErr, sqlite3.ErrCantOpen, sqlite3.ErrPerm:
		return true
	}
	return false
}
