package storetest

import (
	"context"
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
	Migrate(ctx context.Context) ([]string, error)
	CheckSchema(ctx context.Context) error
	Close() error
}

// Database is one kind of database that tests run on.
type Database struct {
	// Name is what subtests are called.
	Name string
	// New makes an empty place for one test and returns what names it.
	New func(t testing.TB) string
	// Open opens what New named, once more each time.
	Open func(t testing.TB, name string) DB
}

// SQLite and PostgreSQL are the databases, and Databases both of them.
var (
	SQLite = Database{
		"sqlite",
		func(t testing.TB) string { return filepath.Join(t.TempDir(), "gatehouse.db") },
		func(t testing.TB, name string) DB {
			return opened[*sqlite.DB](t)(sqlite.Open(context.Background(), name))
		},
	}
	PostgreSQL = Database{
		"postgres",
		func(t testing.TB) string { return Postgres(t).NewDatabase(t) },
		func(t testing.TB, name string) DB {
			return opened[*postgres.DB](t)(postgres.Open(context.Background(), name))
		},
	}
	Databases = []Database{SQLite, PostgreSQL}
)

// Migrated opens an empty database with today's schema.
func (d Database) Migrated(t testing.TB) DB {
	t.Helper()
	db := d.Open(t, d.New(t))
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

func opened[T DB](t testing.TB) func(db T, err error) DB {
	return func(db T, err error) DB {
		t.Helper()
		if err != nil {
			t.Fatalf("open the database: %v", err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
}
