// Package postgres is the PostgreSQL dialect of the store: opening, migrations,
// the session store and the translation of driver errors.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"gatehouse/store"
)

// IsURL says whether a place names a PostgreSQL database rather than a file.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

// lock makes copies that start at once migrate one after another. It lasts as long as
// the transaction; the number means nothing. A migration may take longer than a page.
const lock = `SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7283190354411)`

// closeWait is how long Close waits for connections on which the server does not answer.
const closeWait = 2 * time.Second

// DB is one PostgreSQL database and the pool that everything on it shares.
type DB struct {
	store.Database
	pool atomic.Pointer[pgxpool.Pool]
	// unprepared says that new connections prepare no statements.
	unprepared atomic.Bool
	idleAfter  time.Duration
}

// Open connects to a postgres:// URL and asks the database for an answer. Any
// number of copies of the program may do so at once.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenWith(ctx, url, nil)
}

// OpenWith is Open with a tracer that sees every statement; nil is none.
func OpenWith(ctx context.Context, url string, tracer pgx.QueryTracer) (*DB, error) {
	config, err := configure(url)
	if err != nil {
		return nil, err
	}
	config.ConnConfig.Tracer = tracer
	db, err := connect(ctx, config)
	if refusesParameters(err) && suitPooler(config, url) {
		db, err = connect(ctx, config)
	}
	if err != nil {
		return nil, unreachable(config.ConnConfig, err)
	}
	return db, nil
}

// connect makes the pool and its first connection.
func connect(ctx context.Context, config *pgxpool.Config) (*DB, error) {
	db, config := &DB{idleAfter: idleAfter}, config.Copy()
	db.watch(config)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	db.pool.Store(pool)
	db.Write = stdlib.OpenDBFromPool(pool)
	db.Read, db.Probe = db.Write, db.Write
	db.Pools = []store.Pool{{Name: "shared", Stats: db.stats}}
	// pgx prepares statements by itself, for each connection.
	db.Prepare = false
	db.ReadContext = func(ctx context.Context) context.Context { return ctx }
	db.Conflict, db.Retryable, db.Trouble, db.SkipIDs = conflict, retryable, trouble, skipIDs
	db.InPlace = func() error { return nil } // what is acknowledged is the server's to keep
	if err := db.Write.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Migrate brings the schema up to this version, with the migrations of products, and
// returns what it applied.
func (db *DB) Migrate(ctx context.Context, products ...fs.FS) ([]string, error) {
	all, err := store.Migrations("postgres", products...)
	if err != nil {
		return nil, err
	}
	return store.Migrate(ctx, db.Write, all, lock)
}

// CheckSchema returns an error when the schema is not that of this version, with the
// migrations of products.
func (db *DB) CheckSchema(ctx context.Context, products ...fs.FS) error {
	all, err := store.Migrations("postgres", products...)
	if err != nil {
		return err
	}
	return store.CheckSchema(ctx, db.Read, all, noTable)
}

// Accounts is what the store works on.
func (db *DB) Accounts() store.Database { return db.Database }

// stats are those of pgx's pool: database/sql above it has no limit of its own and
// never waits.
func (db *DB) stats() sql.DBStats {
	stats := db.pool.Load().Stat()
	return sql.DBStats{
		MaxOpenConnections: int(stats.MaxConns()),
		OpenConnections:    int(stats.TotalConns()),
		InUse:              int(stats.AcquiredConns()),
		Idle:               int(stats.IdleConns()),
		WaitCount:          stats.EmptyAcquireCount() + stats.CanceledAcquireCount(),
		WaitDuration:       stats.EmptyAcquireWaitTime(),
	}
}

// Close closes the pool. It does not wait long for connections on which the
// database has stopped answering.
func (db *DB) Close() error {
	err := db.Write.Close()
	closed := make(chan struct{})
	go func() { defer close(closed); db.pool.Load().Close() }()
	select {
	case <-closed:
	case <-time.After(closeWait):
	}
	return err
}
