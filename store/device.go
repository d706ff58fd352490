package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// DeviceLifetime is how long a device stays known after the last sign-in on it.
const DeviceLifetime = 180 * 24 * time.Hour

const (
	selectDevice = `SELECT 1 FROM devices WHERE user_id = $1 AND device = $2`

	upsertDevice = `INSERT INTO devices (user_id, device, created_at, seen_at) VALUES ($1, $2, $3, $3)
		ON CONFLICT (user_id, device) DO UPDATE SET seen_at = $3`

	deleteDevice       = `DELETE FROM devices WHERE user_id = $1 AND device = $2`
	deleteOtherDevices = `DELETE FROM devices WHERE user_id = $1 AND device <> $2`

	// A time still to come was written by a clock that was ahead, so it sorts last.
	deleteSurplusDevices = `DELETE FROM devices WHERE user_id = $1 AND device NOT IN (
		SELECT device FROM devices WHERE user_id = $1 ORDER BY seen_at > $2, seen_at DESC, device LIMIT $3)`

	deleteOldDevices = `DELETE FROM devices WHERE (user_id, device) IN (
		SELECT user_id, device FROM devices WHERE seen_at <= $1 ORDER BY seen_at LIMIT $2)`

	selectDevices = `SELECT created_at, seen_at, trusted_until FROM devices WHERE user_id = $1 ORDER BY created_at`
)

// Device is a browser in which a person has signed in before. It is known by
// a cookie of its own. Its wrong passwords are counted separately, so that nobody can
// lock a person out from elsewhere.
type Device struct {
	CreatedAt, SeenAt time.Time
	// TrustedUntil is until when it is not asked for the second step, or the zero time.
	TrustedUntil time.Time
}

// knownDevice says whether the person has signed in on that device before.
func (s *Store) knownDevice(ctx context.Context, user User, device string) (bool, error) {
	var one int
	err := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectDevice, user.ID, device).Scan(&one)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for a device: %w", err)
	}
	return err == nil, nil
}

// rememberDevice makes a device known, and says whether it is new while the person has
// others.
func (tx *Tx) rememberDevice(ctx context.Context, user User, device string) (isNew bool, err error) {
	if device == "" {
		return false, nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT device FROM devices WHERE user_id = $1`, user.ID)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	others, known := 0, false
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return false, err
		}
		others++
		known = known || one == device
	}
	if err := rows.Err(); err != nil {
		return false, err
	}
	now := tx.store.Now()
	if _, err := tx.ExecContext(ctx, upsertDevice, user.ID, device, now); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, deleteSurplusDevices, user.ID, latest(now, 0), SignInsMax)
	return others > 0 && !known, err
}
