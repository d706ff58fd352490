package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

const (
	// One statement counts, and only where nobody has to wait. So of any number of
	// attempts at once each is counted before its password is compared. A wait longer
	// than LongestWait was written by a clock that was ahead, and does not count. A failure
	// in the future starts the count again only if it is more than failureLifetime away:
	// of two copies whose clocks differ, one must not do so at each attempt.
	countAttempt = `INSERT INTO throttles (bucket, failures, failed_at, waits_until) VALUES ($1, 1, $2, $2)
		ON CONFLICT (bucket) DO UPDATE SET failed_at = $2, waits_until = $2,
			failures = CASE WHEN throttles.failed_at <= $3 OR throttles.failed_at > $4 THEN 1 ELSE throttles.failures + 1 END,
			failed = CASE WHEN throttles.failed_at <= $3 OR throttles.failed_at > $4 THEN 0 ELSE throttles.failed END
		WHERE throttles.waits_until <= $2 OR throttles.waits_until > $5
		RETURNING failures`

	selectWait   = `SELECT waits_until FROM throttles WHERE bucket = $1`
	updateWait   = `UPDATE throttles SET waits_until = $1 WHERE bucket = $2`
	updateFailed = `UPDATE throttles SET failed_at = $1, failed = failed + 1 WHERE bucket = $2 RETURNING failed`

	takeBackFailure     = `UPDATE throttles SET failures = failures - 1, waits_until = $1 WHERE bucket = $2 AND failures > 0`
	deleteUserThrottles = `DELETE FROM throttles WHERE bucket >= $1 AND bucket < $2`
	deleteThrottle      = `DELETE FROM throttles WHERE bucket = $1`

	deleteQuietThrottles = `DELETE FROM throttles WHERE bucket IN (
		SELECT bucket FROM throttles WHERE failed_at <= $1 ORDER BY failed_at LIMIT $2)`
)

// attempt is one password or code that is about to be compared. It is counted as a
// failure before that, and taken back if it is none.
type attempt struct {
	bucket   string
	failures int
	user     User // the zero User if there is no such account
	// codes is where a code is counted besides, or empty. It has the count of those that were
	// wrong in a row, and the waits where there is no limit on passwords.
	codes string
}

// accountBucket is where the failures of an account are counted.
func accountBucket(user User) string { return "user:" + strconv.FormatInt(user.ID, 10) }

func deviceBucket(user User, device string) string { return accountBucket(user) + ":device:" + device }

// bucket is what an attempt is counted under: the known device it comes from, else
// the account, else the name that was typed. That name is in its canonical form, so that
// all spellings share one count, as they do where there is an account. It is stored as
// a digest, because people type passwords into the wrong line.
func (s *Store) bucket(ctx context.Context, user User, typed string, from Origin) (bucket string, err error) {
	if from.Device != "" {
		device := secret.Digest(from.Device)
		// The same query for unknown accounts, so that both take the same time.
		known, err := s.knownDevice(ctx, user, device)
		if err != nil {
			return "", err
		}
		if known {
			return deviceBucket(user, device), nil
		}
	}
	if user.ID != 0 {
		return accountBucket(user), nil
	}
	name, err := rules.CanonicalEmail(typed)
	if err != nil {
		name = rules.CanonicalUsername(typed)
	}
	return "name:" + secret.Digest(name), nil
}

// countAttempt counts a password that is about to be compared. While the bucket makes
// people wait it refuses every password, even the right one, and says how long.
func (s *Store) countAttempt(ctx context.Context, user User, typed string, from Origin) (attempt, error) {
	a := attempt{user: user}
	limits := s.rules.Limits
	if limits.WrongPasswords == 0 {
		return a, nil
	}
	var err error
	if a.bucket, err = s.bucket(ctx, user, typed, from); err != nil {
		return a, err
	}
	a.failures, err = s.countIn(ctx, a.bucket, limits)
	return a, err
}

// countIn counts one attempt in a bucket, and says how many that makes in a row. Where the
// bucket makes people wait it counts none and refuses.
func (s *Store) countIn(ctx context.Context, bucket string, limits Limits) (failures int, err error) {
	// It goes on when the caller leaves. Otherwise nobody would know whether it was
	// counted, and it could not be taken back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), secret.GateWait)
	defer cancel()
	err = s.Write(ctx, func(tx *Tx) error {
		now := s.Now()
		err := tx.QueryRowContext(ctx, countAttempt, bucket, now, now.Add(-failureLifetime), now.Add(failureLifetime), now.Add(limits.LongestWait)).Scan(&failures)
		if errors.Is(err, sql.ErrNoRows) {
			var until time.Time
			if err := tx.QueryRowContext(ctx, selectWait, bucket).Scan(&until); err != nil {
				return err
			}
			return rules.TooMany(until.Sub(now))
		}
		if err != nil {
			return err
		}
		if wait := limits.wait(failures); wait > 0 {
			_, err = tx.ExecContext(ctx, updateWait, now.Add(wait), bucket)
		}
		return err
	})
	return failures, fault("count a try", err)
}

// onDevice says whether the attempt is counted on a known device.
func (a attempt) onDevice() bool { return onDevice(a.bucket) }

func onDevice(bucket string) bool { return strings.Contains(bucket, ":device:") }

// wait is how long everybody waits after that many failures in a row.
func (l Limits) wait(failures int) time.Duration {
	over := failures - l.WrongPasswords
	if over < 0 {
		return 0
	}
	if over > 30 { // shifting further would overflow
		return l.LongestWait
	}
	return min(time.Second<<over, l.LongestWait)
}

// recordFailure records an attempt that failed, even if the caller has left. An account
// that does not exist takes the same transaction. It says how many codes were wrong in a
// row, if it was a code.
func (s *Store) recordFailure(ctx context.Context, a attempt, name string, from Origin) (wrongCodes int, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), secret.GateWait)
	defer cancel()
	inARow := 0
	isCode := name == EventSecondFailed
	err = s.Write(ctx, func(tx *Tx) error {
		if isCode {
			// As a sign-in does, which may write letters before it resets counts.
			if err := tx.lockUser(ctx, a.user.ID); err != nil {
				return err
			}
		}
		if a.user.ID == 0 {
			tx.events = append(tx.events, Event{Name: name, Origin: from})
			_, err := tx.countFailure(ctx, a)
			return err
		}
		if err := tx.Record(ctx, a.user.ID, name, "", from); err != nil {
			return err
		}
		// The account before the bucket, as in a sign-in.
		if err := tx.countTowardsSuspension(ctx, a, from); err != nil {
			return err
		}
		var err error
		if inARow, err = tx.countFailure(ctx, a); err != nil {
			return err
		}
		if isCode {
			if wrongCodes, err = tx.countWrongCode(ctx, a, from); err != nil {
				return err
			}
		}
		if limit := s.rules.Limits.WrongPasswords; limit == 0 || a.failures != limit {
			return nil
		}
		return tx.Record(ctx, a.user.ID, EventThrottled, "", from)
	})
	if err == nil && (a.onDevice() && inARow >= deviceFailures || onDevice(a.codes) && wrongCodes >= deviceFailures) {
		// After the transaction, so that it locks nothing that the owner of the device
		// waits for.
		_, err = s.db.Exec(ctx, deleteDevice, a.user.ID, secret.Digest(from.Device))
	}
	if err != nil {
		return 0, fmt.Errorf("record a failed try: %w", err)
	}
	return wrongCodes, nil
}

// countFailure notes that an attempt failed, and says how many of the bucket failed in a
// row. Attempts that are still under way do not count.
func (tx *Tx) countFailure(ctx context.Context, a attempt) (failed int, err error) {
	err = tx.QueryRowContext(ctx, updateFailed, tx.store.Now(), a.bucket).Scan(&failed)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil // no limit, or forgotten meanwhile
	}
	return failed, err
}

// takeBack takes back an attempt whose password was never compared, or was right but led
// to nothing. fault is why, or nil. Where it says that the database is unavailable, this
// does not wait for the database again.
func (s *Store) takeBack(ctx context.Context, a attempt, fault error) {
	if len(a.buckets()) == 0 {
		return
	}
	// It is done even if the caller has left.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), secret.GateWait)
	defer cancel()
	db := s.db
	if fault != nil && s.Unavailable(fault) {
		db.LockWait = 0
	}
	for _, bucket := range a.buckets() {
		if _, err := db.Exec(ctx, takeBackFailure, s.Now(), bucket); err != nil {
			s.log.WarnContext(ctx, "a try was not taken back", "error", err.Error())
		}
	}
}

// buckets are those in which the attempt was counted.
func (a attempt) buckets() []string {
	return slices.DeleteFunc([]string{a.bucket, a.codes}, func(bucket string) bool { return bucket == "" })
}

// takeBackAfterFault returns err. If it is a fault, it takes back the attempt, whose
// password was right.
func (s *Store) takeBackAfterFault(ctx context.Context, a attempt, err error) error {
	if isFault(err) {
		s.takeBack(ctx, a, err)
	}
	return err
}

// resetFailures forgets the failures of the buckets in which a password or code was right,
// and only those.
func (tx *Tx) resetFailures(ctx context.Context, user int64, buckets ...string) error {
	for _, bucket := range buckets {
		if bucket == accountBucket(User{ID: user}) {
			if _, err := tx.ExecContext(ctx, resetWrong, user); err != nil {
				return fmt.Errorf("forget failures: %w", err)
			}
		}
		if _, err := tx.ExecContext(ctx, deleteThrottle, bucket); err != nil {
			return fmt.Errorf("forget failures: %w", err)
		}
	}
	return nil
}

// forgetFailures forgets everything that was counted against an account.
func (tx *Tx) forgetFailures(ctx context.Context, userID int64) error {
	bucket := accountBucket(User{ID: userID})
	if _, err := tx.ExecContext(ctx, deleteThrottle, bucket); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	// What begins with the bucket and a colon: the devices, and the codes.
	if _, err := tx.ExecContext(ctx, deleteUserThrottles, bucket+":", bucket+";"); err != nil {
		return fmt.Errorf("forget failures: %w", err)
	}
	return nil
}
