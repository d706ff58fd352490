package store

import (
	"context"

	"gatehouse/store/rules"
)

// Invite writes to an address that its owner may open an account. It is refused where
// the address has one, or was invited LettersPerHour times within the last hour.
func (s *Store) Invite(ctx context.Context, email string, from Origin) error {
	key, err := rules.CanonicalEmail(email)
	if err != nil {
		return err
	}
	if taken, err := s.emailTaken(ctx, key); err != nil {
		return err
	} else if taken {
		return ErrEmailTaken
	}
	return s.Write(ctx, func(tx *Tx) error {
		err := tx.sendLink(ctx, LetterInvite, User{}, rules.DeliverableEmail(email), from)
		if err == nil && s.Mails() && !tx.letters {
			return rules.Refuse("email", "This address was invited %d times within an hour. Wait before you invite it again.", LettersPerHour)
		}
		return err
	})
}

// AcceptInvite makes the account of whoever holds the token of an invitation.
// Its address is the one that was invited, whatever the registration says, and
// counts as confirmed. After a refusal the token still works. A token that does not work
// gives ErrInvalidLink.
func (s *Store) AcceptInvite(ctx context.Context, token string, r Registration, from Origin) (User, error) {
	t, err := s.Token(ctx, token, PurposeInvite)
	if err != nil {
		return User{}, err
	}
	r.Email = t.Email
	user, err := s.register(ctx, r, from, func(tx *Tx) error { return tx.redeem(ctx, token, User{}) })
	if refusal, refused := rules.AsRefusal(err); refused && refusal.Field == "email" {
		return User{}, ErrInvalidLink // has an account by now
	}
	return user, err
}
