package store

import (
	"cmp"
	"context"
	"fmt"

	"gatehouse/store/rules"
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

const (
	removePassword = `UPDATE users SET password_scheme = '', password_hash = '', password_cost = 0, epoch = epoch + 1
		WHERE id = $1 AND epoch = $2 AND passkeys > 0`

	chooseOwnPassword = `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = $3, password_at = $4, epoch = epoch + 1
		WHERE id = $5 AND epoch = $6 AND password_hash = ''`
)

// errKeepPassword refuses to leave an account without a password that nobody could get back.
var errKeepPassword = rules.Refuse("", "You need a passkey and a confirmed email address to do without a password.")

// MayRemovePassword says whether somebody can do without a password: a passkey opens the account, and
// mail can give it a password again.
func (s *Store) MayRemovePassword(user User) bool {
	return user.HasPassword && user.Passkeys > 0 && s.Passkeys() && s.Mails() && user.Verified()
}

// RemovePassword leaves an account with passkeys alone. All other sign-ins end, and this one is
// returned under its new id. ErrSignInEnded says that the sign-in has ended or the account has
// changed.
func (s *Store) RemovePassword(ctx context.Context, n SignIn, user User, from Origin) (renewed SignIn, err error) {
	if !s.MayRemovePassword(user) {
		return n, errKeepPassword
	}
	err = s.Write(ctx, func(tx *Tx) error {
		changed, err := tx.changed(ctx, removePassword, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("remove a password: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if usable, err := tx.usablePasskeys(ctx, user); err != nil || usable == 0 {
			return cmp.Or(err, errKeepPassword)
		}
		// What was wrong about a password that is gone makes nobody wait.
		if err := tx.forgetFailures(ctx, user.ID); err != nil {
			return err
		}
		renewed, err = tx.changedSecond(ctx, n, user, EventPasswordRemoved, LetterPasswordRemoved, from)
		return err
	})
	return renewed, err
}

// ChoosePassword gives an account without a password one. Who asks must have authenticated recently.
// All other sign-ins end, and this one is returned under its new id. ErrSignInEnded says that the
// sign-in has ended or the account has changed.
func (s *Store) ChoosePassword(ctx context.Context, n SignIn, user User, password string, from Origin) (renewed SignIn, err error) {
	if err := s.passwords.Check(password, user.Name, user.Username, user.Email); err != nil {
		return n, err
	}
	if user.HasPassword || !s.RecentlyAuthenticated(n) {
		return n, ErrSignInEnded
	}
	stored, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return n, err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		changed, err := tx.changed(ctx, chooseOwnPassword, stored.Scheme, stored.Hash, stored.Cost, s.Now(), user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("choose a password: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if _, err := tx.endOthers(ctx, n); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.notify(ctx, LetterPasswordChanged, user, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasswordChanged, "", from)
	})
	return renewed, err
}
