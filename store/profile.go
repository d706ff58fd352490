package store

import (
	"context"
	"time"

	"gatehouse/store/rules"
)

// UsernameEvery is how often a person may change their username.
const UsernameEvery = 24 * time.Hour

const (
	updateName = `UPDATE users SET name = $1 WHERE id = $2`

	updateUsername = `UPDATE users SET username = $1, renamed_at = $2
		WHERE id = $3 AND username = $4 AND (renamed_at IS NULL OR renamed_at <= $5 OR renamed_at > $2)`
)

// ErrRenamedToday refuses a second change of a username within UsernameEvery.
var ErrRenamedToday = rules.Refuse("username", "You can change your username once a day. Your old one is still yours.")

// UpdateProfile changes the display name and the username and returns the user
// as it is then. A username changes at most once within UsernameEvery; the old
// one stays reserved for its owner for UsernameReservation.
func (s *Store) UpdateProfile(ctx context.Context, user User, name, username string, from Origin) (User, error) {
	if err := rules.CheckName(name); err != nil {
		return user, err
	}
	changed := user
	changed.Name, changed.Username = rules.CanonicalName(name), rules.CanonicalUsername(username)
	if changed.Username != user.Username {
		if err := s.UsernameFree(ctx, username, user, ""); err != nil {
			return user, err
		}
	}
	err := s.Write(ctx, func(tx *Tx) error {
		if changed.Name != user.Name {
			if _, err := tx.ExecContext(ctx, updateName, changed.Name, user.ID); err != nil {
				return err
			}
			if err := tx.fold(ctx, user.ID, changed.Name); err != nil {
				return err
			}
			if err := tx.Record(ctx, user.ID, EventUpdated, "name", from); err != nil {
				return err
			}
		}
		if changed.Username != user.Username {
			return tx.rename(ctx, user, &changed, from)
		}
		return nil
	})
	if err != nil {
		return user, fault("update a profile", s.conflict(err))
	}
	return changed, nil
}

func (tx *Tx) rename(ctx context.Context, user User, changed *User, from Origin) error {
	now := tx.store.Now()
	n, err := tx.changed(ctx, updateUsername, changed.Username, now, user.ID, user.Username, now.Add(-UsernameEvery))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrRenamedToday
	}
	changed.RenamedAt = now
	if err := tx.claimUsername(ctx, *changed); err != nil {
		return err
	}
	if err := tx.reserve(ctx, user.Username, user); err != nil {
		return err
	}
	return tx.Record(ctx, user.ID, EventUpdated, "username "+user.Username+" "+changed.Username, from)
}
