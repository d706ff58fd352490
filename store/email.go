package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
)

const (
	updateEmail = `UPDATE users SET email = $1, email_key = $2, confirmed_at = $3, epoch = epoch + 1
		WHERE id = $4 AND epoch = $5 AND disabled_at IS NULL`

	// An intruder may have changed the password and closed the account.
	restoreEmail = `UPDATE users SET email = $1, email_key = $2, confirmed_at = $3, closed_at = NULL, epoch = epoch + 1,
		password_scheme = '', password_hash = '', password_cost = 0
		WHERE id = $4 AND disabled_at IS NULL RETURNING ` + userColumns

	selectPendingEmail = `SELECT email, expires_at FROM tokens
		WHERE user_id = $1 AND purpose = 'address' AND epoch = $2 AND used_at IS NULL AND expires_at > $3 AND expires_at <= $4
		ORDER BY created_at DESC LIMIT 1`

	// An address that can still be put back is reserved.
	selectReservedEmail = `SELECT user_id FROM tokens WHERE email_key = $1 AND purpose = 'undo' AND used_at IS NULL AND expires_at > $2 AND expires_at <= $3`

	deleteLaterUndos = `DELETE FROM tokens WHERE user_id = $1 AND purpose = 'undo' AND created_at >= $2`
)

// ErrSameEmail refuses a change of address to the one that holds.
var ErrSameEmail = rules.Refuse("email", "That's the address you have.")

// ChangeEmail writes to a new address of a person. The old one stays until somebody
// confirms the new one. It answers alike whether or not the new address has an account;
// if it has, the owner gets a letter.
func (s *Store) ChangeEmail(ctx context.Context, user User, email string, from Origin) error {
	key, err := rules.CanonicalEmail(email)
	if err != nil {
		return err
	}
	if own, _ := rules.CanonicalEmail(user.Email); own == key {
		return ErrSameEmail
	}
	taken, err := s.emailTaken(ctx, key)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.Record(ctx, user.ID, EventEmailAsked, rules.DeliverableEmail(email), from); err != nil {
			return err
		}
		if taken {
			// A token that nobody gets: the export of a person's data must look as if
			// the address were free.
			if _, err := tx.issue(ctx, PurposeNewEmail, user, rules.DeliverableEmail(email)); err != nil {
				return err
			}
			return tx.remindOwner(ctx, key, from)
		}
		return tx.sendLink(ctx, LetterNewEmail, user, rules.DeliverableEmail(email), from)
	})
}

// PendingEmail is the new address that a person asked for last and that is not
// confirmed yet, and until when it can be; empty where there is none.
func (s *Store) PendingEmail(ctx context.Context, user User) (email string, until time.Time, err error) {
	now := s.Now()
	err = s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPendingEmail, user.ID, user.epoch, now, latest(now, NewEmailValid)).Scan(&email, UTC{&until})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", time.Time{}, fmt.Errorf("look for a new address: %w", err)
	}
	return email, until, nil
}

// CancelEmail forgets the new addresses that a person asked for and that nobody has confirmed. Their links
// no longer work. Where there is none it does nothing.
func (s *Store) CancelEmail(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		n, err := tx.changed(ctx, deleteNewEmailTokens, user.ID)
		if err != nil {
			return fmt.Errorf("forget a new address: %w", err)
		}
		if n == 0 {
			return nil
		}
		return tx.Record(ctx, user.ID, EventEmailCancelled, "", from)
	})
}

// setEmail gives a user the address that a token was sent to. The old address gets a
// link that undoes it, but only if it was confirmed: otherwise it may be anybody's.
func (tx *Tx) setEmail(ctx context.Context, user *User, t Token, from Origin) error {
	err := tx.moveEmail(ctx, user, t.Email, t.emailKey, tx.store.Now(), from)
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrEmailTaken) {
		return ErrInvalidLink
	}
	return err
}

// moveEmail is setEmail for any address. verified is the zero time for one that nobody has confirmed.
// It returns ErrNotFound for an account that has changed or is disabled, and ErrEmailTaken for an
// address that is kept for somebody else.
func (tx *Tx) moveEmail(ctx context.Context, user *User, email, key string, verified time.Time, from Origin) error {
	old := *user
	n, err := tx.changed(ctx, updateEmail, email, key, sql.NullTime{Time: verified, Valid: !verified.IsZero()}, user.ID, user.epoch)
	if err != nil {
		return fmt.Errorf("change an address: %w", err)
	}
	if n == 0 {
		return ErrNotFound
	}
	if reserved, err := tx.emailReserved(ctx, key, *user); err != nil {
		return err
	} else if reserved {
		return ErrEmailTaken
	}
	if _, err := tx.ExecContext(ctx, deleteTokens, user.ID); err != nil {
		return fmt.Errorf("void the tokens of user %d: %w", user.ID, err)
	}
	user.Email, user.VerifiedAt = email, verified
	user.epoch++
	if old.Verified() {
		data := letterFor(old.Email, old, from)
		data.Address = user.Email
		if err := tx.sendLinkIn(ctx, LetterEmailChanged, *user, data); err != nil {
			return err
		}
	}
	return tx.Record(ctx, user.ID, EventEmailChanged, old.Email+" "+user.Email, from)
}

// SetEmail gives somebody another address, for the operator. It counts as unconfirmed until the letter to it is
// answered; the old one gets a letter with the way back, if it was confirmed. It is refused for an
// address that somebody else has or can still take back, and for a disabled account.
func (s *Store) SetEmail(ctx context.Context, user User, email string, from Origin) error {
	if !from.Operator {
		return ErrForbidden
	}
	key, err := rules.CanonicalEmail(email)
	if err != nil {
		return err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, ManagePeople, user.ID)
		if err != nil {
			return err
		}
		if own, _ := rules.CanonicalEmail(user.Email); own == key {
			return rules.Refuse("email", "That's the address that %s has.", user.Username)
		}
		if err := openTo(user); err != nil {
			return err
		}
		if err := tx.moveEmail(ctx, &user, rules.DeliverableEmail(email), key, time.Time{}, from); err != nil {
			return err
		}
		if err := tx.askToVerify(ctx, user, from); err != nil {
			return err
		}
		return tx.audit(ctx, from, EventEmailChanged, user.ID, "", from.Reason)
	})
	if s.Conflict(err) != "" {
		return ErrEmailTaken
	}
	return err
}

// emailReserved says whether somebody else may still have an address put back.
func (tx *Tx) emailReserved(ctx context.Context, key string, user User) (bool, error) {
	now := tx.store.Now()
	rows, err := tx.QueryContext(ctx, selectReservedEmail, key, now, latest(now, UndoValid))
	if err != nil {
		return false, fmt.Errorf("look who may take an address back: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id sql.NullInt64
		if err := rows.Scan(&id); err != nil {
			return false, fmt.Errorf("look who may take an address back: %w", err)
		}
		if id.Int64 != user.ID {
			return true, nil
		}
	}
	return false, rows.Err()
}

// UndoEmail gives an account its former address back, whatever happened to it since.
// All sign-ins end, factors that were set up since are gone, the password is void, and a letter to
// the address lets its owner choose a new one. It returns ErrInvalidLink for a token that does not work.
func (s *Store) UndoEmail(ctx context.Context, token string, from Origin) error {
	t, err := s.Token(ctx, token, PurposeUndo)
	if err != nil {
		return err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		if err := tx.redeem(ctx, token, t.User); err != nil {
			return err
		}
		var user User
		row := tx.QueryRowContext(ctx, restoreEmail, t.Email, t.emailKey, s.Now(), t.User.ID)
		if err := user.scan(row); errors.Is(err, ErrNotFound) {
			return ErrInvalidLink
		} else if err != nil {
			return err
		}
		if err := tx.signOutEverywhere(ctx, user); err != nil {
			return err
		}
		if err := tx.dropFactorsSince(ctx, user, t.created, from); err != nil {
			return err
		}
		// Later links of this kind went to addresses that the intruder may have chosen.
		// Earlier ones stay with the owner.
		if _, err := tx.ExecContext(ctx, deleteLaterUndos, user.ID, t.created); err != nil {
			return fmt.Errorf("void the tokens of user %d: %w", user.ID, err)
		}
		if err := tx.sendLink(ctx, LetterEmailRestored, user, user.Email, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventEmailUndone, "", from)
	})
	if s.Conflict(err) != "" {
		return ErrInvalidLink
	}
	return err
}
