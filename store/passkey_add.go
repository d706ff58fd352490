package store

import (
	"context"
	"fmt"
	"strings"
)

const (
	insertPasskey = `INSERT INTO passkeys (id, user_id, handle, domain, name, public_key, model, transports, sign_count, backup_eligible, backed_up, confirmed, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`

	updatePasskeyUser = `UPDATE users SET passkey_user = coalesce(passkey_user, $1), epoch = epoch + 1
		WHERE id = $2 AND epoch = $3 AND disabled_at IS NULL AND closed_at IS NULL`
)

// AddedPasskey is what came of adding a passkey.
type AddedPasskey struct {
	Passkey Passkey
	// SignIn is the sign-in under its new id.
	SignIn SignIn
	// Codes are new recovery codes where the passkey turned the second step on, which the site asks
	// for; otherwise there are none.
	Codes []string
}

// AddPasskey adds the passkey that answered a ceremony. name names it by its model. ErrSignInEnded
// says that the sign-in has ended or the account has changed.
func (s *Store) AddPasskey(ctx context.Context, n SignIn, user User, token, text string, name func(model string) string, from Origin) (AddedPasskey, error) {
	var added AddedPasskey
	if s.Mails() && !user.Verified() {
		return added, errUnconfirmed
	}
	b, err := s.open(ceremonyAdd, n.Handle, user, token)
	if err != nil {
		return added, err
	}
	owner, err := s.passkeyOwner(ctx, user)
	if err != nil {
		return added, err
	}
	key, err := s.checkNew(ctx, b, text, owner, name)
	if err != nil {
		return added, err
	}
	err = s.Write(ctx, func(tx *Tx) error {
		added = AddedPasskey{Passkey: key}
		changed, err := tx.changed(ctx, updatePasskeyUser, owner.handle, user.ID, user.epoch)
		if err != nil {
			return fmt.Errorf("add a passkey: %w", err)
		}
		if changed == 0 {
			return ErrSignInEnded
		}
		if err := tx.spend(ctx, b.challenge()); err != nil {
			return err
		}
		if err := tx.insertPasskey(ctx, user, key); err != nil {
			return err
		}
		if !user.SecondStep() && s.RequiresSecondStep(user) {
			letter := factorLetter(LetterSecondOn, user)
			if user.Passkeys == 0 {
				letter = LetterSecondOn // the one about the passkey has the way back
			}
			withPasskey := user
			withPasskey.Passkeys++
			withPasskey.epoch++
			added.SignIn, added.Codes, err = tx.turnSecondOn(ctx, n, withPasskey, letter, from)
		} else {
			added.SignIn, err = tx.renewSignIn(ctx, n)
		}
		if err != nil {
			return err
		}
		data := letterFor(user.Email, user, from)
		data.Passkey = key.Name
		if err := tx.notifyFactor(ctx, factorLetter(LetterPasskeyAdded, user), user, data); err != nil {
			return err
		}
		return tx.Record(ctx, user.ID, EventPasskeyAdded, key.Name, from)
	})
	if s.Conflict(err) == "passkeys.id" {
		err = ErrPasskeyFailed // somebody has it
	}
	return added, err
}

// insertPasskey stores a passkey and counts those of its person anew.
func (tx *Tx) insertPasskey(ctx context.Context, user User, key Passkey) error {
	var have int
	if err := tx.QueryRowContext(ctx, countPasskeys, user.ID).Scan(&have); err != nil {
		return fmt.Errorf("count passkeys: %w", err)
	}
	if have >= PasskeysMax {
		return errPasskeysMax
	}
	_, err := tx.ExecContext(ctx, insertPasskey, key.ID, user.ID, key.Handle, key.Domain, key.Name, key.publicKey, key.Model,
		strings.Join(key.Transports, " "), key.SignCount, key.BackupEligible, key.BackedUp, user.Verified(), key.CreatedAt)
	if err == nil {
		_, err = tx.ExecContext(ctx, recountPasskeys, user.ID)
	}
	if err != nil {
		return fmt.Errorf("add a passkey: %w", err)
	}
	return nil
}
