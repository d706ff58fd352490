package store

import (
	"context"
	"fmt"

	"gatehouse/store/rules"
)

const updateVerified = `UPDATE users SET confirmed_at = coalesce(confirmed_at, $1) WHERE id = $2 AND epoch = $3 AND email_key = $4`

// ErrEnoughLetters refuses one more letter to somebody's own address.
var ErrEnoughLetters = rules.Refuse("", "You've had %d emails within the hour. Look in your spam folder.", LettersPerHour)

// SendVerification writes to a person whose address is not confirmed. It is refused where the
// address had LettersPerHour within the last hour.
func (s *Store) SendVerification(ctx context.Context, user User, from Origin) error {
	if user.Verified() {
		return nil
	}
	return s.Write(ctx, func(tx *Tx) error {
		err := tx.askToVerify(ctx, user, from)
		if err == nil && s.Mails() && !tx.letters {
			return ErrEnoughLetters
		}
		return err
	})
}

// AskToVerify is SendVerification for an administrator.
func (s *Store) AskToVerify(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil || user.Verified() {
			return err
		}
		if !s.Mails() {
			return rules.Refuse("", "This site sends no mail, so nobody can confirm an address.")
		}
		if err := openTo(user); err != nil {
			return err
		}
		if err := tx.askToVerify(ctx, user, from); err != nil {
			return err
		}
		if !tx.letters {
			return tx.enoughFor(user)
		}
		return tx.deed(ctx, from, EventVerifyAsked, user, "")
	})
}

func (tx *Tx) askToVerify(ctx context.Context, user User, from Origin) error {
	return tx.sendLink(ctx, LetterVerify, user, user.Email, from)
}

// VerifyEmail redeems the token of a letter to the address of an account,
// or to a new one, which then replaces the old. It returns the changed user, or
// ErrInvalidLink.
func (s *Store) VerifyEmail(ctx context.Context, token string, from Origin) (User, error) {
	t, err := s.Token(ctx, token, PurposeVerify, PurposeNewEmail)
	if err != nil {
		return User{}, err
	}
	var user User
	err = s.Write(ctx, func(tx *Tx) error {
		user = t.User
		if err := tx.redeem(ctx, token, user); err != nil {
			return err
		}
		if t.Purpose == PurposeNewEmail {
			return tx.setEmail(ctx, &user, t, from)
		}
		n, err := tx.changed(ctx, updateVerified, s.Now(), user.ID, user.epoch, t.emailKey)
		if err != nil {
			return fmt.Errorf("confirm an address: %w", err)
		}
		if n == 0 {
			return ErrInvalidLink
		}
		user.VerifiedAt = s.Now()
		return tx.Record(ctx, user.ID, EventEmailVerified, "", from)
	})
	if s.Conflict(err) != "" {
		return User{}, ErrInvalidLink // somebody else confirmed that address first
	}
	return user, err
}
