package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	// wrongCodesTold is how many wrong codes in a row make us write to the person: whoever
	// enters them knows the password.
	wrongCodesTold = 3
	// wrongCodesEnd is how many wrong codes in a row end an entry, each time.
	wrongCodesEnd = 5
	// wrongCodesFree is how many wrong codes in a row an account takes without a wait from
	// devices that are not known, whatever the limit on wrong passwords.
	wrongCodesFree = 10
)

// Refusals of codes.
var (
	// ErrWrongCode is the one answer to every code that has the right shape and fails.
	ErrWrongCode = rules.Refuse("code", "That code isn't right, or was used already. Each works once.")
	// ErrOtherTime refuses the code of an app whose clock is wrong, while it is set up.
	ErrOtherTime = rules.Refuse("code", "That code is from another time. Set the clock of your device to automatic and try the next code.")
	// ErrRequired refuses to turn the second step off where the site asks for one.
	ErrRequired = rules.Refuse("", "This site asks everybody for a second step, so it can't be turned off.")
)

// ErrStartAgain says that too many codes were wrong, so that the entry is over.
var ErrStartAgain = errors.New("the entry is over")

const (
	selectAppKey = `SELECT sealed, last_step FROM totp WHERE user_id = $1`

	// A later step than the present one was written by a clock that was ahead.
	useAppStep = `UPDATE totp SET last_step = $1 WHERE user_id = $2 AND (last_step < $1 OR last_step > $3)`

	selectRecoveryCode = `SELECT 1 FROM recovery_codes WHERE user_id = $1 AND hash = $2 AND used_at IS NULL`
	useRecoveryCode    = `UPDATE recovery_codes SET used_at = $1 WHERE user_id = $2 AND hash = $3 AND used_at IS NULL`
	countRecoveryCodes = `SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL`

	// Where no attempt was counted before, as on known devices, this counts none, so that it
	// makes nobody wait.
	countWrongCode = `INSERT INTO throttles (bucket, failures, failed_at, waits_until, failed) VALUES ($1, 0, $2, $2, 1)
		ON CONFLICT (bucket) DO UPDATE SET failed_at = $2,
			failed = CASE WHEN throttles.failed_at <= $3 OR throttles.failed_at > $4 THEN 1 ELSE throttles.failed + 1 END
		RETURNING failed`
)

// SecondSteps says whether people can have a second step: the site has a secret.
func (s *Store) SecondSteps() bool { return s.rules.Keys != nil }

// MustSetUp says whether somebody has to set a second step up before they can use the site.
func (s *Store) MustSetUp(user User) bool { return !user.SecondStep() && s.RequiresSecondStep(user) }

// RequiresSecondStep says whether somebody may not be without a second step.
func (s *Store) RequiresSecondStep(user User) bool {
	return s.rules.SecondStepRequired || s.rules.SecondStepStaff && user.Staff()
}

// code is a code that was compared and is right. It is used up in the transaction of what
// it is good for.
type code struct {
	// kind is KindCode or KindRecovery.
	kind string
	step int64
	hash string
}

// EnterCode takes the second step of an entry: a code of an authenticator app for KindCode,
// a recovery code for KindRecovery. Wrong codes count like wrong passwords, and once too
// many are wrong it returns ErrStartAgain.
func (s *Store) EnterCode(ctx context.Context, e Entry, kind, typed string, from Origin) (Entry, error) {
	if _, err := readCode(kind, typed); err != nil {
		return e, err
	}
	a, err := s.countAttempt(ctx, e.User, "", from)
	if err != nil {
		return e, err
	}
	right, err := s.checkCode(ctx, &a, kind, typed, from)
	if err != nil {
		return e, err
	}
	e.Kind, e.passed, e.code, e.attempt = kind, true, right, a
	if e.Missing() == Nothing {
		return e, nil // SignIn uses the code up
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, e.User.ID); err != nil {
			return err
		}
		if err := tx.use(ctx, e.User, right, from); err != nil {
			return err
		}
		return tx.resetFailures(ctx, e.User.ID, append(a.buckets(), e.before)...)
	})
	if err = s.takeBackAfterFault(ctx, a, err); err != nil {
		return e, err
	}
	e.code, e.attempt, e.before = code{}, attempt{}, ""
	return e, nil
}

// readCode is a code of a kind as it is compared, or the refusal of its shape.
func readCode(kind, typed string) (string, error) {
	if kind == KindRecovery {
		return rules.RecoveryCode(typed)
	}
	return rules.AppCode(typed)
}

// checkCode compares a code of somebody who gave the right password. The attempt is one that
// counts already; it is counted as a code besides. A wrong code is recorded.
func (s *Store) checkCode(ctx context.Context, a *attempt, kind, typed string, from Origin) (code, error) {
	if err := s.countCode(ctx, a, from); err != nil {
		s.takeBack(ctx, *a, err)
		return code{}, err
	}
	right, err := s.matchCode(ctx, a.user, kind, typed)
	if err == nil && s.suspended(*a) {
		err = errNoMatch
	}
	if errors.Is(err, errNoMatch) {
		wrong, err := s.recordFailure(ctx, *a, EventSecondFailed, from)
		switch {
		case err != nil:
			return code{}, err
		case wrong > 0 && wrong%wrongCodesEnd == 0:
			return code{}, ErrStartAgain
		}
		return code{}, ErrWrongCode
	}
	if err != nil {
		s.takeBack(ctx, *a, err)
	}
	return right, err
}

// countCode counts an attempt as a code, too, where the account or the known device has a
// count of its codes. On a known device it makes nobody wait.
func (s *Store) countCode(ctx context.Context, a *attempt, from Origin) error {
	bucket := a.bucket
	if bucket == "" { // there is no limit on passwords
		var err error
		if bucket, err = s.bucket(ctx, a.user, "", from); err != nil {
			return err
		}
	}
	bucket += ":codes"
	if !onDevice(bucket) {
		if _, err := s.countIn(ctx, bucket, Limits{WrongPasswords: wrongCodesFree, LongestWait: DefaultLimits.LongestWait}); err != nil {
			return err
		}
	}
	a.codes = bucket
	return nil
}

// countWrongCode counts a wrong code, says how many were wrong in a row, and writes to the
// person when it is time to.
func (tx *Tx) countWrongCode(ctx context.Context, a attempt, from Origin) (wrong int, err error) {
	now := tx.store.Now()
	err = tx.QueryRowContext(ctx, countWrongCode, a.codes, now, now.Add(-failureLifetime), now.Add(failureLifetime)).Scan(&wrong)
	if err != nil {
		return 0, fmt.Errorf("count a wrong code: %w", err)
	}
	if wrong != wrongCodesTold {
		return wrong, nil
	}
	from.Zone = "" // it may be somebody else's
	return wrong, tx.notify(ctx, LetterCodesWrong, a.user, from)
}

// matchCode compares a code. errNoMatch says that it is wrong.
func (s *Store) matchCode(ctx context.Context, user User, kind, typed string) (code, error) {
	text, err := readCode(kind, typed)
	if err != nil {
		return code{}, err
	}
	if kind == KindRecovery {
		return s.matchRecoveryCode(ctx, user, text)
	}
	return s.matchAppCode(ctx, user, text)
}

// appSteps are the first and the last step whose code is good: the one before, because it
// takes time to type a code, and that of now.
func appSteps(now time.Time) (first, last int64) {
	step := secret.AppStepAt(now)
	return step - 1, step
}

// use uses a code up. Of any number at once one succeeds; the others get ErrWrongCode.
func (tx *Tx) use(ctx context.Context, user User, c code, from Origin) error {
	var used int64
	var err error
	now := tx.store.Now()
	switch c.kind {
	case KindCode:
		used, err = tx.changed(ctx, useAppStep, c.step, user.ID, secret.AppStepAt(latest(now, 0)))
	case KindRecovery:
		used, err = tx.changed(ctx, useRecoveryCode, now, user.ID, c.hash)
	default:
		return nil
	}
	if err != nil {
		return fmt.Errorf("use a code of user %d: %w", user.ID, err)
	}
	if used == 0 {
		return ErrWrongCode
	}
	if c.kind == KindRecovery {
		return tx.usedRecoveryCode(ctx, user, from)
	}
	return nil
}

// secondStep does what more than a password takes: it uses the code or the answer of the passkey
// up, or looks whether the browser is trusted still.
func (tx *Tx) secondStep(ctx context.Context, e Entry, from Origin) error {
	if e.Kind == KindTrusted {
		trusted, err := isTrusted(ctx, tx, tx.store, e.User, from)
		if err == nil && !trusted {
			err = ErrWrongLogin
		}
		return err
	}
	if e.passkey.id != nil {
		return tx.usePasskey(ctx, e.User, e.passkey, from)
	}
	return tx.use(ctx, e.User, e.code, from)
}
