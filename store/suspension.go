package store

import (
	"context"
	"database/sql"
	"errors"
)

// suspendAfter is after how many wrong passwords in a row an account takes none
// any more, where mail can set a new one. With what a known device may try it
// is the hundred of NIST SP 800-63B-4, 3.2.2.
const suspendAfter = 90

const (
	updateWrong = `UPDATE users SET wrong_passwords = wrong_passwords + 1 WHERE id = $1 RETURNING wrong_passwords`
	resetWrong  = `UPDATE users SET wrong_passwords = 0 WHERE id = $1 AND wrong_passwords > 0`
)

// suspended says whether the account takes no password for now, not even the right
// one. A known device has a count of its own.
func (s *Store) suspended(a attempt) bool {
	return s.Mails() && a.user.wrongPasswords >= suspendAfter && a.countsForAccount()
}

// countsForAccount says whether the try counts towards off: not on a known device, and
// not where there is no limit on wrong passwords.
func (a attempt) countsForAccount() bool { return a.bucket != "" && !a.onDevice() }

// countTowardsSuspension counts towards off, and tells the person when it is reached.
func (tx *Tx) countTowardsSuspension(ctx context.Context, a attempt, from Origin) error {
	if !a.countsForAccount() {
		return nil
	}
	var wrong int
	err := tx.QueryRowContext(ctx, updateWrong, a.user.ID).Scan(&wrong)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // erased meanwhile
	}
	if err != nil || wrong != suspendAfter {
		return err
	}
	return tx.notify(ctx, LetterPasswordOff, a.user, from)
}
