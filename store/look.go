package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"gatehouse/store/rules"
)

// LookLasts is how long an administrator looks at an account at most.
const LookLasts = 15 * time.Minute

// lookedAtEvery is the least time between two letters to somebody about it.
const lookedAtEvery = 24 * time.Hour

// What the event and the audit say of looking at an account.
const (
	DetailBegun = "begun"
	DetailEnded = "ended"
)

// Refusals of looking at an account.
var (
	errNoReason     = rules.Refuse("reason", "Say why you look. The audit keeps it.")
	errLookStaff    = rules.Refuse("", "Nobody looks at the account of somebody who helps to run this site.")
	errLookDisabled = rules.Refuse("", "This account is disabled, so its owner sees nothing of it either.")
	errLookClosed   = rules.Refuse("", "This account is closed, so its owner sees nothing of it either.")
	errLooksAlready = rules.Refuse("", "You're looking at an account already. Stop that first.")
)

const (
	selectLook    = `SELECT user_id, coalesce(looks_at_id, 0), looks_until FROM signins WHERE id = $1`
	updateLook    = `UPDATE signins SET looks_at_id = $1, looks_until = $2 WHERE id = $3 AND user_id = $4`
	endLook       = `UPDATE signins SET looks_at_id = NULL, looks_until = NULL WHERE id = $1 AND looks_at_id = $2`
	selectLooksAt = `SELECT id, user_id, looks_at_id FROM signins WHERE looks_at_id = $1`
	// looks_at_id > 0 is for the planners. What a clock made that was ahead is over as well.
	selectOldLooks = `SELECT id, user_id, looks_at_id FROM signins WHERE looks_at_id > 0 AND (looks_until <= $1 OR looks_until > $2) LIMIT $3`

	selectLookReason = `SELECT coalesce((SELECT reason FROM audit WHERE id = (SELECT max(id) FROM audit
		WHERE subject_id = $1 AND actor_id = $2 AND name = 'authz_admin' AND detail = 'begun')), '')`

	selectLetterAboutLook = `SELECT 1 FROM letters WHERE user_id = $1 AND kind = 'looked-at' AND created_at > $2 AND created_at <= $3 LIMIT 1`

	// Somebody who is looked at, with the Summary.
	selectOverviewByID = `SELECT ` + userColumns + `,
		(SELECT count(*) FROM signins AS theirs WHERE theirs.user_id = users.id AND theirs.idle_at > $1),
		events.at, coalesce(events.name, ''), coalesce(events.detail, '')
		FROM users LEFT JOIN events ON events.id = (SELECT max(id) FROM events WHERE user_id = users.id)
		WHERE users.id = $2`
)

// CheckLookReason is CheckReason for a look, which takes a reason.
func CheckLookReason(value string) error {
	if strings.TrimSpace(value) == "" {
		return errNoReason
	}
	return CheckReason(value)
}

// Look begins to show the account of somebody to an administrator, by their own sign-in and for
// LookLasts: no other sign-in comes about. It is refused for staff, for accounts that are disabled or
// closed, for one's own, and while the sign-in looks at one already. The person reads in their activity
// that it was begun and that it ended, and gets a letter, at most one a day. from has the reason.
func (s *Store) Look(ctx context.Context, n SignIn, subject int64, from Origin) error {
	if from.Operator || from.By != n.UserID {
		return ErrForbidden // there is no other sign-in to look by
	}
	return s.Write(ctx, func(tx *Tx) error {
		user, err := tx.act(ctx, from, LookAsThem, subject)
		if err == nil {
			err = mayBeSeen(user)
		}
		if err == nil {
			err = CheckLookReason(from.Reason)
		}
		if err != nil {
			return err
		}
		if err := tx.settleLook(ctx, n.ID); err != nil {
			return err
		}
		until := s.Now().Add(LookLasts)
		if until.After(n.EndsAt) {
			until = n.EndsAt
		}
		begun, err := tx.changed(ctx, updateLook, user.ID, until, n.ID, from.By)
		if err != nil {
			return fmt.Errorf("look at user %d: %w", user.ID, err)
		}
		if begun == 0 {
			return ErrSignInEnded
		}
		if err := tx.tellOfLook(ctx, user, from); err != nil {
			return err
		}
		return tx.deed(ctx, from, EventLooked, user, DetailBegun)
	})
}

// MayLookAt says why somebody may not look at the account of another, or nil. What their role allows is
// another question.
func (u User) MayLookAt(other User) error {
	if err := u.ActsOn(other); err != nil {
		return err
	}
	return mayBeSeen(other)
}

// mayBeSeen refuses somebody at whose account nobody looks. Who has a role that this program does not
// know may be staff.
func mayBeSeen(user User) error {
	role, known := FindRole(user.Role)
	switch {
	case user.Disabled():
		return errLookDisabled
	case user.Closed():
		return errLookClosed
	case role.Guarded || !known:
		return errLookStaff
	}
	return nil
}

// settleLook ends what the sign-in looked at before, if its time is over; until then it is refused.
func (tx *Tx) settleLook(ctx context.Context, id string) error {
	before := SignIn{ID: id}
	err := tx.QueryRowContext(ctx, selectLook, id).Scan(&before.UserID, &before.LooksAt, UTC{&before.LooksUntil})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return ErrSignInEnded
	case err != nil:
		return fmt.Errorf("look at an account: %w", err)
	case before.LooksAt == 0:
		return nil
	case before.looks(tx.store.Now()):
		return errLooksAlready
	}
	return tx.endLook(ctx, before, Origin{By: before.UserID})
}

// tellOfLook writes to somebody that an administrator looks at their account, at most once a day.
func (tx *Tx) tellOfLook(ctx context.Context, user User, from Origin) error {
	now, written := tx.store.Now(), 0
	err := tx.QueryRowContext(ctx, selectLetterAboutLook, user.ID, now.Add(-lookedAtEvery), latest(now, 0)).Scan(&written)
	if errors.Is(err, sql.ErrNoRows) {
		return tx.notify(ctx, LetterLookedAt, user, from)
	}
	if err != nil {
		return fmt.Errorf("look for a letter: %w", err)
	}
	return nil
}

// StopLooking ends what a sign-in looks at. Doing it twice is no error.
func (s *Store) StopLooking(ctx context.Context, n SignIn, from Origin) error {
	if n.LooksAt == 0 {
		return nil
	}
	return s.Write(ctx, func(tx *Tx) error { return tx.endLook(ctx, n, from) })
}

// endLook notes the end of what a sign-in looks at, once, with the reason that it was begun for.
func (tx *Tx) endLook(ctx context.Context, n SignIn, from Origin) error {
	ended, err := tx.changed(ctx, endLook, n.ID, n.LooksAt)
	if err != nil {
		return fmt.Errorf("stop looking: %w", err)
	}
	if ended == 0 {
		return nil
	}
	return tx.noteLookEnded(ctx, n, from)
}

func (tx *Tx) noteLookEnded(ctx context.Context, n SignIn, from Origin) error {
	if err := tx.QueryRowContext(ctx, selectLookReason, n.LooksAt, n.UserID).Scan(&from.Reason); err != nil {
		return fmt.Errorf("find the reason of a look: %w", err)
	}
	return tx.deed(ctx, from, EventLooked, User{ID: n.LooksAt}, DetailEnded)
}

// endLooksAt ends what anybody looks at of somebody whose account nobody may look at any more.
func (tx *Tx) endLooksAt(ctx context.Context, user int64) error {
	rows, err := tx.QueryContext(ctx, selectLooksAt, user)
	list, err := collect(rows, err, (*SignIn).lookColumns)
	if err != nil {
		return fmt.Errorf("find who looks at user %d: %w", user, err)
	}
	return tx.endLooks(ctx, list)
}

func (tx *Tx) endLooks(ctx context.Context, list []SignIn) error {
	for _, n := range list {
		if err := tx.endLook(ctx, n, Origin{By: n.UserID}); err != nil {
			return err
		}
	}
	return nil
}

// endSignIns runs a statement that deletes sign-ins and returns lookColumns of each. It says how many
// there were. What they looked at ends with them.
func (tx *Tx) endSignIns(ctx context.Context, statement string, args ...any) (int64, error) {
	rows, err := tx.QueryContext(ctx, statement, args...)
	list, err := collect(rows, err, (*SignIn).lookColumns)
	if err != nil {
		return 0, err
	}
	for _, n := range list {
		if n.LooksAt == 0 {
			continue
		}
		if err := tx.noteLookEnded(ctx, n, Origin{By: n.UserID}); err != nil {
			return 0, err
		}
	}
	return int64(len(list)), nil
}

// EndOldLooks notes the end of up to limit looks whose time is over, and says how many there were.
func (s *Store) EndOldLooks(ctx context.Context, limit int) (int64, error) {
	ctx, cancel := background(ctx)
	defer cancel()
	now := s.Now()
	list, err := All(ctx, s, selectOldLooks, []any{now, latest(now, LookLasts), limit}, (*SignIn).lookColumns)
	if err != nil {
		return 0, fmt.Errorf("find looks that are over: %w", err)
	}
	for _, n := range list {
		if err := s.StopLooking(ctx, n, Origin{By: n.UserID}); err != nil {
			return 0, err
		}
	}
	return int64(len(list)), nil
}

// lookColumns are where the id, the user and whom they look at are read into.
func (n *SignIn) lookColumns() []any { return []any{&n.ID, &n.UserID, &n.LooksAt} }

// looks says whether the sign-in looks at somebody's account at that time.
func (n SignIn) looks(now time.Time) bool {
	return n.LooksAt != 0 && now.Before(n.LooksUntil) && possible(n.LooksUntil, now, LookLasts)
}

// LookedAt is the person at whose account a sign-in of the actor looks, as they are by now.
// ErrNotFound says that it looks at nobody: the time is over, the actor may not look any more, or
// nobody may look at that account. It takes one query, and none for a sign-in that looks at nobody.
func (s *Store) LookedAt(ctx context.Context, n SignIn, actor User) (User, error) {
	var user User
	now := s.Now()
	if !s.mayLook(n, actor, now) {
		return user, ErrNotFound
	}
	err := user.scan(s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectUserByID, n.LooksAt))
	return user, seenBy(actor, user, err)
}

// LookedAtOverview is LookedAt with the Summary of the account. One query as well.
func (s *Store) LookedAtOverview(ctx context.Context, n SignIn, actor User) (User, Summary, error) {
	var user User
	var sum Summary
	now := s.Now()
	if !s.mayLook(n, actor, now) {
		return user, sum, ErrNotFound
	}
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectOverviewByID, now, n.LooksAt)
	err := user.scan(row, &sum.Devices, UTC{&sum.Last.At}, &sum.Last.Name, &sum.Last.Detail)
	return user, sum, seenBy(actor, user, err)
}

func (s *Store) mayLook(n SignIn, actor User, now time.Time) bool {
	return n.looks(now) && actor.May(LookAsThem) && !s.MustSetUp(actor)
}

// seenBy is what became of reading somebody who is looked at: ErrNotFound where the actor may not.
func seenBy(actor, user User, err error) error {
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return fmt.Errorf("find whom a sign-in looks at: %w", err)
	case err != nil, mayBeSeen(user) != nil, actor.reaches(user.TheRole()) != nil:
		return ErrNotFound
	}
	return nil
}
