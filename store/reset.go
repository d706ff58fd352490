package store

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/store/identity"
	"gatehouse/store/rules"
)

const (
	// A password chosen by link confirms the address as well.
	updateResetPassword = `UPDATE users SET password_scheme = $1, password_hash = $2, password_cost = $3, password_at = $4,
		epoch = epoch + 1, wrong_passwords = 0, confirmed_at = coalesce(confirmed_at, $4)
		WHERE id = $5 AND epoch = $6 AND disabled_at IS NULL`

	deleteDevices = `DELETE FROM devices WHERE user_id = $1`
)

// AskReset notes that somebody forgot the password of the account with this username
// or email address. Whether there is one is looked up later, so it answers alike and in
// the same time.
func (s *Store) AskReset(ctx context.Context, identifier string, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		return tx.enqueue(ctx, askReset, User{}, LetterData{
			To: rules.Shorten(identifier, rules.EmailMax), From: from.Address, Agent: rules.Shorten(from.Agent, agentMax), Zone: from.Zone, Valid: ResetValid,
		})
	})
}

// answerReset writes the letter that AskReset asked for, if there is such an account,
// and always to its address.
func (s *Store) answerReset(ctx context.Context, ask Letter) error {
	user, _, err := s.identify(ctx, ask.To)
	if errors.Is(err, ErrNotFound) || err == nil && user.Disabled() {
		return s.LetterDone(ctx, ask, OutcomeExpired)
	}
	if err != nil {
		return fmt.Errorf("answer a forgotten password: %w", err)
	}
	from := Origin{Address: ask.From, Agent: ask.Agent, Zone: ask.Zone}
	return s.Write(ctx, func(tx *Tx) error {
		answers, err := tx.changed(ctx, deleteQuestion, ask.ID)
		if err != nil {
			return fmt.Errorf("answer a forgotten password: %w", err)
		}
		if answers == 0 {
			return nil // another worker did
		}
		if err := tx.sendLink(ctx, LetterReset, user, user.Email, from); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventResetAsked, "", from)
	})
}

// ResetToken makes the token of a link with which a person can choose a new
// password, for operators of a site that sends no mail. It is refused for a
// disabled account, whose links are void.
func (s *Store) ResetToken(ctx context.Context, user User, from Origin) (token string, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil {
			return err
		}
		if err := openTo(user); err != nil {
			return err
		}
		if token, err = tx.issue(ctx, PurposeReset, user, user.Email); err != nil {
			return err
		}
		return tx.deed(ctx, from, EventResetAsked, user, "")
	})
	return token, err
}

// openTo refuses a link to somebody whose links are void.
func openTo(user User) error {
	if user.Disabled() {
		return rules.Refuse("", "The account %s is disabled. Enable it first.", user.Username)
	}
	return nil
}

// SendReset writes to a person, for an administrator, so that they can choose a new password. The
// letter goes to the address of the account, and nobody else sees its link. Until they use it
// nothing about the account is changed. It is refused where the site sends no mail, for a disabled
// account, and where the address had LettersPerHour of these.
func (s *Store) SendReset(ctx context.Context, user User, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil {
			return err
		}
		if !s.Mails() {
			return NoMail(user)
		}
		if err := openTo(user); err != nil {
			return err
		}
		if err := tx.sendLink(ctx, LetterReset, user, user.Email, from); err != nil {
			return err
		}
		if !tx.letters {
			return tx.enoughFor(user)
		}
		return tx.deed(ctx, from, EventResetAsked, user, "")
	})
}

// NoMail refuses to write to somebody where the site sends no mail, and says what is left.
func NoMail(user User) error {
	return rules.Refuse("", "This site sends no mail. Whoever runs it can use %s user reset %s.", identity.Program, user.Username)
}

// enoughFor refuses one more letter to somebody.
func (tx *Tx) enoughFor(user User) error {
	return rules.Refuse("", "%s had %d of these emails within the hour. Wait before you send another.", user.Username, LettersPerHour)
}

// ResetPassword takes a new password from whoever holds the token. All sign-ins
// end, no device is known any more, every other token of the person is void,
// and they get a letter. Nobody is signed in by it. After a refused password the token
// still works. A token that does not work gives ErrInvalidLink.
func (s *Store) ResetPassword(ctx context.Context, token, password string, from Origin) error {
	return s.resetPassword(ctx, token, password, false, from)
}

// ResetPasswordAndPasskeys is ResetPassword, and removes the passkeys of somebody without a second
// step besides: somebody else may have added them.
func (s *Store) ResetPasswordAndPasskeys(ctx context.Context, token, password string, from Origin) error {
	return s.resetPassword(ctx, token, password, true, from)
}

func (s *Store) resetPassword(ctx context.Context, token, password string, withPasskeys bool, from Origin) error {
	t, err := s.Token(ctx, token, PurposeReset)
	if err != nil {
		return err
	}
	user := t.User
	if err := s.passwords.Check(password, user.Name, user.Username, user.Email); err != nil {
		return err
	}
	stored, err := s.hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		if err := tx.redeem(ctx, token, user); err != nil {
			return err
		}
		changed, err := tx.changed(ctx, updateResetPassword, stored.Scheme, stored.Hash, stored.Cost, s.Now(), user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("reset a password: %w", err)
		}
		if changed == 0 {
			return ErrInvalidLink
		}
		if err := tx.forgetFailures(ctx, user.ID); err != nil {
			return err
		}
		if err := tx.signOutEverywhere(ctx, user); err != nil {
			return err
		}
		if err := tx.dropUnconfirmed(ctx, user, from); err != nil {
			return err
		}
		if withPasskeys && !user.SecondStep() {
			if _, err := tx.dropPasskeys(ctx, user, deletePasskeys, from); err != nil {
				return err
			}
		}
		if err := tx.Record(ctx, user.ID, EventPasswordChanged, DetailByLink, from); err != nil {
			return err
		}
		user.VerifiedAt = s.Now() // whoever had the link reads mail there
		return tx.notify(ctx, LetterPasswordChanged, user, from)
	})
}

// signOutEverywhere ends all sign-ins, forgets all devices, and voids all
// tokens but the ways back from a change of address and from a first factor.
func (tx *Tx) signOutEverywhere(ctx context.Context, user User) error {
	if _, err := tx.endSignIns(ctx, deleteSignIns, user.ID); err != nil {
		return fmt.Errorf("sign user %d out everywhere: %w", user.ID, err)
	}
	for _, statement := range []string{deleteDevices, deleteTokens} {
		if _, err := tx.ExecContext(ctx, statement, user.ID); err != nil {
			return fmt.Errorf("sign user %d out everywhere: %w", user.ID, err)
		}
	}
	return nil
}
