package store

import (
	"context"
	"fmt"
	"time"

	"gatehouse/store/secret"
)

const insertReach = `INSERT INTO tokens (hash, purpose, email, email_key, epoch, created_at, expires_at) VALUES ($1, $2, '', '', 0, $3, $4)`

// PurposeReach is a token by which the operator finds out whether the address of the site leads here. It
// works once, for ReachValid.
const (
	PurposeReach = "reach"
	ReachValid   = time.Minute
)

// ReachToken makes such a token, for the operator.
func (s *Store) ReachToken(ctx context.Context, from Origin) (token string, err error) {
	if !from.Operator {
		return "", ErrForbidden
	}
	now := s.Now()
	token = secret.NewToken()
	if _, err := s.db.Exec(ctx, insertReach, secret.Digest(token), PurposeReach, now, now.Add(ReachValid)); err != nil {
		return "", fmt.Errorf("make a token: %w", err)
	}
	return token, nil
}

// Reached uses a token of ReachToken, or returns ErrInvalidLink.
func (s *Store) Reached(ctx context.Context, token string) error {
	if _, err := s.Token(ctx, token, PurposeReach); err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error { return tx.redeem(ctx, token, User{}) })
}
