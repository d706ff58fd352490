package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// RecentAuth is how long an authentication counts as recent, and RecentAuthStaff that of staff.
// After that, sensitive pages ask for the password again.
const (
	RecentAuth      = 10 * time.Minute
	RecentAuthStaff = 5 * time.Minute
)

// ErrNotYourPassword refuses a wrong password of somebody who is signed in.
func ErrNotYourPassword(field string) error {
	return rules.Refuse(field, "That's not your password.")
}

const (
	// The id changes at every authentication. A session that names the old one is no
	// longer signed in.
	updateAuthenticated = `UPDATE signins SET id = $1, proved_at = $2 WHERE id = $3`

	selectPassword = `SELECT ` + userColumns + `, users.password_scheme, users.password_hash FROM users WHERE users.id = $1`
)

// RecentlyAuthenticated says whether the person of a sign-in authenticated within
// RecentAuth.
func (s *Store) RecentlyAuthenticated(n SignIn) bool {
	now, within := s.Now(), RecentAuth
	if n.Staff {
		within = RecentAuthStaff
	}
	return now.Sub(n.AuthenticatedAt) < within && possible(n.AuthenticatedAt, now, 0)
}

// ErrNotYourProof refuses somebody with a second step, in one sentence whichever of the two
// was wrong.
var ErrNotYourProof = rules.Refuse("", "That password or that code isn't right. Check both and try again.")

// Reauthenticate takes all that the account has again: the password and, from somebody with
// a second step, a code of the app or a recovery code. It returns the sign-in under its new
// id. What is wrong counts with what is wrong at signing in. ErrSignInEnded says that the
// sign-in has ended.
func (s *Store) Reauthenticate(ctx context.Context, n SignIn, password, typed string, from Origin) (SignIn, error) {
	user, a, err := s.checkOwnPassword(ctx, n, password, "password", EventFailed, from)
	var right code
	if user.SecondStep() {
		if err == nil {
			right, err = s.checkCode(ctx, &a, kindOfCode(typed), typed, from)
		}
		if refusal, refused := rules.AsRefusal(err); refused && refusal.Wait == 0 || errors.Is(err, ErrStartAgain) {
			err = ErrNotYourProof
		}
	}
	if err != nil {
		return SignIn{}, err
	}
	var renewed SignIn
	err = s.Write(ctx, func(tx *Tx) error {
		// Locked in the same order as where a change of the account ends sign-ins.
		if err := tx.lockUser(ctx, n.UserID); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.use(ctx, user, right, from); err != nil {
			return err
		}
		if err := tx.resetFailures(ctx, n.UserID, a.buckets()...); err != nil {
			return err
		}
		return tx.Record(ctx, n.UserID, EventReauthenticated, "", from)
	})
	if errors.Is(err, ErrWrongCode) {
		err = ErrNotYourProof // used meanwhile
	}
	if err = s.takeBackAfterFault(ctx, a, err); err != nil {
		return SignIn{}, err
	}
	return renewed, nil
}

// kindOfCode tells a code of an app from a recovery code by its length.
func kindOfCode(typed string) string {
	if _, err := rules.RecoveryCode(typed); err == nil {
		return KindRecovery
	}
	return KindCode
}

// checkOwnPassword compares the password of somebody who is signed in. A wrong one is
// refused at field and recorded as event.
func (s *Store) checkOwnPassword(ctx context.Context, n SignIn, password, field, event string, from Origin) (User, attempt, error) {
	var user User
	var stored secret.PasswordHash
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPassword, n.UserID)
	if err := user.scan(row, &stored.Scheme, &stored.Hash); err != nil {
		return user, attempt{}, fmt.Errorf("check a password: %w", endedWith(err))
	}
	a, err := s.checkPassword(ctx, user, stored, "", password, from)
	if errors.Is(err, errNoMatch) {
		if _, err = s.recordFailure(ctx, a, event, from); err == nil {
			err = ErrNotYourPassword(field)
		}
	}
	return user, a, err
}

// renewSignIn gives a sign-in a new id and notes when it was authenticated.
func (tx *Tx) renewSignIn(ctx context.Context, n SignIn) (SignIn, error) {
	id, now := rand.Text(), tx.store.Now()
	renewed, err := tx.changed(ctx, updateAuthenticated, id, now, n.ID)
	if err != nil {
		return SignIn{}, fmt.Errorf("renew a sign-in: %w", err)
	}
	if renewed == 0 {
		return SignIn{}, ErrSignInEnded
	}
	n.ID, n.AuthenticatedAt = id, now
	return n, nil
}
