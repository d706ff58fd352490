package store

import (
	"context"
	"database/sql"
)

// tries is how often something is done in all while other transactions are in
// its way.
const tries = 3

// Retry does something that is undone as a whole when it fails, and does it
// again where another transaction was in its way. What may have been committed
// must not be in it.
func (db Database) Retry(ctx context.Context, do func() error) error {
	for n := 1; ; n++ {
		err := do()
		if err == nil || n == tries || ctx.Err() != nil || !db.Beaten(err) {
			return err
		}
	}
}

// Exec runs one statement that is a transaction of its own, and says how many
// rows it changed.
func (db Database) Exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	return db.exec(ctx, db.Write, text, args...)
}

func (db Database) exec(ctx context.Context, pool *sql.DB, text string, args ...any) (changed int64, err error) {
	if err := db.Kept(); err != nil {
		return 0, err
	}
	err = db.Retry(ctx, func() error {
		result, err := pool.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		changed, err = result.RowsAffected()
		return err
	})
	if err != nil {
		return 0, err
	}
	return changed, db.Kept()
}
