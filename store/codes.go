package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/secret"
)

// RecoveryCodes is how many recovery codes a set has.
const RecoveryCodes = 10

const (
	insertRecoveryCode = `INSERT INTO recovery_codes (user_id, hash, created_at) VALUES ($1, $2, $3)`
	deleteCodes        = `DELETE FROM recovery_codes WHERE user_id = $1`

	selectRecoveryCodes = `SELECT created_at, used_at FROM recovery_codes WHERE user_id = $1`
	selectCodesAt       = `SELECT created_at FROM recovery_codes WHERE user_id = $1 LIMIT 1`

	updateEpoch = `UPDATE users SET epoch = epoch + 1 WHERE id = $1 AND epoch = $2 AND second_at IS NOT NULL`
)

// RecoveryCode is a recovery code as its owner sees it afterwards. The code itself is shown
// once and never again.
type RecoveryCode struct{ CreatedAt, UsedAt time.Time }

// ErrCodesShown says that the set which new codes were to replace is gone already: the same
// form was sent twice.
var ErrCodesShown = errors.New("those recovery codes were shown once")

// NewCodes replaces the recovery codes that were made at a time, and returns the sign-in
// under its new id. ErrSignInEnded says that the sign-in has ended or the account has
// changed.
func (s *Store) NewCodes(ctx context.Context, n SignIn, user User, made time.Time, from Origin) (renewed SignIn, codes []string, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		changed, err := tx.changed(ctx, updateEpoch, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("make recovery codes: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		var at time.Time
		err = tx.QueryRowContext(ctx, selectCodesAt, user.ID).Scan(UTC{&at})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("look for recovery codes: %w", err)
		}
		if !at.Equal(made) {
			return ErrCodesShown
		}
		if codes, err = tx.makeCodes(ctx, user, at); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.notify(ctx, LetterCodesMade, user, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventCodesMade, "", from)
	})
	if err != nil {
		return n, nil, err
	}
	return renewed, codes, nil
}

// makeCodes replaces the recovery codes of a person, which were made at a time. Only digests
// of them are stored.
func (tx *Tx) makeCodes(ctx context.Context, user User, before time.Time) ([]string, error) {
	if _, err := tx.ExecContext(ctx, deleteCodes, user.ID); err != nil {
		return nil, fmt.Errorf("make recovery codes: %w", err)
	}
	now := tx.store.Now()
	if !now.After(before) { // or the two sets could not be told apart
		now = before.Add(time.Microsecond)
	}
	codes := make([]string, RecoveryCodes)
	for i := range codes {
		codes[i] = secret.NewRecoveryCode()
		if _, err := tx.ExecContext(ctx, insertRecoveryCode, user.ID, secret.Digest(codes[i]), now); err != nil {
			return nil, fmt.Errorf("make recovery codes: %w", err)
		}
	}
	return codes, nil
}

func (tx *Tx) codesLeft(ctx context.Context, user User) (left int, err error) {
	if err := tx.QueryRowContext(ctx, countRecoveryCodes, user.ID).Scan(&left); err != nil {
		return 0, fmt.Errorf("count recovery codes: %w", err)
	}
	return left, nil
}

func (s *Store) matchRecoveryCode(ctx context.Context, user User, text string) (code, error) {
	var one int
	hash := secret.Digest(text)
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectRecoveryCode, user.ID, hash).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return code{}, errNoMatch
	}
	if err != nil {
		return code{}, fmt.Errorf("look for a recovery code: %w", err)
	}
	return code{kind: KindRecovery, hash: hash}, nil
}

// usedRecoveryCode does what follows the use of a recovery code. Whoever has one may have
// lost a phone, or found a list: no browser is trusted any more, and the person is told.
func (tx *Tx) usedRecoveryCode(ctx context.Context, user User, from Origin) error {
	if err := tx.endTrust(ctx, user); err != nil {
		return err
	}
	left, err := tx.codesLeft(ctx, user)
	if err != nil {
		return err
	}
	data := letterFor(user.Email, user, from)
	data.Left = left
	if err := tx.notifyIn(ctx, LetterCodeUsed, user, data); err != nil {
		return err
	}
	return tx.Record(ctx, user.ID, EventCodeUsed, "", from)
}

func (s *Store) recoveryCodes(ctx context.Context, user User) ([]RecoveryCode, error) {
	return All(ctx, s, selectRecoveryCodes, []any{user.ID}, func(c *RecoveryCode) []any {
		return []any{UTC{&c.CreatedAt}, UTC{&c.UsedAt}}
	})
}
