package store

import (
	"context"
	"slices"
	"time"

	"gatehouse/store/secret"
)

const (
	// What an administrator sees at first of letters and of activity.
	personLetters = 20
	personEvents  = 10
)

const (
	// The kind of the password says whether it is one of an earlier system. The hash stays here.
	selectPerson = `SELECT ` + userColumns + `, users.password_scheme, totp.created_at,
		(SELECT count(*) FROM recovery_codes WHERE recovery_codes.user_id = users.id AND recovery_codes.used_at IS NULL)
		FROM users LEFT JOIN totp ON totp.user_id = users.id WHERE users.id = $1`

	selectLetters = `SELECT kind, created_at, outcome, ended_at, sealed IS NOT NULL, expires_at
		FROM letters WHERE user_id = $1 ORDER BY id DESC LIMIT $2`

	selectPersonEvents = `SELECT events.id, events.user_id, events.at, events.name, events.operator, coalesce(events.actor_id, 0), coalesce(actors.username, ''),
		events.address, events.agent, events.request, events.detail
		FROM events LEFT JOIN users AS actors ON actors.id = events.actor_id
		WHERE events.user_id = $1 ORDER BY events.id DESC LIMIT $2`
)

// Person is somebody as the people who run the site see them. It carries nothing that opens anything:
// no hash, token, link, code, or id of a sign-in.
type Person struct {
	User
	// OldPassword says that the password came from an earlier system and was not used here yet.
	OldPassword bool
	// WrongPasswords is how many were wrong in a row, on devices that are not known.
	WrongPasswords int
	// AppAt is since when they have an authenticator app, or the zero time. CodesLeft is how many
	// recovery codes are unused.
	AppAt     time.Time
	CodesLeft int
	// Keys are their passkeys, without what a browser would know them by.
	Keys []NamedPasskey
	// SignIns are the live ones, without their ids.
	SignIns []SignIn
	// Letters are the newest of the last week, Happened the newest events.
	Letters  []SentLetter
	Happened []DoneEvent
	// Reopen is until when the owner of a closed account can open it again, or the zero time.
	Reopen time.Time
	// MustSetUp says that the site asks them for a second step that they have not set up.
	MustSetUp bool
}

// NamedPasskey is a passkey as it is listed.
type NamedPasskey struct {
	Name              string
	CreatedAt, UsedAt time.Time
}

// SentLetter is what is known of a letter to somebody: never what it said, nor to which address it went.
type SentLetter struct {
	Kind    string
	Written time.Time
	// Outcome is one of OutcomeSent and its likes, or empty while it waits. A letter that a copy of an
	// earlier version sent has none either: then EndedAt is not known, and Waits is false.
	Outcome string
	EndedAt time.Time
	Waits   bool
}

// DoneEvent is an event with the username of the administrator who did it, or empty for one who is
// erased, and where it was nobody of the staff.
type DoneEvent struct {
	Event
	Actor string
}

// Person collects what is known about somebody. ErrNotFound says that there is no account with that
// number. Five queries at most.
func (s *Store) Person(ctx context.Context, id int64) (p Person, err error) {
	var scheme string
	row := s.db.Read.QueryRowContext(s.db.ReadContext(ctx), selectPerson, id)
	if err := p.scan(row, &scheme, UTC{&p.AppAt}, &p.CodesLeft); err != nil {
		return p, err
	}
	p.OldPassword = p.HasPassword && scheme != secret.SchemeHMAC
	p.WrongPasswords, p.MustSetUp = p.wrongPasswords, s.MustSetUp(p.User)
	if p.Closed() {
		p.Reopen = s.ErasedAt(p.User)
	}
	if p.SignIns, err = s.SignIns(ctx, p.User); err != nil {
		return p, err
	}
	for i := range p.SignIns {
		p.SignIns[i].ID, p.SignIns[i].device = "", ""
	}
	if p.Passkeys > 0 {
		keys, err := s.storedPasskeys(ctx, p.User)
		if err != nil {
			return p, err
		}
		for _, key := range keys.keys {
			p.Keys = append(p.Keys, NamedPasskey{key.Name, key.CreatedAt, key.UsedAt})
		}
	}
	if p.Letters, err = s.lettersTo(ctx, p.User, personLetters); err != nil {
		return p, err
	}
	p.Happened, err = All(ctx, s, selectPersonEvents, []any{id, personEvents}, func(e *DoneEvent) []any {
		return []any{&e.ID, &e.UserID, UTC{&e.At}, &e.Name, &e.Operator, &e.By, &e.Actor, &e.Address, &e.Agent, &e.Request, &e.Detail}
	})
	return p, err
}

// lettersTo are the newest letters of the last week to somebody.
func (s *Store) lettersTo(ctx context.Context, user User, limit int) ([]SentLetter, error) {
	type row struct {
		SentLetter
		expires time.Time
	}
	now := s.Now()
	rows, err := All(ctx, s, selectLetters, []any{user.ID, limit}, func(r *row) []any {
		return []any{&r.Kind, UTC{&r.Written}, &r.Outcome, UTC{&r.EndedAt}, &r.Waits, UTC{&r.expires}}
	})
	rows = slices.DeleteFunc(rows, func(r row) bool { return !r.Written.After(now.Add(-LettersKept)) })
	list := make([]SentLetter, 0, len(rows))
	for _, r := range rows {
		if r.Waits && !now.Before(r.expires) { // nobody has noted it yet
			r.Waits, r.Outcome = false, OutcomeExpired
		}
		list = append(list, r.SentLetter)
	}
	return list, err
}
