package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// errReused says that a passkey that is on one device alone counted backwards: it may have been
// copied (WebAuthn Level 3, 6.1.1).
var errReused = errors.New("a passkey counted backwards")

const (
	selectPasskey = `SELECT ` + userColumns + `, users.passkey_user, ` + passkeyColumns + `
		FROM passkeys JOIN users ON users.id = passkeys.user_id WHERE passkeys.id = $1`

	insertChallenge = `INSERT INTO challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING`

	deleteOldChallenges = `DELETE FROM challenges WHERE hash IN (SELECT hash FROM challenges WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)`

	selectSignCount = `SELECT sign_count FROM passkeys WHERE id = $1 AND user_id = $2`

	// One that is on several devices may count from 0 again on another one.
	usePasskey = `UPDATE passkeys SET sign_count = $1, backed_up = $2, backup_eligible = $3, used_at = $4
		WHERE id = $5 AND (sign_count < $1 OR sign_count = 0 AND $1 = 0 OR $3)`
)

// AuthenticateByPasskey returns the entry of whoever answered a ceremony with a passkey. Nothing
// more is asked of them. ErrPasskeyUnknown says that no account has the passkey; everything else
// that fails is ErrPasskeyFailed or ErrPasskeyLate. It counts no failures: nobody can be locked
// out of a passkey.
func (s *Store) AuthenticateByPasskey(ctx context.Context, token, text, holder string, from Origin) (Entry, error) {
	b, err := s.open(ceremonySignIn, holder, User{}, token)
	if err != nil {
		return Entry{}, err
	}
	user, right, err := s.check(ctx, b, text, func(id []byte) (passkeyOwner, error) { return s.findPasskey(ctx, id) })
	e := Entry{User: user, Kind: KindPasskey, passkey: right, passed: true}
	if err == nil && (user.Disabled() || user.Closed() && !s.Now().Before(s.ErasedAt(user))) {
		err = ErrPasskeyFailed
	}
	if err == nil && e.Missing() != Nothing {
		e, err = s.useUp(ctx, e, from)
	}
	return e, s.notePasskeyFailure(ctx, user, err, from)
}

// findPasskey finds a passkey and whose it is. One query.
func (s *Store) findPasskey(ctx context.Context, id []byte) (passkeyOwner, error) {
	o := passkeyOwner{keys: make([]Passkey, 1)}
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPasskey, id)
	err := o.user.scan(row, append([]any{&o.handle}, o.keys[0].columns()...)...)
	if errors.Is(err, ErrNotFound) {
		return passkeyOwner{}, ErrPasskeyUnknown
	}
	if err != nil {
		return passkeyOwner{}, fmt.Errorf("look for a passkey: %w", err)
	}
	return o, nil
}

// EnterPasskey takes the second step of an entry: a passkey of the same person. It counts no
// failures.
func (s *Store) EnterPasskey(ctx context.Context, e Entry, token, text, ticket string, from Origin) (Entry, error) {
	right, err := s.answerOf(ctx, ceremonySecond, e.User, token, text, ticket)
	if err == nil {
		e.Kind, e.passkey, e.passed = KindPasswordPasskey, right, true
		if e.Missing() != Nothing {
			e, err = s.useUp(ctx, e, from)
		}
	}
	return e, s.notePasskeyFailure(ctx, e.User, err, from)
}

// answerOf checks the answer to a ceremony that names its person.
func (s *Store) answerOf(ctx context.Context, purpose string, user User, token, text, holder string) (answer, error) {
	b, err := s.open(purpose, holder, user, token)
	if err != nil {
		return answer{}, err
	}
	_, right, err := s.check(ctx, b, text, func([]byte) (passkeyOwner, error) { return s.passkeyOwner(ctx, user) })
	return right, err
}

// useUp uses the answer of a passkey up where the entry lacks something else yet.
func (s *Store) useUp(ctx context.Context, e Entry, from Origin) (Entry, error) {
	err := s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, e.User.ID); err != nil {
			return err
		}
		if err := tx.usePasskey(ctx, e.User, e.passkey, from); err != nil {
			return err
		}
		return tx.resetFailures(ctx, e.User.ID, e.before)
	})
	e.passkey, e.before = answer{handle: e.passkey.handle}, ""
	return e, s.noteReuse(ctx, e.User, err, from)
}

// usePasskey uses the answer of a passkey up. Of any number at once one succeeds; the others get
// ErrPasskeyFailed.
func (tx *Tx) usePasskey(ctx context.Context, user User, a answer, from Origin) error {
	if err := tx.spend(ctx, a.challenge); err != nil {
		return err
	}
	var before int64
	err := tx.QueryRowContext(ctx, selectSignCount, a.id, user.ID).Scan(&before)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrPasskeyFailed // it was removed meanwhile
	}
	if err != nil {
		return fmt.Errorf("use a passkey of user %d: %w", user.ID, err)
	}
	used, err := tx.changed(ctx, usePasskey, a.signCount, a.backedUp, a.eligible, tx.store.Now(), a.id)
	if err != nil {
		return fmt.Errorf("use a passkey of user %d: %w", user.ID, err)
	}
	if used == 0 {
		return errReused
	}
	if a.signCount > before || a.signCount == 0 && before == 0 {
		return nil
	}
	return tx.Record(ctx, user.ID, EventTokenReuse, DetailPasskey, from)
}

// spend uses a challenge up.
func (tx *Tx) spend(ctx context.Context, c challenge) error {
	fresh, err := tx.changed(ctx, insertChallenge, c.hash, c.expires)
	if err != nil {
		return fmt.Errorf("use a challenge: %w", err)
	}
	if fresh == 0 {
		return ErrPasskeyFailed
	}
	return nil
}

// noteReuse records that a passkey counted backwards, and turns that into its refusal. Every other
// error stays what it is.
func (s *Store) noteReuse(ctx context.Context, user User, err error, from Origin) error {
	if !errors.Is(err, errReused) {
		return err
	}
	err = s.Write(ctx, func(tx *Tx) error { return tx.Record(ctx, user.ID, EventTokenReuse, DetailPasskey, from) })
	if err != nil {
		return err
	}
	return ErrPasskeyFailed
}

// notePasskeyFailure records that the passkey of an account failed, and returns err.
func (s *Store) notePasskeyFailure(ctx context.Context, user User, err error, from Origin) error {
	if !errors.Is(err, ErrPasskeyFailed) || user.ID == 0 {
		return err
	}
	noted := s.Write(ctx, func(tx *Tx) error { return tx.Record(ctx, user.ID, EventFailed, DetailPasskey, from) })
	if noted != nil {
		return noted
	}
	return err
}

// ReauthenticateByPasskey takes a passkey as a proof of somebody who is signed in. It returns the
// sign-in under its new id. ErrSignInEnded says that the sign-in has ended.
func (s *Store) ReauthenticateByPasskey(ctx context.Context, n SignIn, user User, token, text string, from Origin) (renewed SignIn, err error) {
	right, err := s.answerOf(ctx, ceremonyProof, user, token, text, n.Handle)
	if err != nil {
		return n, s.notePasskeyFailure(ctx, user, err, from)
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		if err := tx.usePasskey(ctx, user, right, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventReauthenticated, DetailPasskey, from)
	})
	return renewed, s.noteReuse(ctx, user, err, from)
}
