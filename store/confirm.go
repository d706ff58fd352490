package store

import (
	"context"
	"fmt"
)

const updateConfirmed = `UPDATE users SET confirmed_at = coalesce(confirmed_at, $1) WHERE id = $2 AND epoch = $3 AND email_key = $4`

// SendConfirmation writes to a person whose address is not confirmed.
func (s *Store) SendConfirmation(ctx context.Context, user User, from Origin) error {
	if user.Confirmed() {
		return nil
	}
	return s.write(ctx, func(d *deed) error { return d.askToConfirm(ctx, user, from) })
}

func (d *deed) askToConfirm(ctx context.Context, user User, from Origin) error {
	return d.letterWith(ctx, LetterConfirm, PurposeConfirm, user, user.Email, ConfirmValid, from)
}

// ConfirmAddress redeems the token of a letter to the address of an account,
// or to a new one, which then replaces the old. It returns the user as it is
// then, or ErrLink.
func (s *Store) ConfirmAddress(ctx context.Context, token string, from Origin) (User, error) {
	t, err := s.Token(ctx, token, PurposeConfirm, PurposeAddress)
	if err != nil {
		return User{}, err
	}
	var user User
	err = s.write(ctx, func(d *deed) error {
		user = t.User
		if err := d.redeem(ctx, token, user); err != nil {
			return err
		}
		if t.Purpose == PurposeAddress {
			return d.moveTo(ctx, &user, t, from)
		}
		n, err := d.changed(ctx, updateConfirmed, s.now(), user.ID, user.epoch, t.emailKey)
		if err != nil {
			return fmt.Errorf("confirm an address: %w", err)
		}
		if n == 0 {
			return ErrLink
		}
		user.ConfirmedAt = s.now()
		return d.record(ctx, user.ID, EventAddressConfirmed, "", from)
	})
	if s.db.Conflict(err) != "" {
		return User{}, ErrLink // somebody else confirmed that address first
	}
	return user, err
}
