package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	selectUndoUntil = `SELECT expires_at FROM tokens
		WHERE user_id = $1 AND purpose = 'factors' AND used_at IS NULL AND expires_at > $2 AND expires_at <= $3`

	deleteFactorTokens = `DELETE FROM tokens WHERE user_id = $1 AND purpose = 'factors'`

	deleteLaterFactorTokens = `DELETE FROM tokens WHERE user_id = $1 AND purpose = 'factors' AND created_at >= $2`

	// Whoever took the account may have changed the password and closed it.
	updateUndone = `UPDATE users SET closed_at = NULL, second_at = NULL, epoch = epoch + 1,
		password_scheme = '', password_hash = '', password_cost = 0
		WHERE id = $1 AND disabled_at IS NULL RETURNING ` + userColumns

	deleteAppSince      = `DELETE FROM totp WHERE user_id = $1 AND created_at >= $2`
	deletePasskeysSince = `DELETE FROM passkeys WHERE user_id = $1 AND created_at >= $2`
	deleteCodesSince    = `DELETE FROM recovery_codes WHERE user_id = $1 AND created_at >= $2`
)

// factorLetter is the kind of the letter about a factor that somebody set up. Whoever takes an account
// over with a stolen password sets one up at once, and its owner is out for good. So the letter
// about the first passkey, and about a second step that is turned on, has a link that undoes it.
// Until then the mailbox was enough to take the account, whatever passkeys it had, so nothing is given
// away.
func factorLetter(kind string, user User) string {
	first := kind == LetterSecondOn || kind == LetterPasskeyAdded && user.Passkeys == 0
	if first && !user.SecondStep() && user.Verified() {
		return LetterFirstFactor
	}
	return kind
}

// notifyFactor writes the letter about a factor.
func (tx *Tx) notifyFactor(ctx context.Context, kind string, user User, data LetterData) error {
	if kind == LetterFirstFactor {
		return tx.sendLinkIn(ctx, kind, user, data)
	}
	return tx.notifyIn(ctx, kind, user, data)
}

// undoUntil is until when the letter about somebody's first factor can undo it.
func (s *Store) undoUntil(ctx context.Context, user User) (until time.Time, err error) {
	now := s.Now()
	list, err := All(ctx, s, selectUndoUntil, []any{user.ID, now, latest(now, UndoValid)}, func(at *time.Time) []any { return []any{UTC{at}} })
	for _, at := range list {
		if at.After(until) {
			until = at
		}
	}
	return until, err
}

// UndoFactors gives an account back to whoever has the letter about its first factor. All factors are
// gone, all sign-ins end, no browser is trusted, the password is void, and a letter lets its owner
// choose a new one, where the address is still that of the account. It returns ErrInvalidLink for a
// token that does not work.
func (s *Store) UndoFactors(ctx context.Context, token string, from Origin) error {
	t, err := s.Token(ctx, token, PurposeFactors)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.redeem(ctx, token, t.User); err != nil {
			return err
		}
		if err := tx.dropFactors(ctx, t.User); err != nil {
			return err
		}
		if _, err := tx.dropPasskeys(ctx, t.User, deletePasskeys, from); err != nil {
			return err
		}
		var user User
		if err := user.scan(tx.QueryRowContext(ctx, updateUndone, t.User.ID)); errors.Is(err, ErrNotFound) {
			return ErrInvalidLink
		} else if err != nil {
			return fmt.Errorf("undo factors: %w", err)
		}
		if err := tx.signOutEverywhere(ctx, user); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteFactorTokens, user.ID); err != nil {
			return fmt.Errorf("undo factors: %w", err)
		}
		if err := tx.forgetFailures(ctx, user.ID); err != nil {
			return err
		}
		if t.sentTo(user) {
			if err := tx.sendLink(ctx, LetterFactorsUndone, user, user.Email, from); err != nil {
				return err
			}
		}
		return tx.Record(ctx, user.ID, EventFactorsUndone, "", from)
	})
}

// dropFactorsSince removes the factors that were set up since a change of address which is undone:
// whoever changed it may have set them up.
func (tx *Tx) dropFactorsSince(ctx context.Context, user User, since time.Time, from Origin) error {
	// Links of since then went to addresses that whoever changed it may have chosen. An earlier one
	// stays with the owner: what it can undo is still there.
	if _, err := tx.ExecContext(ctx, deleteLaterFactorTokens, user.ID, since); err != nil {
		return fmt.Errorf("remove the factors of user %d: %w", user.ID, err)
	}
	var dropped int64
	for _, statement := range []string{deleteAppSince, deletePasskeysSince, deleteCodesSince} {
		n, err := tx.changed(ctx, statement, user.ID, since)
		if err != nil {
			return fmt.Errorf("remove the factors of user %d: %w", user.ID, err)
		}
		dropped += n
	}
	if dropped == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, recountPasskeys, user.ID); err != nil {
		return fmt.Errorf("remove the factors of user %d: %w", user.ID, err)
	}
	return tx.endEmptySecond(ctx, user, from)
}
