package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

const (
	selectSignIns = `SELECT ` + signInColumns + ` FROM signins WHERE user_id = $1 AND idle_at > $2 ORDER BY seen_at DESC, created_at DESC`

	deleteByHandle = `DELETE FROM signins WHERE user_id = $1 AND handle = $2 RETURNING device, agent, coalesce(looks_at_id, 0)`
	// Whoever was signed in there may have asked for another address.
	deleteNewEmailTokens = `DELETE FROM tokens WHERE user_id = $1 AND purpose = 'address'`

	deleteOtherSignIns = `DELETE FROM signins WHERE user_id = $1 AND id <> $2 RETURNING id, user_id, coalesce(looks_at_id, 0)`
)

// SignIns lists the live sign-ins of a person, the one last seen first. There
// are at most SignInsMax.
func (s *Store) SignIns(ctx context.Context, user User) ([]SignIn, error) {
	now := s.Now()
	list, err := All(ctx, s, selectSignIns, []any{user.ID, now}, (*SignIn).columns)
	for i := range list {
		list[i].Staff = user.Staff()
	}
	return slices.DeleteFunc(list, func(n SignIn) bool { return !n.possible(now) }), err
}

// EndSignIn ends one of the sign-ins of the person who is signed in by
// current, named by its handle. The device it was on is no longer known, and a new
// address that waits to be confirmed is forgotten. It returns ErrNotFound for one that
// has ended or is somebody else's.
func (s *Store) EndSignIn(ctx context.Context, current SignIn, handle string, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		agent, err := tx.endByHandle(ctx, current, handle)
		if err != nil {
			return err
		}
		return tx.Record(ctx, current.UserID, EventSignInEnded, agent, from)
	})
}

// EndOtherSignIns ends all sign-ins of a person but the current one, and says
// how many. Their devices are no longer known, and a new address that waits to be
// confirmed is forgotten.
func (s *Store) EndOtherSignIns(ctx context.Context, current SignIn, from Origin) (n int64, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		if n, err = tx.endOthers(ctx, current); err != nil || n == 0 {
			return err
		}
		return tx.Record(ctx, current.UserID, EventSignInEnded, "", from)
	})
	return n, err
}

// EndSignIns ends every sign-in of a person, and says how many. No device of
// theirs is known any more.
func (s *Store) EndSignIns(ctx context.Context, user User, from Origin) (n int64, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil {
			return err
		}
		// No sign-in has the empty id, so all are others.
		if n, err = tx.endOthers(ctx, SignIn{UserID: user.ID}); err != nil || n == 0 {
			return err
		}
		return tx.deed(ctx, from, EventSignInEnded, user, "")
	})
	return n, err
}

// EndSignInOf ends one sign-in of somebody else, named by its handle, as they would themselves. It
// returns ErrNotFound for one that has ended.
func (s *Store) EndSignInOf(ctx context.Context, user User, handle string, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, HelpPeople, user.ID)
		if err != nil {
			return err
		}
		// No device has the empty name, so it is forgotten whichever it is.
		agent, err := tx.endByHandle(ctx, SignIn{UserID: user.ID}, handle)
		if err != nil {
			return err
		}
		if err := tx.Record(ctx, user.ID, EventSignInEnded, agent, from); err != nil {
			return err
		}
		return tx.audit(ctx, from, EventSignInEnded, user.ID, handle, from.Reason)
	})
}

// endByHandle ends one sign-in of the person whose sign-in is current, and says on which browser it was.
func (tx *Tx) endByHandle(ctx context.Context, current SignIn, handle string) (agent string, err error) {
	ended, device := SignIn{UserID: current.UserID}, ""
	err = tx.QueryRowContext(ctx, deleteByHandle, current.UserID, handle).Scan(&device, &agent, &ended.LooksAt)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNotFound
	}
	if err == nil && ended.LooksAt != 0 {
		err = tx.noteLookEnded(ctx, ended, Origin{By: ended.UserID})
	}
	if err == nil && device != current.device {
		_, err = tx.ExecContext(ctx, deleteDevice, current.UserID, device)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, deleteNewEmailTokens, current.UserID)
	}
	if err != nil {
		return "", fmt.Errorf("end a sign-in: %w", err)
	}
	return agent, nil
}

func (tx *Tx) endOthers(ctx context.Context, current SignIn) (int64, error) {
	n, err := tx.endSignIns(ctx, deleteOtherSignIns, current.UserID, current.ID)
	if err == nil {
		_, err = tx.ExecContext(ctx, deleteOtherDevices, current.UserID, current.device)
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, deleteNewEmailTokens, current.UserID)
	}
	if err != nil {
		return 0, fmt.Errorf("end other sign-ins: %w", err)
	}
	return n, nil
}
