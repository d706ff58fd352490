package postgres

import (
	"context"
	"fmt"

	"github.com/alexedwards/scs/pgxstore"

	"gatehouse/store"
)

// sessions is the session store of scs, on the shared pool.
type sessions struct {
	*pgxstore.PostgresStore
	db *DB
}

const pruneSessions = `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expiry <= now() ORDER BY expiry LIMIT $1)`

// Sessions makes the session store of a migrated database. Nothing runs in the
// background: Prune is for the caller to schedule.
func (db *DB) Sessions(context.Context) (store.Sessions, error) {
	return &sessions{pgxstore.NewWithCleanupInterval(db.pool, 0), db}, nil
}

// Prune deletes up to limit expired sessions, and says how many.
func (s *sessions) Prune(ctx context.Context, limit int) (int64, error) {
	result, err := s.db.Write.ExecContext(ctx, pruneSessions, limit)
	if err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	return result.RowsAffected()
}
