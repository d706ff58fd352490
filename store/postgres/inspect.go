package postgres

import (
	"context"
	"fmt"
	"time"
)

const inspect = `SELECT current_setting('server_encoding'), current_setting('transaction_read_only') = 'on' OR pg_is_in_recovery(),
	current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer`

const countMigrations = `SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'migrations'`

const selectTime = `SELECT clock_timestamp()`

// Inspection is what a database says of itself.
type Inspection struct {
	// Encoding should be UTF8.
	Encoding string
	// ReadOnly says that nothing can be written, as on a standby.
	ReadOnly bool
	// Room is how many connections the server takes in all, and Pool how many a copy of the program
	// may open.
	Room, Pool int
}

// Inspect asks the database for what whoever runs it should know.
func (db *DB) Inspect(ctx context.Context) (Inspection, error) {
	i := Inspection{Pool: db.stats().MaxOpenConnections}
	if err := db.Read.QueryRowContext(ctx, inspect).Scan(&i.Encoding, &i.ReadOnly, &i.Room); err != nil {
		return i, fmt.Errorf("inspect the database: %w", err)
	}
	return i, nil
}

// Time is what the clock of the database says.
func (db *DB) Time(ctx context.Context) (at time.Time, err error) {
	if err := db.Read.QueryRowContext(ctx, selectTime).Scan(&at); err != nil {
		return at, fmt.Errorf("ask the database for its time: %w", err)
	}
	return at, nil
}

// Empty says whether nobody has migrated the database yet.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	var n int
	if err := db.Read.QueryRowContext(ctx, countMigrations).Scan(&n); err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return n == 0, nil
}
