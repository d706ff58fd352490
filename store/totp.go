package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// otherTime is how many steps a code may be off for us to say that a clock is wrong.
const otherTime = 10

const (
	updateSecondOn = `UPDATE users SET second_at = coalesce(second_at, $1), epoch = epoch + 1
		WHERE id = $2 AND epoch = $3 AND disabled_at IS NULL AND closed_at IS NULL`

	hasApp = `SELECT count(*) FROM totp WHERE user_id = $1`

	upsertApp = `INSERT INTO totp (user_id, sealed, last_step, confirmed, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id) DO UPDATE SET sealed = $2, last_step = $3, confirmed = $4, created_at = $5`

	updateSecondOff = `UPDATE users SET second_at = NULL, epoch = epoch + 1 WHERE id = $1 AND epoch = $2 AND second_at IS NOT NULL`

	deleteApp = `DELETE FROM totp WHERE user_id = $1`

	deleteUnconfirmedApp = `DELETE FROM totp WHERE user_id = $1 AND NOT confirmed`

	endSecond = `UPDATE users SET second_at = NULL WHERE id = $1 AND second_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM totp WHERE user_id = $1) AND NOT EXISTS (SELECT 1 FROM passkeys WHERE user_id = $1)
		AND NOT EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = $1 AND used_at IS NULL)`
)

// appLabel binds a sealed key to its owner.
func appLabel(userID int64) string { return fmt.Sprintf("totp:%d", userID) }

// AppKey is the key that is shown while somebody sets an authenticator app up. It is the
// same however often it is asked for, until the account changes, so that nothing has to be
// stored before it is proved.
func (s *Store) AppKey(n SignIn, user User) []byte {
	return s.rules.Keys.AppSetup.Sum(fmt.Sprintf("%d|%s|%d", user.ID, n.Handle, user.epoch))[:secret.AppKeyLength]
}

// SetUpApp takes the first code of the authenticator app that was given AppKey, in place of
// the app before it. It turns the second step on, and returns the sign-in under its new id.
// codes are new recovery codes; they are none where the person has some already. All other
// sign-ins end. ErrSignInEnded says that the sign-in has ended or the account has changed.
func (s *Store) SetUpApp(ctx context.Context, n SignIn, user User, typed string, from Origin) (renewed SignIn, codes []string, err error) {
	text, err := rules.AppCode(typed)
	if err != nil {
		return n, nil, err
	}
	if s.Mails() && !user.Verified() {
		return n, nil, errUnconfirmed
	}
	key := s.AppKey(n, user)
	first, last := appSteps(s.Now())
	step, ok := secret.MatchAppCode(key, text, first, last)
	if !ok {
		if _, ok := secret.MatchAppCode(key, text, first-otherTime, last+otherTime); ok {
			return n, nil, ErrOtherTime
		}
		return n, nil, ErrWrongCode
	}
	err = s.Write(ctx, func(tx *Tx) error {
		var err error
		if renewed, codes, err = tx.turnSecondOn(ctx, n, user, factorLetter(LetterSecondOn, user), from); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, upsertApp, user.ID, s.rules.Keys.Apps.Seal(key, appLabel(user.ID)), step, user.Verified(), s.Now()); err != nil {
			return fmt.Errorf("set up an app: %w", err)
		}
		return nil
	})
	if err != nil {
		return n, nil, err
	}
	return renewed, codes, nil
}

// errUnconfirmed refuses a factor to somebody who cannot be told of it: it may be somebody else's
// address.
var errUnconfirmed = rules.Refuse("", "Confirm your email address first.")

// errNoUsablePasskey refuses a second step that nobody could take.
var errNoUsablePasskey = rules.Refuse("", "You have no passkey that works at this address. Add one first, or set up an authenticator app.")

// TurnSecondStepOn makes a passkey the second step of somebody who has one and no app. What it
// returns and ends is as in SetUpApp.
func (s *Store) TurnSecondStepOn(ctx context.Context, n SignIn, user User, from Origin) (renewed SignIn, codes []string, err error) {
	if s.Mails() && !user.Verified() {
		return n, nil, errUnconfirmed
	}
	err = s.Write(ctx, func(tx *Tx) error {
		var err error
		if renewed, codes, err = tx.turnSecondOn(ctx, n, user, factorLetter(LetterSecondOn, user), from); err != nil {
			return err
		}
		if user.SecondStep() || user.Passkeys == 0 {
			return ErrSignInEnded
		}
		usable, err := tx.usablePasskeys(ctx, user)
		if err == nil && usable == 0 {
			err = errNoUsablePasskey
		}
		return err
	})
	if err != nil {
		return n, nil, err
	}
	return renewed, codes, nil
}

// turnSecondOn turns the second step on, or changes it where it is on. codes are new recovery codes
// where the person has none left. letter tells them of it.
func (tx *Tx) turnSecondOn(ctx context.Context, n SignIn, user User, letter string, from Origin) (renewed SignIn, codes []string, err error) {
	changed, err := tx.changed(ctx, updateSecondOn, tx.store.Now(), user.ID, user.epoch)
	if err != nil {
		return n, nil, fmt.Errorf("turn a second step on: %w", err)
	}
	if changed == 0 {
		return n, nil, ErrSignInEnded
	}
	left, err := tx.codesLeft(ctx, user)
	if err == nil && left == 0 {
		codes, err = tx.makeCodes(ctx, user, time.Time{})
	}
	if err != nil {
		return n, nil, err
	}
	event := EventSecondOn
	if user.SecondStep() {
		event, letter = EventAppChanged, LetterAppChanged
	}
	renewed, err = tx.changedSecond(ctx, n, user, event, letter, from)
	return renewed, codes, err
}

// RemoveApp removes the authenticator app of somebody whose passkeys go on being a second step. All
// other sign-ins end, and this one is returned under its new id. From somebody without passkeys it
// takes the second step away, as TurnSecondStepOff does.
func (s *Store) RemoveApp(ctx context.Context, n SignIn, user User, from Origin) (renewed SignIn, err error) {
	if user.Passkeys == 0 {
		return s.TurnSecondStepOff(ctx, n, user, from)
	}
	err = s.Write(ctx, func(tx *Tx) error {
		// Whoever removes the last passkey at the same time waits here, and changes the epoch.
		changed, err := tx.changed(ctx, updateEpoch, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("remove an app: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		removed, err := tx.changed(ctx, deleteApp, user.ID)
		if err != nil {
			return fmt.Errorf("remove an app: %w", err)
		}
		if removed == 0 {
			return ErrSignInEnded
		}
		renewed, err = tx.changedSecond(ctx, n, user, EventAppChanged, LetterAppRemoved, from)
		return err
	})
	return renewed, err
}

// changedSecond does what every change of the second step brings: all other sign-ins end,
// no browser is trusted any more, this sign-in gets a new id, and the person is told.
func (tx *Tx) changedSecond(ctx context.Context, n SignIn, user User, event, letter string, from Origin) (SignIn, error) {
	if _, err := tx.endOthers(ctx, n); err != nil {
		return n, err
	}
	if err := tx.endTrust(ctx, user); err != nil {
		return n, err
	}
	renewed, err := tx.renewSignIn(ctx, n)
	if err != nil {
		return n, err
	}
	data := letterFor(user.Email, user, from)
	if err := tx.notifyFactor(ctx, letter, user, data); err != nil {
		return n, err
	}
	return renewed, tx.Record(ctx, user.ID, event, "", from)
}

// TurnSecondStepOff removes the app and the recovery codes. From then on the password alone
// signs the person in. All other sign-ins end, and this one is returned under its new id.
// It is refused where the site asks for a second step.
func (s *Store) TurnSecondStepOff(ctx context.Context, n SignIn, user User, from Origin) (renewed SignIn, err error) {
	if s.RequiresSecondStep(user) {
		return n, ErrRequired
	}
	err = s.Write(ctx, func(tx *Tx) error {
		changed, err := tx.changed(ctx, updateSecondOff, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("turn a second step off: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if err := tx.dropFactors(ctx, user); err != nil {
			return err
		}
		renewed, err = tx.changedSecond(ctx, n, user, EventSecondOff, LetterSecondOff, from)
		return err
	})
	return renewed, err
}

// dropFactors deletes the app and the recovery codes.
func (tx *Tx) dropFactors(ctx context.Context, user User) error {
	for _, statement := range []string{deleteApp, deleteCodes} {
		if _, err := tx.ExecContext(ctx, statement, user.ID); err != nil {
			return fmt.Errorf("remove the factors of user %d: %w", user.ID, err)
		}
	}
	return nil
}

// dropUnconfirmed removes what was set up while the address of the account had never been
// confirmed: it may be that of whoever typed somebody else's address. A second step of which
// nothing is left is off.
func (tx *Tx) dropUnconfirmed(ctx context.Context, user User, from Origin) error {
	keys, err := tx.dropPasskeys(ctx, user, deleteUnconfirmedPasskeys, from)
	if err != nil {
		return err
	}
	apps, err := tx.changed(ctx, deleteUnconfirmedApp, user.ID)
	if err != nil {
		return fmt.Errorf("remove an app: %w", err)
	}
	// The factors may be gone and their codes still there.
	if !user.SecondStep() || keys+apps == 0 && user.Verified() {
		return nil
	}
	if _, err := tx.ExecContext(ctx, deleteCodes, user.ID); err != nil {
		return fmt.Errorf("remove recovery codes: %w", err)
	}
	return tx.endEmptySecond(ctx, user, from)
}

// endEmptySecond turns a second step off of which neither an app nor a passkey nor an unused code
// is left.
func (tx *Tx) endEmptySecond(ctx context.Context, user User, from Origin) error {
	ended, err := tx.changed(ctx, endSecond, user.ID)
	if err != nil {
		return fmt.Errorf("turn a second step off: %w", err)
	}
	if ended == 0 {
		return nil
	}
	if err := tx.dropFactors(ctx, user); err != nil {
		return err
	}
	return tx.Record(ctx, user.ID, EventSecondOff, DetailByLink, from)
}

// matchAppCode finds the step of a code. A step that was used, or one before it, matches no
// more, so that a code that somebody watched being typed opens nothing (RFC 6238, 5.2).
func (s *Store) matchAppCode(ctx context.Context, user User, text string) (code, error) {
	var sealed []byte
	var used int64
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectAppKey, user.ID).Scan(&sealed, &used)
	if errors.Is(err, sql.ErrNoRows) {
		return code{}, errNoMatch
	}
	if err != nil {
		return code{}, fmt.Errorf("look for an app: %w", err)
	}
	key, err := s.openApp(user.ID, sealed)
	if err != nil {
		s.log.ErrorContext(ctx, "the key of an authenticator app", "user", user.ID, "error", err.Error())
		return code{}, errNoMatch
	}
	now := s.Now()
	first, last := appSteps(now)
	step, ok := secret.MatchAppCode(key, text, first, last)
	if !ok || step <= used && used <= secret.AppStepAt(latest(now, 0)) {
		return code{}, errNoMatch
	}
	return code{kind: KindCode, step: step}, nil
}

// HasApp says whether somebody has an authenticator app. One query.
func (s *Store) HasApp(ctx context.Context, user User) (bool, error) {
	var n int
	if err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), hasApp, user.ID).Scan(&n); err != nil {
		return false, fmt.Errorf("look for an app: %w", err)
	}
	return n > 0, nil
}

func (s *Store) openApp(userID int64, sealed []byte) ([]byte, error) {
	if s.rules.Keys == nil {
		return nil, errors.New("cannot be opened without --secret")
	}
	return s.rules.Keys.Apps.Open(sealed, appLabel(userID))
}

// Factors are what somebody has for the second step.
type Factors struct {
	// AppAt is since when they have an authenticator app, or the zero time.
	AppAt time.Time
	// AppUnreadable says that the app was sealed with another secret, so that its codes are no
	// longer taken.
	AppUnreadable bool
	// UndoUntil is until when the letter about the first factor can undo it, or the zero time.
	UndoUntil time.Time
	// Codes are the recovery codes of the present set, used and unused.
	Codes []RecoveryCode
	// Trusted are the browsers that are not asked for the second step.
	Trusted []TrustedBrowser
}

const selectApp = `SELECT created_at, sealed FROM totp WHERE user_id = $1`

// Factors collects them. Four queries.
func (s *Store) Factors(ctx context.Context, user User) (f Factors, err error) {
	var sealed []byte
	err = s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectApp, user.ID).Scan(UTC{&f.AppAt}, &sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return f, fmt.Errorf("look for an app: %w", err)
	}
	if err == nil {
		_, unreadable := s.openApp(user.ID, sealed)
		f.AppUnreadable = unreadable != nil
	}
	if f.Codes, err = s.recoveryCodes(ctx, user); err != nil {
		return f, err
	}
	if f.UndoUntil, err = s.undoUntil(ctx, user); err != nil {
		return f, err
	}
	f.Trusted, err = s.trustedBrowsers(ctx, user)
	return f, err
}

// CodesLeft is how many recovery codes were not used.
func (f Factors) CodesLeft() (left int) {
	for _, c := range f.Codes {
		if c.UsedAt.IsZero() {
			left++
		}
	}
	return left
}

// CodesAt is when the present set was made, or the zero time.
func (f Factors) CodesAt() time.Time {
	if len(f.Codes) == 0 {
		return time.Time{}
	}
	return f.Codes[0].CreatedAt
}
