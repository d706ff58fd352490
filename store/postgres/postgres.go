// Package postgres is the PostgreSQL dialect of the store: opening, migrations,
// the session store and the translation of driver errors.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"gatehouse/store"
)

// IsURL says whether a place names a PostgreSQL database rather than a file.
func IsURL(place string) bool {
	return strings.HasPrefix(place, "postgres://") || strings.HasPrefix(place, "postgresql://")
}

//go:embed migrations/*.sql
var embedded embed.FS

// migrations are the embedded files, without their folder.
var migrations, _ = fs.Sub(embedded, "migrations")

// lock makes the copies that start at once migrate one after another. It lasts
// as long as the transaction; the number is ours and means nothing.
// What migrates may take longer than a page may.
const lock = `SET LOCAL statement_timeout = 0; SELECT pg_advisory_xact_lock(7283190354411)`

// Limits that a connection string may override, as connect_timeout,
// statement_timeout and pool_max_conns.
const (
	connectTimeout   = 5 * time.Second
	statementTimeout = "5000" // milliseconds
	closeWait        = 2 * time.Second
)

// DB is one PostgreSQL database and the pool that everything on it shares.
type DB struct {
	store.Database
	pool *pgxpool.Pool
}

// Open connects to a postgres:// URL and asks the database for an answer. Any
// number of copies of the program may do so at once.
func Open(ctx context.Context, url string) (*DB, error) {
	return OpenWith(ctx, url, nil)
}

// OpenWith is Open with a tracer that sees every statement; nil is none.
func OpenWith(ctx context.Context, url string, tracer pgx.QueryTracer) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		// The error of the parser repeats the URL, which may hold a password.
		return nil, errors.New("the database URL cannot be read; it must be like postgres://user:password@host:5432/name")
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	if _, set := config.ConnConfig.RuntimeParams["statement_timeout"]; !set {
		config.ConnConfig.RuntimeParams["statement_timeout"] = statementTimeout
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = int32(max(8, 4*runtime.NumCPU()))
	}
	config.ConnConfig.Tracer = tracer
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := &DB{pool: pool}
	db.Write = stdlib.OpenDBFromPool(pool)
	db.Read = db.Write
	db.Pools = []store.Pool{{Name: "shared", Stats: db.stats}}
	// pgx prepares what it has not seen and keeps it with the connection.
	db.Prepare = false
	db.ReadContext = func(ctx context.Context) context.Context { return ctx }
	db.Conflict, db.Lost = conflict, lost
	if err := db.Write.PingContext(ctx); err != nil {
		return nil, errors.Join(unreachable(config.ConnConfig, err), db.Close())
	}
	return db, nil
}

// unreachable puts what pgx says, a line for every address that it tried, into
// one sentence.
func unreachable(config *pgx.ConnConfig, err error) error {
	cause := strings.TrimSpace(err.Error())
	if last := strings.LastIndex(cause, ": "); last >= 0 {
		cause = cause[last+2:]
	}
	return fmt.Errorf("open the database %s at %s: %s", config.Database, config.Host, cause)
}

// Migrate brings the schema up to this version and returns what it applied.
func (db *DB) Migrate(ctx context.Context) ([]string, error) {
	return store.Migrate(ctx, db.Write, migrations, lock)
}

// CheckSchema returns an error when the schema is not that of this version.
func (db *DB) CheckSchema(ctx context.Context) error {
	return store.CheckSchema(ctx, db.Read, migrations, noTable)
}

// Accounts is what the store works on.
func (db *DB) Accounts() store.Database { return db.Database }

// stats are those of the pool underneath: database/sql has no limit of its own
// and never waits.
func (db *DB) stats() sql.DBStats {
	stats := db.pool.Stat()
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
	go func() { defer close(closed); db.pool.Close() }()
	select {
	case <-closed:
	case <-time.After(closeWait):
	}
	return err
}

// SQLSTATEs, as in Appendix A of the manual of PostgreSQL.
const (
	uniqueViolation = "23505"
	undefinedTable  = "42P01"
)

// conflict reads the name of a violated unique constraint.
func conflict(err error) string {
	var failed *pgconn.PgError
	if errors.As(err, &failed) && failed.Code == uniqueViolation {
		return failed.ConstraintName
	}
	return ""
}

// noTable says whether err means that a table does not exist.
func noTable(err error) bool {
	var failed *pgconn.PgError
	return errors.As(err, &failed) && failed.Code == undefinedTable
}

// lost says whether err means that the database cannot be reached or takes no
// work for now: no connection, or one that it ends itself.
func lost(err error) bool {
	var failed *pgconn.PgError
	if errors.As(err, &failed) {
		// Classes of the SQLSTATE: connection exception, insufficient
		// resources, operator intervention, system error.
		switch failed.Code[:2] {
		case "08", "53", "57", "58":
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF")
}
