package store

import (
	"context"
	"fmt"

	"gatehouse/store/rules"
)

const updateZone = `UPDATE users SET zone = $1 WHERE id = $2`

// ChooseZone keeps the time zone in which a person reads times, or with "" none: then it
// is that of their browser. It refuses a name of no zone.
func (s *Store) ChooseZone(ctx context.Context, user User, zone string) error {
	if err := rules.CheckZone(zone); err != nil {
		return err
	}
	return s.Write(ctx, func(tx *Tx) error {
		if _, err := tx.ExecContext(ctx, updateZone, zone, user.ID); err != nil {
			return fmt.Errorf("keep the zone of user %d: %w", user.ID, err)
		}
		return nil
	})
}
