package store

import (
	"context"
	"fmt"
	"time"
)

const (
	endAllSignIns     = `DELETE FROM signins`
	endAllSessions    = `DELETE FROM sessions`
	voidTokens        = `DELETE FROM tokens WHERE purpose <> 'undo' AND purpose <> 'factors'`
	voidPending       = `DELETE FROM pending`
	voidChallenges    = `DELETE FROM challenges`
	endAllTrust       = `UPDATE devices SET trust = '', trusted_until = NULL WHERE trusted_until IS NOT NULL`
	giveUpLetters     = `UPDATE letters SET sealed = NULL, token = '', outcome = $1, ended_at = $2 WHERE sealed IS NOT NULL`
	quietSignals      = `INSERT INTO locks (name, at) VALUES ('passkey-signals-off', $1) ON CONFLICT (name) DO UPDATE SET at = $1`
	loudSignals       = `DELETE FROM locks WHERE name = 'passkey-signals-off'`
	selectSignals     = `SELECT at FROM locks WHERE name = 'passkey-signals-off'`
	selectNewestEvent = `SELECT at FROM events ORDER BY at DESC LIMIT 1`
	selectNewestDeed  = `SELECT at FROM audit ORDER BY at DESC LIMIT 1`
)

// idGap is how far ids go on behind those of a copy that was put back: more than could have been given
// since it was taken, because an id is never given twice.
const idGap = 1_000_000

// Settled is what Settle did.
type Settled struct {
	// Accounts are all there are. Until is when the last thing in the database happened.
	Accounts int64
	Until    time.Time
	// Letters are those that were given up.
	Letters int64
}

// Settle makes a database that was put back safe to serve: an older copy knows nothing of what was
// ended, used or sent since. All sign-ins and sessions end, unless they are kept. Links and
// registrations that wait are void, but for those that take something back; no browser is trusted;
// letters that wait are given up; ids go on behind a gap. Password managers are no longer told to forget
// passkeys that the site does not know, until Signals says otherwise.
func (s *Store) Settle(ctx context.Context, keepSignIns bool, from Origin) (done Settled, err error) {
	if !from.Operator {
		return done, ErrForbidden
	}
	if done.Accounts, err = s.CountAccounts(ctx); err != nil {
		return done, err
	}
	for _, newest := range []string{selectNewestEvent, selectNewestDeed} {
		found, err := All(ctx, s, newest, nil, func(at *time.Time) []any { return []any{UTC{at}} })
		if err != nil {
			return done, err
		}
		if len(found) > 0 && found[0].After(done.Until) {
			done.Until = found[0]
		}
	}
	err = s.Write(ctx, func(tx *Tx) error {
		void := []string{voidTokens, voidPending, voidChallenges, endAllTrust}
		if !keepSignIns {
			void = append(void, endAllSignIns, endAllSessions)
		}
		for _, statement := range void {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("settle: %w", err)
			}
		}
		now := s.Now()
		if done.Letters, err = tx.changed(ctx, giveUpLetters, OutcomeExpired, now); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if _, err := tx.ExecContext(ctx, quietSignals, now); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		if err := s.db.SkipIDs(ctx, tx.Tx, idGap); err != nil {
			return fmt.Errorf("settle: %w", err)
		}
		return tx.audit(ctx, from, EventSettled, 0, "", "")
	})
	return done, err
}

// What Signals did, in the detail of EventSettled.
const (
	DetailSignalsOn  = "passkey signals on"
	DetailSignalsOff = "passkey signals off"
)

// Signals says whether password managers are told to forget passkeys that the site does not know. It
// counts for programs that start from then on.
func (s *Store) Signals(ctx context.Context, on bool, from Origin) error {
	if !from.Operator {
		return ErrForbidden
	}
	return s.Write(ctx, func(tx *Tx) error {
		statement, args := loudSignals, []any{}
		detail := DetailSignalsOn
		if !on {
			statement, args, detail = quietSignals, []any{s.Now()}, DetailSignalsOff
		}
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("signals of passkeys: %w", err)
		}
		return tx.audit(ctx, from, EventSettled, 0, detail, "")
	})
}

// findSignals reads what Signals said.
func (s *Store) findSignals(ctx context.Context) error {
	found, err := All(ctx, s, selectSignals, nil, func(at *time.Time) []any { return []any{UTC{at}} })
	s.quiet = len(found) > 0
	return err
}

// SignalsUnknown says whether password managers are told of passkeys that are unknown here.
func (s *Store) SignalsUnknown() bool { return !s.quiet }
