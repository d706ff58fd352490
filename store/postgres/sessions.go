package postgres

import (
	"context"
	"errors"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/jackc/pgx/v5"

	"gatehouse/store"
)

// sessions is the session store of scs, on the shared pool.
type sessions struct {
	*pgxstore.PostgresStore
	store.SessionWriter
	db *DB
}

const (
	findSession   = `SELECT data FROM sessions WHERE token = $1 AND expiry > now()`
	deleteSession = `DELETE FROM sessions WHERE token = $1`
	commitSession = `INSERT INTO sessions (token, data, expiry) VALUES ($1, $2, $3)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expiry = EXCLUDED.expiry`
	pruneSessions = `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expiry <= now() ORDER BY expiry LIMIT $1)`
)

// Sessions makes the session store of a migrated database. Nothing runs in the
// background: Prune is for the caller to schedule.
func (db *DB) Sessions(context.Context) (store.Sessions, error) {
	return &sessions{
		pgxstore.NewWithCleanupInterval(db.pool.Load(), 0),
		store.NewSessionWriter(db.Database, commitSession, deleteSession, pruneSessions),
		db,
	}, nil
}

// FindCtx finds a live session within the time that ctx allows, which the
// methods of pgxstore know nothing of.
func (s *sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	var data []byte
	err := s.db.Retry(ctx, func() error { return s.db.pool.Load().QueryRow(ctx, findSession, token).Scan(&data) })
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}
