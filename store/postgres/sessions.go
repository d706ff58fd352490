package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/pgxstore"
	"github.com/jackc/pgx/v5"

	"gatehouse/store"
)

// sessions is the session store of scs, on the shared pool.
type sessions struct {
	*pgxstore.PostgresStore
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
	return &sessions{pgxstore.NewWithCleanupInterval(db.pool.Load(), 0), db}, nil
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

// CommitCtx writes a session within the time that ctx allows.
func (s *sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := s.db.Exec(ctx, commitSession, token, data, expiry)
	return err
}

// DeleteCtx deletes a session within the time that ctx allows.
func (s *sessions) DeleteCtx(ctx context.Context, token string) error {
	_, err := s.db.Exec(ctx, deleteSession, token)
	return err
}

// Prune deletes up to limit expired sessions, and says how many.
func (s *sessions) Prune(ctx context.Context, limit int) (int64, error) {
	n, err := s.db.Exec(ctx, pruneSessions, limit)
	if err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	return n, nil
}
