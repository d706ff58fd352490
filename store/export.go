package store

import (
	"context"
	"time"
)

// Export is everything that is stored about a person, but for what is secret:
// the password's hash and the ids of sessions.
type Export struct {
	User    User
	SignIns []SignIn
	Devices []Device
	// Factors are what they have for the second step.
	Factors Factors
	// Passkeys are their passkeys. The list has no User for somebody who never had one.
	Passkeys PasskeyList
	// Deeds are what administrators and the operator did to them. Nobody of the staff is named.
	Deeds  []Deed
	Events []Event
	// Reserved are earlier usernames that only this person may take again.
	Reserved []ReservedUsername
	// Links are those of letters, which are stored until they expire.
	Links []Link
	// Letters are those of the last week, without what they said.
	Letters []SentLetter
	// Unwanted are the kinds of letters that they turned off.
	Unwanted []UnwantedLetter
	// Product is what the product stores about them, by its names.
	Product map[string]any
}

// Link is the link of a letter, without its token.
type Link struct {
	Purpose, Email               string
	CreatedAt, ExpiresAt, UsedAt time.Time
}

const selectLinks = `SELECT purpose, email, created_at, expires_at, used_at FROM tokens WHERE user_id = $1 ORDER BY created_at`

const selectOwnReserved = `SELECT username, until FROM reserved_usernames WHERE user_id = $1 AND until > $2 AND until <= $3 ORDER BY username`

// exportMax bounds the events of an export, far above what 180 days bring.
const exportMax = 100_000

// Export collects what is stored about a person.
func (s *Store) Export(ctx context.Context, user User) (Export, error) {
	e, now := Export{User: user}, s.Now()
	var err error
	if e.SignIns, err = s.SignIns(ctx, user); err != nil {
		return e, err
	}
	passkeys, err := s.storedPasskeys(ctx, user)
	if err != nil {
		return e, err
	}
	e.Passkeys = PasskeyList{passkeys.handle, passkeys.keys}
	if user.SecondStep() {
		if e.Factors, err = s.Factors(ctx, user); err != nil {
			return e, err
		}
	}
	if e.Devices, err = All(ctx, s, selectDevices, []any{user.ID}, func(d *Device) []any {
		return []any{UTC{&d.CreatedAt}, UTC{&d.SeenAt}, UTC{&d.TrustedUntil}}
	}); err != nil {
		return e, err
	}
	if e.Reserved, err = All(ctx, s, selectOwnReserved, []any{user.ID, now, latest(now, UsernameReservation)}, func(r *ReservedUsername) []any {
		return []any{&r.Username, UTC{&r.Until}}
	}); err != nil {
		return e, err
	}
	if e.Links, err = All(ctx, s, selectLinks, []any{user.ID}, func(l *Link) []any {
		return []any{&l.Purpose, &l.Email, UTC{&l.CreatedAt}, UTC{&l.ExpiresAt}, UTC{&l.UsedAt}}
	}); err != nil {
		return e, err
	}
	if e.Letters, err = s.lettersTo(ctx, user, exportMax); err != nil {
		return e, err
	}
	if e.Unwanted, err = s.UnwantedLetters(ctx, user); err != nil {
		return e, err
	}
	if e.Product, err = s.exportProduct(ctx, user); err != nil {
		return e, err
	}
	if e.Deeds, err = All(ctx, s, selectOwnAudit, []any{user.ID, exportMax}, (*Deed).columns); err != nil {
		return e, err
	}
	for i := range e.Deeds {
		// The reason is for those who run the site, and who they are is, too.
		e.Deeds[i].ActorID, e.Deeds[i].Actor, e.Deeds[i].Reason = 0, "", ""
		e.Deeds[i].Address, e.Deeds[i].Agent, e.Deeds[i].Request = "", "", ""
	}
	e.Events, err = s.events(ctx, user, 0, exportMax)
	return e, err
}
