package store

import (
	"context"
	"fmt"
)

// The epoch is a condition, so that of two changes at once only one is made.
const updateOwnPassword = `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = $3, password_at = $4, epoch = epoch + 1
	WHERE id = $5 AND epoch = $6`

// ChangePassword takes the current password and a new one. All other sign-ins
// end and the devices they were on are no longer known; this one is returned
// under its new id. A wrong current password counts with those at signing in.
// ErrSignInEnded says that the sign-in has ended.
func (s *Store) ChangePassword(ctx context.Context, n SignIn, current, password string, from Origin) (SignIn, error) {
	owner, err := s.UserByID(ctx, n.UserID)
	if err != nil {
		return SignIn{}, fmt.Errorf("change the password: %w", endedWith(err))
	}
	if err := s.passwords.CheckNew(current, password, owner.Name, owner.Username, owner.Email); err != nil {
		return SignIn{}, err
	}
	user, a, err := s.checkOwnPassword(ctx, n, current, "current", EventPasswordRefused, from)
	if err != nil {
		return SignIn{}, err
	}
	stored, err := s.hasher.Hash(ctx, password)
	if err != nil {
		s.takeBack(ctx, a, err)
		return SignIn{}, err
	}
	var renewed SignIn
	err = s.Write(ctx, func(tx *Tx) error {
		changed, err := tx.changed(ctx, updateOwnPassword, stored.Scheme, stored.Hash, stored.Cost, s.Now(), user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("change the password: %w", err)
		}
		if changed == 0 {
			return ErrNotYourPassword("current")
		}
		if _, err := tx.endOthers(ctx, n); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.resetFailures(ctx, user.ID, a.buckets()...); err != nil {
			return err
		}
		if err := tx.notify(ctx, LetterPasswordChanged, user, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasswordChanged, "", from)
	})
	if err = s.takeBackAfterFault(ctx, a, err); err != nil {
		return SignIn{}, err
	}
	return renewed, nil
}
