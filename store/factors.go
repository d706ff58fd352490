package store

import (
	"context"
	"errors"
	"fmt"
)

const (
	resetSecond = `UPDATE users SET second_at = NULL, epoch = epoch + 1 WHERE id = $1 AND (second_at IS NOT NULL OR passkeys > 0)`

	deleteSealedApp     = `DELETE FROM totp WHERE user_id = $1 AND sealed = $2`
	selectApps          = `SELECT user_id, sealed FROM totp WHERE user_id > $1 ORDER BY user_id LIMIT $2`
	selectPasskeyOwners = `SELECT user_id FROM passkeys WHERE id > $1 ORDER BY id LIMIT $2`

	selectCodeOwners = `SELECT user_id FROM recovery_codes WHERE user_id > $1 ORDER BY user_id LIMIT $2`
)

// ErrOtherSecret says that authenticator apps were sealed with another secret than the
// site has now.
var ErrOtherSecret = errors.New("the authenticator apps in this database were sealed with another --secret")

type sealedApp struct {
	userID int64
	sealed []byte
}

func (a *sealedApp) columns() []any { return []any{&a.userID, &a.sealed} }

// CheckSecret opens one authenticator app, and returns ErrOtherSecret if that fails.
func (s *Store) CheckSecret(ctx context.Context) error {
	apps, err := All(ctx, s, selectApps, []any{0, 1}, (*sealedApp).columns)
	if err != nil {
		return err
	}
	for _, app := range apps {
		if _, err := s.openApp(app.userID, app.sealed); err != nil {
			return ErrOtherSecret
		}
	}
	return nil
}

// AnySecondStep says whether anybody has a second step: an app, a passkey or recovery codes.
func (s *Store) AnySecondStep(ctx context.Context) (bool, error) {
	apps, err := All(ctx, s, selectApps, []any{0, 1}, (*sealedApp).columns)
	if err != nil || len(apps) > 0 {
		return len(apps) > 0, err
	}
	id := func(id *int64) []any { return []any{id} }
	owners, err := All(ctx, s, selectCodeOwners, []any{0, 1}, id)
	if err != nil || len(owners) > 0 {
		return len(owners) > 0, err
	}
	owners, err = All(ctx, s, selectPasskeyOwners, []any{[]byte{}, 1}, id)
	return len(owners) > 0, err
}

// ResetFactors takes every factor of a person away, for operators: the app, the recovery codes, the
// passkeys and all trust. It ends all sign-ins and says how many. It returns ErrNotFound for
// somebody who has none.
func (s *Store) ResetFactors(ctx context.Context, user User, from Origin) (ended int64, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil {
			return err
		}
		changed, err := tx.changed(ctx, resetSecond, user.ID)
		if err != nil {
			return fmt.Errorf("reset the factors of user %d: %w", user.ID, err)
		}
		if changed == 0 {
			return ErrNotFound
		}
		if err := tx.dropFactors(ctx, user); err != nil {
			return err
		}
		if _, err := tx.dropPasskeys(ctx, user, deletePasskeys, from); err != nil {
			return err
		}
		if err := tx.endTrust(ctx, user); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, deleteFactorTokens, user.ID); err != nil {
			return fmt.Errorf("reset the factors of user %d: %w", user.ID, err)
		}
		if ended, err = tx.endSignIns(ctx, deleteSignIns, user.ID); err != nil {
			return fmt.Errorf("reset the factors of user %d: %w", user.ID, err)
		}
		if err := tx.notify(ctx, LetterFactorsReset, user, from); err != nil {
			return err
		}
		return tx.deed(ctx, from, EventFactorsReset, user, "")
	})
	return ended, err
}

// DropUnreadableApps removes the authenticator apps that the site's secret cannot open, of
// everybody, for the operator. Their owners still have a second step and sign in with a recovery code. dropped
// is how many there were, and stranded are the people among them who have neither a code nor a passkey. Without
// a secret these are all apps: ask first.
func (s *Store) DropUnreadableApps(ctx context.Context, from Origin) (dropped int, stranded []User, err error) {
	if !from.Operator {
		return 0, nil, ErrForbidden
	}
	const batch = 200
	for after := int64(0); ; {
		apps, err := All(ctx, s, selectApps, []any{after, batch}, (*sealedApp).columns)
		if err != nil {
			return dropped, stranded, err
		}
		for _, app := range apps {
			after = app.userID
			if _, err := s.openApp(app.userID, app.sealed); err == nil {
				continue
			}
			left, user, err := s.dropApp(ctx, app, from)
			if errors.Is(err, ErrNotFound) {
				continue // it is gone already
			}
			if err != nil {
				return dropped, stranded, err
			}
			dropped++
			if left == 0 && user.Passkeys == 0 {
				stranded = append(stranded, user)
			}
		}
		if len(apps) < batch {
			return dropped, stranded, nil
		}
	}
}

// dropApp removes an app and nothing else, and says how many recovery codes are left.
// ErrNotFound says that it is gone: the person may have set up another one.
func (s *Store) dropApp(ctx context.Context, app sealedApp, from Origin) (left int, user User, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		if user, err = tx.act(ctx, from, HelpPeople, app.userID); err != nil {
			return err
		}
		dropped, err := tx.changed(ctx, deleteSealedApp, app.userID, app.sealed)
		if err != nil {
			return fmt.Errorf("remove the app of user %d: %w", app.userID, err)
		}
		if dropped == 0 {
			return ErrNotFound
		}
		if left, err = tx.codesLeft(ctx, user); err != nil {
			return err
		}
		return tx.deed(ctx, from, EventAppChanged, user, "")
	})
	return left, user, err
}
