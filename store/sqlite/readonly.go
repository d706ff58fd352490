package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"gatehouse/store"
)

// ReadOnly is a file that is looked at alone. Whatever would write to it fails.
type ReadOnly struct {
	store.Database
	pool *sql.DB
}

// OpenReadOnly opens the file at path and changes nothing: it makes no file either, not even a log. A
// file that nobody has open is read as it lies there, and must stay so.
func OpenReadOnly(ctx context.Context, path string) (*ReadOnly, error) {
	how := "mode=ro&_query_only=on&_busy_timeout=5000"
	if isMissing(path+"-wal") && isMissing(path+"-journal") {
		how += "&immutable=1" // or SQLite would make a log to read by
	}
	pool, err := openOnly(path, how)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(4)
	db := &ReadOnly{pool: pool}
	db.Read, db.Write, db.Probe, db.LockWait = pool, pool, pool, lockWait
	db.ReadContext = func(ctx context.Context) context.Context { return ctx }
	db.Conflict, db.Trouble, db.Retryable, db.SkipIDs = conflict, trouble, isLocked, skipIDs
	db.InPlace = func() error { return nil }
	var version int
	if err := pool.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&version); err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, err), pool.Close())
	}
	return db, nil
}

// CheckSchema returns an error when the schema is not that of this version, with the migrations of
// products.
func (db *ReadOnly) CheckSchema(ctx context.Context, products ...fs.FS) error {
	all, err := store.Migrations("sqlite", products...)
	if err != nil {
		return err
	}
	return store.CheckSchema(ctx, db.Read, all, noTable)
}

// Accounts is what the store works on.
func (db *ReadOnly) Accounts() store.Database { return db.Database }

// QuickCheck reads all of the file, and says what is damaged in it; empty is nothing.
func (db *ReadOnly) QuickCheck(ctx context.Context) (damage string, err error) {
	if err := db.Read.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&damage); err != nil {
		return "", fmt.Errorf("check the database: %w", err)
	}
	if damage == "ok" {
		return "", nil
	}
	return damage, nil
}

// Close closes the file.
func (db *ReadOnly) Close() error { return db.pool.Close() }

func isMissing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}
