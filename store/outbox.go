package store

import (
	"context"
	"fmt"
	"time"
)

// LetterLease is how long a letter belongs to the worker that took it. It must
// be longer than a delivery can take.
const LetterLease = 5 * time.Minute

// pauses are how long a letter rests after each try, and after further ones as
// long as after the last. pausesMax is how many of them fit into LetterLasts,
// which is all there is to go by where a letter expires in an impossible time.
var pauses = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour}

const pausesMax = 27

const (
	// due_at is a condition, so that of several workers one gets the letter.
	claimLetter = `UPDATE letters SET due_at = $1, tries = tries + 1
		WHERE id = $2 AND priority = $3 AND due_at = $4 AND sealed IS NOT NULL`

	postponeLetter = `UPDATE letters SET due_at = $1 WHERE id = $2`
	finishLetter   = `UPDATE letters SET sealed = NULL WHERE id = $1`

	deleteOldAddresses = `DELETE FROM letter_addresses WHERE address IN (
		SELECT address FROM letter_addresses WHERE at <= $1 ORDER BY at LIMIT $2)`

	deleteDoneLetters = `DELETE FROM letters WHERE id IN (
		SELECT id FROM letters WHERE created_at <= $1 AND (sealed IS NULL OR expires_at <= $1) ORDER BY created_at LIMIT $2)`
)

// Letters announces, at most once, that there are new letters.
func (s *Store) Letters() <-chan struct{} { return s.written }

// TakeLetters claims up to limit letters of a priority that are due, for one
// worker among any number in any number of copies, and to each domain no more than
// it has room for; the letters of others go past those that it leaves. A nil room is
// room for all. Questions of people who forgot their password, which are awaited, are
// answered on the way. What is not reported delivered, postponed or given up comes
// back after a while: take no more than can be sent at once.
func (s *Store) TakeLetters(ctx context.Context, priority Priority, limit int, room func(domain string) int) ([]Letter, error) {
	for {
		taken, settled, err := s.takeLetters(ctx, priority, limit, room)
		if err != nil || len(taken) > 0 || !settled {
			return taken, err
		}
	}
}

// takeLetters says also whether it settled anything itself: then more may be
// due, an answer among them.
func (s *Store) takeLetters(ctx context.Context, priority Priority, limit int, room func(domain string) int) (taken []Letter, settled bool, err error) {
	ctx, cancel := background(ctx)
	defer cancel()
	now := s.now()
	due, err := s.dueLetters(ctx, priority, now, limit, room)
	if err != nil {
		return nil, false, fmt.Errorf("look for letters: %w", err)
	}
	for _, r := range due {
		n, err := s.db.Exec(ctx, claimLetter, s.now().Add(LetterLease), r.ID, priority, r.due)
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
	if _, err := s.db.Exec(ctx, finishLetter, l.ID); err != nil {
		return fmt.Errorf("finish a letter: %w", err)
	}
	return nil
}

// LetterLater puts a letter back that could not be delivered. It returns false
// when it would expire before the next try: then it is for the caller to give
// it up.
func (s *Store) LetterLater(ctx context.Context, l Letter) (bool, error) {
	now := s.now()
	next := now.Add(pauses[min(l.Tries, len(pauses))-1])
	if !next.Before(l.Expires) || !possible(l.Expires, now, LetterLasts) && l.Tries > pausesMax {
		return false, nil
	}
	if _, err := s.db.Exec(ctx, postponeLetter, next, l.ID); err != nil {
		return true, fmt.Errorf("put a letter back: %w", err)
	}
	return true, nil
}
