package store

import (
	"context"
	"database/sql"
	"errors"
)

// suspendAfter is how many wrong passwords in a row make an account accept none, not
// even the right one, until its owner chooses a new one. It applies to sites that send
// mail, which that takes. With the deviceFailures of a known device it is the hundred of
// NIST SP 800-63B-4, 3.2.2.
const suspendAfter = 90

const (
	updateWrong = `UPDATE users SET wrong_passwords = wrong_passwords + 1 WHERE id = $1 RETURNING wrong_passwords`
	resetWrong  = `UPDATE users SET wrong_passwords = 0 WHERE id = $1 AND wrong_passwords > 0`
)

// suspended says whether the account accepts no password for now. A known device has a
// count of its own.
func (s *Store) suspended(a attempt) bool {
	return s.Mails() && a.user.wrongPasswords >= suspendAfter && a.countsForAccount()
}

// countsForAccount says whether the attempt counts towards suspension: not on a known
// device, and not where there is no limit on wrong passwords.
func (a attempt) countsForAccount() bool { return a.bucket != "" && !a.onDevice() }

// countTowardsSuspension counts a wrong password towards suspension, and writes to the
// person when it is reached.
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
	from.Zone = "" // it is somebody else's
	return tx.notify(ctx, LetterPasswordOff, a.user, from)
}
