package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	deletePasskey = `DELETE FROM passkeys WHERE user_id = $1 AND handle = $2 RETURNING name, domain`

	updateLessPasskeys = `UPDATE users SET passkeys = (SELECT count(*) FROM passkeys WHERE user_id = $1), epoch = epoch + 1 WHERE id = $1 AND epoch = $2`

	deleteSignInsBy = `DELETE FROM signins WHERE user_id = $1 AND passkey = $2 AND id <> $3 RETURNING id, user_id, coalesce(looks_at_id, 0)`

	// One that was made for another domain opens nothing here.
	countUsablePasskeys = `SELECT count(*) FROM passkeys WHERE user_id = $1 AND domain = $2`

	deleteUnconfirmedPasskeys = `DELETE FROM passkeys WHERE user_id = $1 AND NOT confirmed`
	deletePasskeys            = `DELETE FROM passkeys WHERE user_id = $1`
)

// RemovePasskey removes a passkey and ends the sign-ins that it made, but this one, which is
// returned under its new id. It is refused for one that the person cannot do without. ErrNotFound
// says that they have no such passkey, ErrSignInEnded that the sign-in has ended or the account
// has changed.
func (s *Store) RemovePasskey(ctx context.Context, n SignIn, user User, handle string, from Origin) (renewed SignIn, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		var name, domain string
		err := tx.QueryRowContext(ctx, deletePasskey, user.ID, handle).Scan(&name, &domain)
		if errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		}
		if err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		changed, err := tx.changed(ctx, updateLessPasskeys, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if err := tx.canDoWithout(ctx, user, domain); err != nil {
			return err
		}
		if _, err := tx.endSignIns(ctx, deleteSignInsBy, user.ID, handle, n.ID); err != nil {
			return fmt.Errorf("remove a passkey: %w", err)
		}
		if renewed, err = tx.renewSignIn(ctx, n); err != nil {
			return err
		}
		data := letterFor(user.Email, user, from)
		data.Passkey = name
		if err := tx.notifyIn(ctx, LetterPasskeyRemoved, user, data); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasskeyRemoved, name, from)
	})
	return renewed, err
}

// dropPasskeys removes the passkeys of a person that a statement names. The sign-ins that they made
// are ended by whoever calls it. It says how many there were.
func (tx *Tx) dropPasskeys(ctx context.Context, user User, statement string, from Origin) (dropped int64, err error) {
	dropped, err = tx.changed(ctx, statement, user.ID)
	if err == nil && dropped > 0 {
		_, err = tx.ExecContext(ctx, recountPasskeys, user.ID)
	}
	if err != nil {
		return 0, fmt.Errorf("remove the passkeys of user %d: %w", user.ID, err)
	}
	if dropped == 0 {
		return 0, nil
	}
	return dropped, tx.Record(ctx, user.ID, EventPasskeyRemoved, "", from)
}

// usablePasskeys is how many passkeys somebody has that work at this site.
func (tx *Tx) usablePasskeys(ctx context.Context, user User) (n int, err error) {
	if err := tx.QueryRowContext(ctx, countUsablePasskeys, user.ID, tx.store.PasskeyDomain()).Scan(&n); err != nil {
		return 0, fmt.Errorf("count passkeys: %w", err)
	}
	return n, nil
}

// canDoWithout refuses to remove the last passkey of somebody who has no other second step, or no
// other way in. It is asked once the passkey is gone, in the same transaction. domain is what that was
// made for: those of another domain take the place of none that works here.
func (tx *Tx) canDoWithout(ctx context.Context, user User, domain string) error {
	var left, apps int
	var err error
	if domain == tx.store.PasskeyDomain() {
		left, err = tx.usablePasskeys(ctx, user)
	} else {
		err = tx.QueryRowContext(ctx, countPasskeys, user.ID).Scan(&left)
	}
	if err == nil {
		err = tx.QueryRowContext(ctx, hasApp, user.ID).Scan(&apps)
	}
	switch {
	case err != nil:
		return fmt.Errorf("remove a passkey: %w", err)
	case left == 0 && !user.HasPassword:
		return errOnlyWayIn
	case left == 0 && user.SecondStep() && apps == 0:
		return errLastSecondStep
	}
	return nil
}
