package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// How long a sign-in lives: without a visit, and in all. SeenEvery is how
// often a visit is written down, so an idle limit is exact to that much.
const (
	Idle               = 60 * time.Minute
	Absolute           = 24 * time.Hour
	IdleRemembered     = 14 * 24 * time.Hour
	AbsoluteRemembered = 30 * 24 * time.Hour
	IdleStaff          = 30 * time.Minute
	AbsoluteStaff      = 12 * time.Hour
	SeenEvery          = time.Minute
)

// SignInsMax is how many sign-ins a person has at most. A further one ends the
// oldest.
const SignInsMax = 20

// ErrSignInEnded says that a sign-in has ended since the request began.
var ErrSignInEnded = errors.New("the sign-in has ended")

// endedWith says of an account that is gone that its sign-ins have ended with it.
func endedWith(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrSignInEnded
	}
	return err
}

// SignIn is one device being signed in. Its row alone decides: no live row, no
// user, whatever a cookie or a session says.
type SignIn struct {
	// ID is 128 random bits. Whoever holds the session that names it is
	// signed in, so it changes at every change of privilege.
	ID string
	// Handle names it to its owner. It stays the same and opens nothing.
	Handle    string
	UserID    int64
	Kind      string
	CreatedAt time.Time
	// AuthenticatedAt is when the person last proved who they are.
	AuthenticatedAt time.Time
	// SeenAt is the last visit, up to SeenEvery ago.
	SeenAt time.Time
	// EndsAt is the absolute limit; IdleAt is when it ends without a visit.
	EndsAt, IdleAt time.Time
	// Remembered says that the person asked to stay signed in on this device. It is never so for staff.
	Remembered bool
	// Staff says that the rules for staff hold for it.
	Staff bool
	// Address and Agent are where the sign-in came from.
	Address, Agent string
	// Passkey is the handle of the passkey that made it, or empty.
	Passkey string
	// LooksAt is the person at whose account an administrator looks by it, or 0, and LooksUntil until
	// when. LookedAt decides.
	LooksAt    int64
	LooksUntil time.Time

	// device is the sum of the device cookie.
	device string
}

// By says whether a passkey made the sign-in.
func (n SignIn) By(p Passkey) bool { return n.Passkey != "" && n.Passkey == p.Handle }

const (
	agentMax = 400
	// handleChars are enough to tell one person's sign-ins apart; a list of them
	// does not get smaller when it is compressed.
	handleChars = 10
	// seenWait is how long a page waits for its visit to be noted.
	seenWait = 500 * time.Millisecond
)

const (
	signInColumns = `signins.id, signins.user_id, signins.kind, signins.created_at, signins.proved_at, signins.seen_at,
		signins.ends_at, signins.idle_at, signins.kept, signins.address, signins.agent, signins.handle, signins.device, signins.passkey,
		coalesce(signins.looks_at_id, 0), signins.looks_until`

	// The epoch, disabled_at and closed_at are conditions, so that an account
	// that changed while its password was being compared gets no sign-in. second_at is one, so
	// that a way in which forgets the second step lets nobody in.
	insertSignIn = `INSERT INTO signins (id, user_id, kind, created_at, proved_at, seen_at, ends_at, idle_at, kept, address, agent, handle, device, passkey)
		SELECT $1, users.id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
		FROM users WHERE users.id = $14 AND users.epoch = $15 AND users.disabled_at IS NULL AND users.closed_at IS NULL
			AND (users.second_at IS NULL OR $16)`

	// LIMIT keeps SQLite from planning the query again for every value of $1. Without it
	// BenchmarkHomeOfASignedInPerson (make bench) takes nearly twice as long.
	selectCurrentSignIn = `SELECT ` + userColumns + `, ` + signInColumns + `
		FROM (SELECT * FROM signins WHERE idle_at > $1 AND id = $2 LIMIT 1) AS signins
		JOIN users ON users.id = signins.user_id
		WHERE users.disabled_at IS NULL AND users.closed_at IS NULL`

	// With the Summary, for the pages that say it.
	selectCurrentOverview = `SELECT ` + userColumns + `, ` + signInColumns + `,
		(SELECT count(*) FROM signins AS theirs WHERE theirs.user_id = users.id AND theirs.idle_at > $1),
		events.at, coalesce(events.name, ''), coalesce(events.detail, '')
		FROM (SELECT * FROM signins WHERE idle_at > $1 AND id = $2 LIMIT 1) AS signins
		JOIN users ON users.id = signins.user_id
		LEFT JOIN events ON events.id = (SELECT max(id) FROM events WHERE user_id = users.id)
		WHERE users.disabled_at IS NULL AND users.closed_at IS NULL`

	updateSeen = `UPDATE signins SET seen_at = $1, idle_at = $2 WHERE id = $3 AND (seen_at <= $4 OR seen_at > $5)`

	deleteSignIn = `DELETE FROM signins WHERE id = $1 RETURNING id, user_id, coalesce(looks_at_id, 0)`

	// What a clock made that was ahead is not the newest.
	deleteSurplusSignIns = `DELETE FROM signins WHERE user_id = $1 AND id NOT IN (
		SELECT id FROM signins WHERE user_id = $1 ORDER BY created_at > $2, created_at DESC, id LIMIT $3)
		RETURNING id, user_id, coalesce(looks_at_id, 0)`

	deleteEndedSignIns = `DELETE FROM signins WHERE id IN (SELECT id FROM signins WHERE idle_at <= $1 ORDER BY idle_at LIMIT $2)`
)

// SignIn begins a sign-in for an entry that lacks nothing. It is the gate: whatever
// else was forgotten, it lets nobody in whose account is closed or disabled, or changed
// since the entry began, and refuses them like a wrong password. A kind of proof that
// does not suffice is a fault.
func (s *Store) SignIn(ctx context.Context, e Entry, from Origin) (SignIn, error) {
	user := e.User
	proved, passes := e.suffices()
	if !proved {
		return SignIn{}, fmt.Errorf("sign in user %d: %q is no proof that suffices", user.ID, e.Kind)
	}
	now := s.Now()
	n := SignIn{
		ID: rand.Text(), Handle: rand.Text()[:handleChars], UserID: user.ID, Kind: e.Kind, Remembered: e.Remembered,
		CreatedAt: now, AuthenticatedAt: now, SeenAt: now,
		Address: from.Address, Agent: rules.Shorten(from.Agent, agentMax), Passkey: e.passkey.handle,
	}
	if from.Device != "" {
		n.device = secret.Digest(from.Device)
	}
	if e.Kind == KindTrusted {
		// It took a password alone, which is not all that the account has.
		n.AuthenticatedAt = now.Add(-RecentAuth)
	}
	// The role is as it was read with the epoch, which a change of the role changes.
	n.Staff = user.Staff()
	n.Remembered = n.Remembered && !n.Staff
	_, absolute := n.limits()
	n.EndsAt = now.Add(absolute)
	n.IdleAt = n.idleFrom(now)
	err := s.Write(ctx, func(tx *Tx) error {
		if err := tx.lockUser(ctx, user.ID); err != nil {
			return err
		}
		if err := tx.secondStep(ctx, e, from); err != nil {
			return err
		}
		made, err := tx.changed(ctx, insertSignIn, n.ID, n.Kind, n.CreatedAt, n.AuthenticatedAt, n.SeenAt,
			n.EndsAt, n.IdleAt, n.Remembered, n.Address, n.Agent, n.Handle, n.device, n.Passkey, user.ID, user.epoch, passes)
		if err != nil {
			return fmt.Errorf("sign in user %d: %w", user.ID, err)
		}
		if made == 0 {
			return e.refusal()
		}
		if _, err := tx.endSignIns(ctx, deleteSurplusSignIns, user.ID, latest(now, 0), SignInsMax); err != nil {
			return fmt.Errorf("end the surplus sign-ins of user %d: %w", user.ID, err)
		}
		if err := tx.resetFailures(ctx, user.ID, append(e.attempt.buckets(), e.before)...); err != nil {
			return err
		}
		isNew, err := tx.rememberDevice(ctx, user, n.device)
		if err != nil {
			return fmt.Errorf("note a device of user %d: %w", user.ID, err)
		}
		if err := tx.trust(ctx, e, n.device, from); err != nil {
			return err
		}
		detail := ""
		if isNew {
			detail = DetailNewDevice
			if err := tx.notify(ctx, LetterNewDevice, user, from); err != nil {
				return err
			}
		}
		return tx.Record(ctx, user.ID, EventSignedIn, detail, from)
	})
	err = s.noteReuse(ctx, user, err, from)
	if err = s.takeBackAfterFault(ctx, e.attempt, err); err != nil {
		return SignIn{}, err
	}
	return n, nil
}

// Current returns the live sign-in with that id and its user, or ErrNotFound.
// One query, which leaves what ends impossibly late to be found here.
func (s *Store) Current(ctx context.Context, id string) (SignIn, User, error) {
	var n SignIn
	return s.current(ctx, s.currentSignIn, id, &n, n.columns())
}

// Summary is what the front pages of somebody who is signed in say of their account.
type Summary struct {
	// Devices is on how many devices they are signed in, this one included.
	Devices int
	// Last is what happened last: when, and what. It is the zero Event where all of it was long ago.
	Last Event
}

// CurrentOverview is Current with the Summary of the account. One query as well.
func (s *Store) CurrentOverview(ctx context.Context, id string) (SignIn, User, Summary, error) {
	var n SignIn
	var sum Summary
	signIn, user, err := s.current(ctx, s.currentOverview, id, &n, append(n.columns(), &sum.Devices, UTC{&sum.Last.At}, &sum.Last.Name, &sum.Last.Detail))
	return signIn, user, sum, err
}

func (s *Store) current(ctx context.Context, find *statement, id string, n *SignIn, columns []any) (SignIn, User, error) {
	var user User
	now := s.Now()
	row := find.row(s.db.ReadContext(ctx), now, id)
	err := user.scan(row, columns...)
	n.Staff = user.Staff()
	if err == nil && !n.possible(now) {
		return SignIn{}, User{}, ErrNotFound
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("find the current sign-in: %w", err)
	}
	return *n, user, err
}

// Seen notes a visit, at most once every SeenEvery. It never brings back a
// sign-in that ended meanwhile.
func (s *Store) Seen(ctx context.Context, n SignIn) error {
	now := s.Now()
	if now.Sub(n.SeenAt).Abs() < SeenEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, seenWait)
	defer cancel()
	if _, err := s.seen.exec(ctx, now, n.idleFrom(now), n.ID, now.Add(-SeenEvery), now.Add(SeenEvery)); err != nil {
		return fmt.Errorf("note a visit: %w", err)
	}
	return nil
}

// SignOut ends a sign-in. Ending one that is gone is no error.
func (s *Store) SignOut(ctx context.Context, n SignIn, from Origin) error {
	return s.Write(ctx, func(tx *Tx) error {
		ended, err := tx.endSignIns(ctx, deleteSignIn, n.ID)
		if err != nil {
			return fmt.Errorf("sign out: %w", err)
		}
		if ended == 0 {
			return nil
		}
		return tx.Record(ctx, n.UserID, EventSignedOut, "", from)
	})
}

// columns are where signInColumns are read into.
func (n *SignIn) columns() []any {
	return []any{
		&n.ID, &n.UserID, &n.Kind,
		UTC{&n.CreatedAt},
		UTC{&n.AuthenticatedAt},
		UTC{&n.SeenAt},
		UTC{&n.EndsAt},
		UTC{&n.IdleAt},
		&n.Remembered, &n.Address, &n.Agent, &n.Handle, &n.device, &n.Passkey,
		&n.LooksAt,
		UTC{&n.LooksUntil},
	}
}

// limits are how long the sign-in lives: without a visit, and in all.
func (n SignIn) limits() (idle, absolute time.Duration) {
	if n.Staff {
		return IdleStaff, AbsoluteStaff
	}
	if n.Remembered {
		return IdleRemembered, AbsoluteRemembered
	}
	return Idle, Absolute
}

// possible says whether the sign-in ends when it must.
func (n SignIn) possible(now time.Time) bool {
	idle, absolute := n.limits()
	return possible(n.IdleAt, now, idle) && possible(n.EndsAt, now, absolute)
}

// idleFrom is when the sign-in ends without a visit after the one at now.
func (n SignIn) idleFrom(now time.Time) time.Time {
	idle, _ := n.limits()
	if end := now.Add(idle); end.Before(n.EndsAt) {
		return end
	}
	return n.EndsAt
}
