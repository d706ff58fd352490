package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/alexedwards/scs/sqlite3store"

	"gatehouse/store"
)

// sessions is the session store of scs: it writes on the writing connection
// and reads, with a prepared statement, on the reading ones.
type sessions struct {
	*sqlite3store.SQLite3Store
	store.SessionWriter
	db   *DB
	find *sql.Stmt
}

const (
	commitSession = `REPLACE INTO sessions (token, data, expiry) VALUES ($1, $2, julianday($3))`
	deleteSession = `DELETE FROM sessions WHERE token = $1`
	findSession   = `SELECT data FROM sessions WHERE token = $1 AND expiry > julianday('now')`
	pruneSessions = `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expiry <= julianday('now') ORDER BY expiry LIMIT $1)`
)

// Sessions prepares the session store on a migrated database. Nothing runs in
// the background: Prune is for the caller to schedule.
func (db *DB) Sessions(ctx context.Context) (store.Sessions, error) {
	find, err := db.Read.PrepareContext(ctx, findSession)
	if err != nil {
		return nil, fmt.Errorf("prepare sessions: %w", err)
	}
	return &sessions{
		sqlite3store.NewWithCleanupInterval(db.Write, 0),
		store.NewSessionWriter(db.Database, commitSession, deleteSession, pruneSessions),
		db, find,
	}, nil
}

// Find returns the data of a live session, as scs asks.
func (s *sessions) Find(token string) ([]byte, bool, error) {
	if err := s.db.file.usable(); err != nil {
		return nil, false, err
	}
	var data []byte
	err := s.find.QueryRow(token).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, err
}

// FindCtx is Find: on SQLite readers do not wait for the writer.
func (s *sessions) FindCtx(_ context.Context, token string) ([]byte, bool, error) {
	return s.Find(token)
}

// Commit writes a session.
func (s *sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete deletes a session.
func (s *sessions) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
