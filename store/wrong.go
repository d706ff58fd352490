package store

import (
	"context"
	"database/sql"
	"errors"
)

// wrongMax is after how many wrong passwords in a row an account takes none
// any more, where mail can set a new one. With what a known device may try it
// is the hundred of NIST SP 800-63B-4, 3.2.2.
const wrongMax = 90

const (
	updateWrong = `UPDATE users SET wrong_passwords = wrong_passwords + 1 WHERE id = $1 RETURNING wrong_passwords`
	resetWrong  = `UPDATE users SET wrong_passwords = 0 WHERE id = $1 AND wrong_passwords > 0`
)

// off says whether the account takes no password for now, not even the right
// one. A known device has a count of its own.
func (s *Store) off(t try) bool { return s.Mails() && t.user.wrong >= wrongMax && t.counts() }

// counts says whether the try counts towards off: not on a known device, and
// not where there is no limit on wrong passwords.
func (t try) counts() bool { return t.bucket != "" && !t.onDevice() }

// countWrong counts towards off, and tells the person when it is reached.
func (tx *Tx) countWrong(ctx context.Context, t try, from Origin) error {
	if !t.counts() {
		return nil
	}
	var wrong int
	err := tx.QueryRowContext(ctx, updateWrong, t.user.ID).Scan(&wrong)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // erased meanwhile
	}
	if err != nil || wrong != wrongMax {
		return err
	}
	return tx.tell(ctx, LetterPasswordOff, t.user, from)
}
