package storetest

import (
	"context"
	"io/fs"
	"path/filepath"
	"testing"

	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/sqlite"
)

// DB is what both dialects open.
type DB interface {
	Accounts() store.Database
	Sessions(ctx context.Context) (store.Sessions, error)
	Migrate(ctx context.Context, products ...fs.FS) ([]string, error)
	CheckSchema(ctx context.Context, products ...fs.FS) error
	Close() error
}

// Database is one kind of database that tests run on.
type Database struct {
	// Name is what subtests are called.
	Name string
	// New makes an empty place for one test and returns what names it.
	New   func(t testing.TB) string
	open  func(ctx context.Context, name string, w *Watch) (DB, error)
	watch *Watch
}

// SQLite and PostgreSQL are the databases, and Databases both of them.
var (
	SQLite = Database{
		"sqlite",
		func(t testing.TB) string { return filepath.Join(t.TempDir(), "gatehouse.db") },
		func(ctx context.Context, name string, w *Watch) (DB, error) {
			if w == nil {
				return sqlite.Open(ctx, name)
			}
			return sqlite.OpenWith(ctx, name, w.driver())
		},
		nil,
	}
	PostgreSQL = Database{
		"postgres",
		func(t testing.TB) string { return Postgres(t).NewDatabase(t) },
		func(ctx context.Context, name string, w *Watch) (DB, error) {
			if w == nil {
				return postgres.Open(ctx, name)
			}
			return postgres.OpenWith(ctx, name, w)
		},
		nil,
	}
	Databases = []Database{SQLite, PostgreSQL}
)

// Watched is the same kind of database, all statements of which w sees.
func (d Database) Watched(w *Watch) Database {
	d.watch = w
	return d
}

// Open opens what New named, once more each time.
func (d Database) Open(t testing.TB, name string) DB {
	t.Helper()
	db, err := d.open(context.Background(), name, d.watch)
	if err != nil {
		t.Fatalf("open the database: %v", err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Migrated opens an empty database with today's schema.
func (d Database) Migrated(t testing.TB) DB {
	t.Helper()
	db := d.Open(t, d.New(t))
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}
