package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gatehouse/store/rules"
)

const (
	// Deeds of administrators happen one at a time: so of two who act on each other at once one is
	// left, without a deadlock.
	lockAdmins = `INSERT INTO locks (name, at) VALUES ('admins', $1) ON CONFLICT (name) DO UPDATE SET at = $1`

	// role <> '' and id > 0 are for the planners, which then use the index of staff.
	selectOtherAdmin = `SELECT 1 FROM users WHERE role <> '' AND id > 0 AND role = 'admin' AND id <> $1
		AND disabled_at IS NULL AND closed_at IS NULL LIMIT 1`
)

// ErrForbidden says that somebody may not do what they asked for. The web answers 403.
var ErrForbidden = errors.New("not allowed")

// Refusals of what administrators do.
var (
	errOwnAccount = rules.Refuse("", "This is your own account: use its own pages.")
	errUpward     = rules.Refuse("", "You can't do this to somebody who may do more than you.")
)

// ErrLastAdmin refuses to take the only administrator away.
var ErrLastAdmin = rules.Refuse("", "Nobody else could administer this site. Make somebody else an administrator first.")

// act begins what an administrator or the operator does to somebody else, before anything else in its
// transaction. It returns the person as they are by now. It is refused for who lacks the permission,
// for one's own account, and upwards: nobody acts on somebody who may do more.
func (tx *Tx) act(ctx context.Context, from Origin, p Permission, subject int64) (user User, err error) {
	if err := tx.serialize(ctx); err != nil {
		return user, err
	}
	actor, err := tx.actor(ctx, from, p)
	if err != nil {
		return user, err
	}
	// They stay as they are read here: what they do themselves waits, or was before this.
	if err := tx.lockUser(ctx, subject); err != nil {
		return user, err
	}
	if err := user.scan(tx.QueryRowContext(ctx, selectUserByID, subject)); err != nil {
		return user, err
	}
	if from.Operator {
		return user, nil
	}
	return user, actor.ActsOn(user)
}

// ActsOn refuses what an administrator would do to their own account, or to somebody who may do more.
// It is asked again by every verb.
func (u User) ActsOn(subject User) error {
	if u.ID == subject.ID {
		return errOwnAccount
	}
	return u.reaches(subject.TheRole())
}

// serialize makes deeds of administrators wait for each other.
func (tx *Tx) serialize(ctx context.Context) error {
	if _, err := tx.ExecContext(ctx, lockAdmins, tx.store.Now()); err != nil {
		return fmt.Errorf("wait for other administrators: %w", err)
	}
	return nil
}

// actor is who acts, as they are by now; the operator is the zero User. ErrForbidden is for everybody
// who lacks the permission.
func (tx *Tx) actor(ctx context.Context, from Origin, p Permission) (actor User, err error) {
	if from.Operator {
		return actor, nil
	}
	err = actor.scan(tx.QueryRowContext(ctx, selectUserByID, from.By))
	if errors.Is(err, ErrNotFound) || err == nil && (actor.Disabled() || actor.Closed() || !actor.May(p)) {
		return actor, ErrForbidden
	}
	return actor, err
}

// reaches refuses a role that allows something that the person's own does not.
func (u User) reaches(role Role) error {
	if !u.May(role.May) {
		return errUpward
	}
	return nil
}

// keepAdmin refuses to take the last administrator away who can sign in. It is asked once deeds wait
// for each other.
func (tx *Tx) keepAdmin(ctx context.Context, user User) error {
	if user.Role != RoleAdmin || user.Disabled() || user.Closed() {
		return nil
	}
	var other int
	err := tx.QueryRowContext(ctx, selectOtherAdmin, user.ID).Scan(&other)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrLastAdmin
	}
	if err != nil {
		return fmt.Errorf("look for another administrator: %w", err)
	}
	return nil
}
