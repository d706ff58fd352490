package store

import (
	"context"
	"fmt"
	"time"
)

// LetterLease is how long a letter belongs to the worker that took it. It must
// be longer than a delivery can take.
const LetterLease = 5 * time.Minute

// pauses are how long a letter waits after each failed delivery; after further ones as
// long as the last says. pausesMax is how many fit into LetterLasts. It ends deliveries
// where the time at which a letter expires is impossible.
var pauses = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

const pausesMax = 27

// How letters ended. One that waits has no outcome yet.
const (
	OutcomeSent    = "sent"
	OutcomeRefused = "refused" // by the mail server, for good
	OutcomeExpired = "expired" // its time was over before it could be sent, or it was void by then
)

// LettersKept is how long it is kept of a letter to somebody with an account how it ended.
const LettersKept = 7 * 24 * time.Hour

const (
	// due_at is a condition, so that of several workers one gets the letter.
	claimLetter = `UPDATE letters SET due_at = $1, tries = tries + 1
		WHERE id = $2 AND priority = $3 AND due_at = $4 AND sealed IS NOT NULL`

	postponeLetter = `UPDATE letters SET due_at = $1 WHERE id = $2`
	finishLetter   = `UPDATE letters SET sealed = NULL, token = '', outcome = $1, ended_at = $2 WHERE id = $3 AND sealed IS NOT NULL`

	// Who asked, and about whom, is nobody's to read once it is answered.
	deleteQuestion = `DELETE FROM letters WHERE id = $1`

	deleteOldAddresses = `DELETE FROM letter_addresses WHERE address IN (
		SELECT address FROM letter_addresses WHERE at <= $1 ORDER BY at LIMIT $2)`

	isDone = `created_at <= $1 AND (sealed IS NULL OR expires_at <= $1)`

	// What was written to somebody without an account counts for an hour and is nobody's to see. coalesce is for the
	// planners, which then go by time and not by the account.
	deleteDoneLetters = `DELETE FROM letters WHERE id IN (
		SELECT id FROM letters WHERE address <> '' AND coalesce(user_id, 0) = 0 AND ` + isDone + ` ORDER BY created_at LIMIT $2)`

	// Of any other stays whose it was and how it ended.
	emptyAddresses = `UPDATE letters SET address = '', sealed = NULL, token = '',
		outcome = CASE WHEN sealed IS NULL THEN outcome ELSE 'expired' END, ended_at = coalesce(ended_at, expires_at)
		WHERE id IN (SELECT id FROM letters WHERE address <> '' AND user_id IS NOT NULL AND ` + isDone + ` ORDER BY created_at LIMIT $2)`

	deleteOldLetters = `DELETE FROM letters WHERE id IN (SELECT id FROM letters WHERE ` + isDone + ` ORDER BY created_at LIMIT $2)`

	dropLetter = `UPDATE letters SET sealed = NULL, token = '', outcome = 'expired', ended_at = $1
		WHERE token = $2 AND token <> '' AND sealed IS NOT NULL`

	// What still waits, such as the letter about the closing, is sent, and what still counts counts.
	disownLetters = `UPDATE letters SET user_id = NULL WHERE user_id = $1 AND (sealed IS NOT NULL OR address <> '')`
)

// Letters announces, at most once, that there are new letters.
func (s *Store) Letters() <-chan struct{} { return s.written }

// TakeLetters claims up to limit letters of a priority that are due. Any number of
// workers in any number of copies may do so at once. A domain gets no more letters than
// it has room for; letters to other domains overtake those that are left. A nil room is
// room for all. With the awaited letters, requests for a new password are answered.
//
// A letter that is not reported as delivered, postponed or given up comes back after
// LetterLease: take no more than can be sent at once.
func (s *Store) TakeLetters(ctx context.Context, priority Priority, limit int, room func(domain string) int) ([]Letter, error) {
	for {
		taken, settled, err := s.takeLetters(ctx, priority, limit, room)
		if err != nil || len(taken) > 0 || !settled {
			return taken, err
		}
	}
}

// takeLetters also says whether it settled any letter itself. Then more may be due, such
// as the answer to a request.
func (s *Store) takeLetters(ctx context.Context, priority Priority, limit int, room func(domain string) int) (taken []Letter, settled bool, err error) {
	ctx, cancel := background(ctx)
	defer cancel()
	now := s.Now()
	due, err := s.dueLetters(ctx, priority, now, limit, room)
	if err != nil {
		return nil, false, fmt.Errorf("look for letters: %w", err)
	}
	for _, r := range due {
		n, err := s.db.Exec(ctx, claimLetter, s.Now().Add(LetterLease), r.ID, priority, r.due)
		if err != nil {
			return taken, settled, fmt.Errorf("take a letter: %w", err)
		}
		if n == 0 {
			continue // another worker has it
		}
		r.Tries++
		switch {
		case r.lost != nil:
			s.log.ErrorContext(ctx, "letter lost", "letter", r.ID, "kind", r.Kind, "error", r.lost.Error())
			settled, err = true, s.LetterDone(ctx, r.Letter, OutcomeExpired)
		case !now.Before(r.Expires):
			s.log.WarnContext(ctx, "letter given up: its time was over before it could be sent", "letter", r.ID, "kind", r.Kind)
			settled, err = true, s.LetterDone(ctx, r.Letter, OutcomeExpired)
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

// LetterDone erases what a letter says, once it is delivered or given up, and keeps the outcome.
func (s *Store) LetterDone(ctx context.Context, l Letter, outcome string) (err error) {
	if l.Kind == askReset {
		_, err = s.db.Exec(ctx, deleteQuestion, l.ID)
	} else {
		_, err = s.db.Exec(ctx, finishLetter, outcome, s.Now(), l.ID)
	}
	if err != nil {
		return fmt.Errorf("finish a letter: %w", err)
	}
	return nil
}

// dropLetter empties the letter that has the token of a digest and still waits: the token is void. A
// worker that has it already may still send it.
func (tx *Tx) dropLetter(ctx context.Context, digest string) error {
	if _, err := tx.ExecContext(ctx, dropLetter, tx.store.Now(), digest); err != nil {
		return fmt.Errorf("drop a letter: %w", err)
	}
	return nil
}

// LetterLater puts a letter back that could not be delivered. It returns false
// if the letter would expire before the next delivery: then the caller must give it up.
func (s *Store) LetterLater(ctx context.Context, l Letter) (bool, error) {
	now := s.Now()
	next := now.Add(pauses[min(l.Tries, len(pauses))-1])
	if !next.Before(l.Expires) || !possible(l.Expires, now, LetterLasts) && l.Tries > pausesMax {
		return false, nil
	}
	if _, err := s.db.Exec(ctx, postponeLetter, next, l.ID); err != nil {
		return true, fmt.Errorf("put a letter back: %w", err)
	}
	return true, nil
}
