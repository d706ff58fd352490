package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Kinds of letters.
const (
	LetterConfirm         = "confirm"          // confirm the address of an account
	LetterRegister        = "register"         // confirm the address and so open the account
	LetterOwner           = "owner"            // somebody asked for an account with your address
	LetterReset           = "reset"            // choose a new password
	LetterAddressBack     = "address-back"     // the same, after the old address was put back
	LetterNewAddress      = "new-address"      // confirm the new address
	LetterAddressChanged  = "address-changed"  // to the old address, with a way back
	LetterPasswordChanged = "password-changed" // tells
	LetterNewDevice       = "new-device"       // tells
	LetterClosed          = "closed"           // tells
	LetterPasswordOff     = "password-off"     // tells, after too many wrong ones
	LetterInvite          = "invite"           // choose a name and a password

	// askReset is no letter yet: the question of somebody who forgot a password.
	// It is answered in the background, so that the page takes the same time
	// whether or not there is an account.
	askReset = "ask-reset"
)

// LetterKinds are all of them.
var LetterKinds = []string{
	LetterConfirm, LetterRegister, LetterOwner, LetterReset, LetterAddressBack, LetterNewAddress, LetterAddressChanged,
	LetterPasswordChanged, LetterNewDevice, LetterClosed, LetterPasswordOff, LetterInvite,
}

// Letter is a letter on its way: what it says, not how.
type Letter struct {
	ID    int64
	Kind  string
	Tries int
	// Written is when it was put into the outbox, Expires when it is not worth
	// sending any more.
	Written, Expires time.Time
	LetterData
}

// LetterData is what a letter is about. It is kept sealed, because Token opens
// something, and gone once the letter is delivered.
type LetterData struct {
	// To is the address.
	To string `json:"to"`
	// Name and Username are the person's, where there is an account.
	Name     string `json:"name,omitempty"`
	Username string `json:"username,omitempty"`
	// Token belongs into the link, and Valid says how long it is good for.
	Token string        `json:"token,omitempty"`
	Valid time.Duration `json:"valid,omitempty"`
	// Address is another mail address that the letter speaks of.
	Address string `json:"address,omitempty"`
	// At, From and Agent are when, from which network address and with which
	// browser it happened.
	At    time.Time `json:"at"`
	From  string    `json:"from,omitempty"`
	Agent string    `json:"agent,omitempty"`
	// Within is how long something can still be undone.
	Within time.Duration `json:"within,omitempty"`
}

const (
	// LettersPerHour is how many letters of one kind an address gets within an
	// hour, whatever asks for them.
	LettersPerHour = 3
	// LetterTries is how long delivery of a letter is tried, unless its link
	// expires sooner.
	LetterTries = 24 * time.Hour
	// letterLease is how long a letter belongs to the worker that took it. It
	// must be longer than a delivery can take.
	letterLease = 5 * time.Minute
)

const (
	lockAddress = `INSERT INTO letter_addresses (address, at) VALUES ($1, $2) ON CONFLICT (address) DO UPDATE SET at = $2`

	countLetters = `SELECT count(*) FROM letters WHERE address = $1 AND kind = $2 AND created_at > $3`

	insertLetter = `INSERT INTO letters (kind, address, sealed, created_at, due_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)`

	selectDueLetters = `SELECT id, kind, sealed, tries, created_at, expires_at, due_at FROM letters
		WHERE sealed IS NOT NULL AND due_at <= $1 ORDER BY due_at LIMIT $2`

	// due_at is a condition, so that of several workers one gets the letter.
	claimLetter = `UPDATE letters SET due_at = $1, tries = tries + 1 WHERE id = $2 AND due_at = $3 AND sealed IS NOT NULL`

	postponeLetter = `UPDATE letters SET due_at = $1 WHERE id = $2`
	finishLetter   = `UPDATE letters SET sealed = NULL WHERE id = $1`

	deleteOldAddresses = `DELETE FROM letter_addresses WHERE address IN (
		SELECT address FROM letter_addresses WHERE at <= $1 ORDER BY at LIMIT $2)`

	deleteDoneLetters = `DELETE FROM letters WHERE id IN (
		SELECT id FROM letters WHERE created_at <= $1 AND (sealed IS NULL OR expires_at <= $1) ORDER BY created_at LIMIT $2)`
)

// Mails says whether the site sends mail.
func (s *Store) Mails() bool { return s.seal != nil }

// letter puts a letter into the outbox, in the transaction of what it speaks
// of. An address that had its share of that kind gets none; whoever asked is
// not told.
func (d *deed) letter(ctx context.Context, kind string, data LetterData) error {
	s := d.store
	if !s.Mails() {
		return nil
	}
	key, err := CanonicalEmail(data.To)
	if err != nil {
		key = data.To // what somebody typed to say who they are
	}
	address, now := digest(key), s.now()
	if _, err := d.ExecContext(ctx, lockAddress, address, now); err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	var sent int
	if err := d.QueryRowContext(ctx, countLetters, address, kind, now.Add(-time.Hour)).Scan(&sent); err != nil {
		return fmt.Errorf("count letters: %w", err)
	}
	if sent >= LettersPerHour && kind != askReset {
		s.log.InfoContext(ctx, "letter not written: its address had enough of that kind", "kind", kind)
		return nil
	}
	if data.At.IsZero() {
		data.At = now
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	expires := now.Add(LetterTries)
	if data.Valid > 0 && data.Valid < LetterTries {
		expires = now.Add(data.Valid)
	}
	if _, err := d.ExecContext(ctx, insertLetter, kind, address, s.seal.seal(text, kind), now, expires); err != nil {
		return fmt.Errorf("write a letter: %w", err)
	}
	d.letters = true
	return nil
}

// to begins a letter to a person about something that came from somewhere.
func to(user User, from Origin) LetterData {
	return LetterData{To: user.Email, Name: user.Name, Username: user.Username, From: from.Address, Agent: shorten(from.Agent, agentMax)}
}

// Letters announces, at most once, that there are new letters.
func (s *Store) Letters() <-chan struct{} { return s.written }

// TakeLetters claims up to limit letters that are due, for one worker among
// any number in any number of copies. Questions of people who forgot their
// password are answered on the way. What is not reported delivered, postponed
// or given up comes back after a while.
func (s *Store) TakeLetters(ctx context.Context, limit int) ([]Letter, error) {
	for {
		taken, settled, err := s.takeLetters(ctx, limit)
		if err != nil || len(taken) > 0 || !settled {
			return taken, err
		}
	}
}

// takeLetters says also whether it settled anything itself: then more may be
// due, an answer among them.
func (s *Store) takeLetters(ctx context.Context, limit int) (taken []Letter, settled bool, err error) {
	type row struct {
		Letter
		sealed []byte
		due    time.Time
	}
	now := s.now()
	due, err := all(ctx, s, selectDueLetters, []any{now, limit}, func(r *row) []any {
		return []any{&r.ID, &r.Kind, &r.sealed, &r.Tries, utc{&r.Written}, utc{&r.Expires}, utc{&r.due}}
	})
	if err != nil {
		return nil, false, fmt.Errorf("look for letters: %w", err)
	}
	for _, r := range due {
		result, err := s.db.Write.ExecContext(ctx, claimLetter, now.Add(letterLease), r.ID, r.due)
		if err != nil {
			return taken, settled, fmt.Errorf("take a letter: %w", err)
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			continue // another worker has it
		}
		r.Tries++
		text, err := s.seal.open(r.sealed, r.Kind)
		if err == nil {
			err = json.Unmarshal(text, &r.LetterData)
		}
		switch {
		case err != nil:
			s.log.ErrorContext(ctx, "letter lost", "letter", r.ID, "kind", r.Kind, "error", err.Error())
			settled, err = true, s.LetterDone(ctx, r.Letter)
		case !now.Before(r.Expires):
			s.log.WarnContext(ctx, "letter given up: its time was over before it could be sent", "letter", r.ID, "kind", r.Kind)
			settled, err = true, s.LetterDone(ctx, r.Letter)
		case r.Kind == askReset:
			settled, err = true, s.answerReset(ctx, r.Letter)
		default:
			taken = append(taken, r.Letter)
		}
		if err != nil {
			return taken, settled, err
		}
	}
	return taken, settled, nil
}

// LetterDone erases what a letter says, once it is delivered or given up.
func (s *Store) LetterDone(ctx context.Context, l Letter) error {
	if _, err := s.db.Write.ExecContext(ctx, finishLetter, l.ID); err != nil {
		return fmt.Errorf("finish a letter: %w", err)
	}
	return nil
}

// LetterLater puts a letter back that could not be delivered. It returns false
// when it would expire before the next try: then it is for the caller to give
// it up.
func (s *Store) LetterLater(ctx context.Context, l Letter) (bool, error) {
	pauses := []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}
	next := s.now().Add(pauses[min(l.Tries, len(pauses))-1])
	if !next.Before(l.Expires) {
		return false, nil
	}
	if _, err := s.db.Write.ExecContext(ctx, postponeLetter, next, l.ID); err != nil {
		return true, fmt.Errorf("put a letter back: %w", err)
	}
	return true, nil
}

// PruneLetterAddresses deletes up to limit addresses to which nothing was
// written lately, and says how many.
func (s *Store) PruneLetterAddresses(ctx context.Context, limit int) (int64, error) {
	return s.prune(ctx, deleteOldAddresses, s.now().Add(-time.Hour), limit)
}

// PruneLetters deletes up to limit letters that were sent and need not be
// counted any more, and says how many.
func (s *Store) PruneLetters(ctx context.Context, limit int) (int64, error) {
	return s.prune(ctx, deleteDoneLetters, s.now().Add(-time.Hour), limit)
}
