package store

import (
	"context"
	"fmt"
	"time"
)

// Sessions is where scs stores its sessions: its interfaces Store and CtxStore. To
// methods that end in Ctx scs passes the context of the request, whose deadline then
// applies to the database as well. Prune deletes up to limit expired sessions and says
// how many.
type Sessions interface {
	Find(token string) (data []byte, found bool, err error)
	Commit(token string, data []byte, expiry time.Time) error
	Delete(token string) error
	FindCtx(ctx context.Context, token string) (data []byte, found bool, err error)
	CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error
	DeleteCtx(ctx context.Context, token string) error
	Prune(ctx context.Context, limit int) (int64, error)
}

// SessionWriter is what both dialects share of Sessions: all that changes them.
type SessionWriter struct {
	db                    Database
	commit, remove, prune string
}

// NewSessionWriter takes statements in the words of a dialect. The parameters of
// commit are a token, data and the time when the session expires, that of remove is a
// token, and that of prune a limit.
func NewSessionWriter(db Database, commit, remove, prune string) SessionWriter {
	return SessionWriter{db, commit, remove, prune}
}

// CommitCtx writes a session within the time that ctx allows.
func (w SessionWriter) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	_, err := w.db.Exec(ctx, w.commit, token, data, expiry.UTC())
	return err
}

// DeleteCtx deletes a session within the time that ctx allows.
func (w SessionWriter) DeleteCtx(ctx context.Context, token string) error {
	_, err := w.db.Exec(ctx, w.remove, token)
	return err
}

// Prune deletes up to limit expired sessions, and says how many.
func (w SessionWriter) Prune(ctx context.Context, limit int) (int64, error) {
	n, err := w.db.Exec(ctx, w.prune, limit)
	if err != nil {
		return 0, fmt.Errorf("prune sessions: %w", err)
	}
	return n, nil
}
