package storetest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/mattn/go-sqlite3"
)

// Watch sees every statement that reaches a database, each time it runs.
// Beginning and ending a transaction are none.
type Watch struct {
	mu   sync.Mutex
	seen []string
	name string // of the driver on SQLite, once there is one
}

// Take returns the statements since it was last called, in the order in which
// they ran.
func (w *Watch) Take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := w.seen
	w.seen = nil
	return seen
}

func (w *Watch) see(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, text)
}

// TraceQueryStart implements pgx.QueryTracer, for PostgreSQL.
func (w *Watch) TraceQueryStart(ctx context.Context, _ *pgx.Conn, query pgx.TraceQueryStartData) context.Context {
	if verb, _, _ := strings.Cut(query.SQL, " "); !slices.Contains([]string{"begin", "commit", "rollback"}, verb) {
		w.see(query.SQL)
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (w *Watch) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// driver registers a driver for SQLite that is watched, and returns its name.
func (w *Watch) driver() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.name == "" {
		w.name = fmt.Sprintf("sqlite3 watched %d", made.Add(1))
		sql.Register(w.name, &watchedDriver{w: w})
	}
	return w.name
}

// watchedDriver, and what it opens, are mattn's: only what runs statements is
// overridden. A transaction begins and ends by other ways.
type watchedDriver struct {
	sqlite3.SQLiteDriver
	w *Watch
}

func (d *watchedDriver) Open(name string) (driver.Conn, error) {
	conn, err := d.SQLiteDriver.Open(name)
	if err != nil {
		return nil, err
	}
	return &watchedConn{conn.(*sqlite3.SQLiteConn), d.w}, nil
}

type watchedConn struct {
	*sqlite3.SQLiteConn
	w *Watch
}

func (c *watchedConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	c.w.see(text)
	return c.SQLiteConn.QueryContext(ctx, text, args)
}

func (c *watchedConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	c.w.see(text)
	return c.SQLiteConn.ExecContext(ctx, text, args)
}

func (c *watchedConn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	stmt, err := c.SQLiteConn.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	return &watchedStmt{stmt.(*sqlite3.SQLiteStmt), c.w, text}, nil
}

type watchedStmt struct {
	*sqlite3.SQLiteStmt
	w    *Watch
	text string
}

func (s *watchedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.w.see(s.text)
	return s.SQLiteStmt.QueryContext(ctx, args)
}

func (s *watchedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.w.see(s.text)
	return s.SQLiteStmt.ExecContext(ctx, args)
}
