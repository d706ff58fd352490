package store

import (
	"context"
	"database/sql"
	"fmt"
)

// statement is one that runs often.
type statement struct {
	pool     *sql.DB
	text     string
	prepared *sql.Stmt // nil where the driver prepares by itself
}

func prepare(ctx context.Context, pool *sql.DB, text string, now bool) (*statement, error) {
	s := &statement{pool: pool, text: text}
	if !now {
		return s, nil
	}
	var err error
	if s.prepared, err = pool.PrepareContext(ctx, text); err != nil {
		return nil, fmt.Errorf("prepare %q: %w", text, err)
	}
	return s, nil
}

func (s *statement) row(ctx context.Context, args ...any) *sql.Row {
	if s.prepared != nil {
		return s.prepared.QueryRowContext(ctx, args...)
	}
	return s.pool.QueryRowContext(ctx, s.text, args...)
}

func (s *statement) rows(ctx context.Context, args ...any) (*sql.Rows, error) {
	if s.prepared != nil {
		return s.prepared.QueryContext(ctx, args...)
	}
	return s.pool.QueryContext(ctx, s.text, args...)
}

func (s *statement) exec(ctx context.Context, args ...any) (sql.Result, error) {
	if s.prepared != nil {
		return s.prepared.ExecContext(ctx, args...)
	}
	return s.pool.ExecContext(ctx, s.text, args...)
}
