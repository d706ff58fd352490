package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	deleteSetups = `DELETE FROM tokens WHERE handle = 'setup' AND handle <> '' AND purpose = 'setup'`

	insertSetup = `INSERT INTO tokens (hash, purpose, handle, email, email_key, epoch, created_at, expires_at) VALUES ($1, $2, 'setup', '', '', 0, $3, $4)`
)

// ErrHasAdmin says that the site has an administrator, so that nobody becomes the first.
var ErrHasAdmin = rules.Refuse("", "There is an administrator already.")

// HasAdmin says whether there is an administrator who can sign in.
func (s *Store) HasAdmin(ctx context.Context) (bool, error) {
	var one int
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectOtherAdmin, 0).Scan(&one)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for an administrator: %w", err)
	}
	return err == nil, nil
}

// noAdmin refuses where there is an administrator. It is asked once deeds wait for each other.
func (tx *Tx) noAdmin(ctx context.Context) error {
	var one int
	err := tx.QueryRowContext(ctx, selectOtherAdmin, 0).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for an administrator: %w", err)
	}
	return ErrHasAdmin
}

// SetupToken makes the token of a link with which somebody becomes the first administrator, for the
// operator. It is refused with ErrHasAdmin.
func (s *Store) SetupToken(ctx context.Context, from Origin) (token string, err error) {
	if !from.Operator {
		return "", ErrForbidden
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		if err := tx.noAdmin(ctx); err != nil {
			return err
		}
		token = secret.NewToken()
		now := s.Now()
		if _, err := tx.ExecContext(ctx, insertSetup, secret.Digest(token), PurposeSetup, now, now.Add(SetupValid)); err != nil {
			return fmt.Errorf("make a setup link: %w", err)
		}
		return tx.audit(ctx, from, EventInvited, 0, PurposeSetup, "")
	})
	return token, err
}

// Setup makes the account of the first administrator for whoever holds the token of a setup link. Of
// any number at once one succeeds. A token that does not work, as when there is an administrator,
// gives ErrInvalidLink; after a refusal it still works.
func (s *Store) Setup(ctx context.Context, token string, r Registration, from Origin) (User, error) {
	if _, err := s.Token(ctx, token, PurposeSetup); err != nil {
		return User{}, err
	}
	if has, err := s.HasAdmin(ctx); err != nil {
		return User{}, err
	} else if has {
		return User{}, ErrInvalidLink
	}
	first := func(tx *Tx) error {
		if err := tx.serialize(ctx); err != nil {
			return err
		}
		if err := tx.noAdmin(ctx); err != nil {
			return voidFor(err)
		}
		if err := tx.redeem(ctx, token, User{}); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteSetups); err != nil {
			return fmt.Errorf("use a setup link: %w", err)
		}
		return nil
	}
	audit := func(tx *Tx, user User) error {
		return tx.audit(ctx, Origin{Operator: true}, EventRegistered, user.ID, PurposeSetup+" "+RoleAdmin, "")
	}
	return s.register(ctx, r, from, grant{role: RoleAdmin, redeem: first, audit: audit})
}
