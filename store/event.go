package store

import (
	"context"
	"log/slog"
	"time"
)

// Names of events, by the OWASP Logging Vocabulary where it has a word for
// what happened.
const (
	EventRegistered      = "user_created"
	EventUpdated         = "user_updated"
	EventClosed          = "user_archived"
	EventReopened        = "user_restored"
	EventErased          = "user_deleted"
	EventSignedIn        = "authn_login_success"
	EventFailed          = "authn_login_fail"
	EventThrottled       = "authn_login_fail_max"
	EventSignedOut       = "authn_logout"
	EventSignInEnded     = "authn_token_revoked"
	EventReauthenticated = "session_renewed"
	EventPasswordChanged = "authn_password_change"
	EventPasswordRefused = "authn_password_change_fail"
	EventResetAsked      = "authn_password_reset_asked"
	EventEmailAsked      = "email_change_asked"
	EventVerifyAsked     = "email_confirmation_asked"
	EventEmailVerified   = "email_confirmed"
	EventEmailChanged    = "email_changed"
	EventEmailUndone     = "email_change_undone"
	EventEmailCancelled  = "email_change_cancelled"
	EventDisabled        = "authn_login_lock"
	EventEnabled         = "authn_login_unlock"
	EventExported        = "sensitive_read"
	EventLimited         = "excess_rate_limit_exceeded"
	EventCrossSite       = "malicious_csrf"
	EventSecondOn        = "second_step_on"
	EventSecondOff       = "second_step_off"
	EventSecondFailed    = "authn_second_fail"
	EventAppChanged      = "authenticator_app_changed"
	EventCodesMade       = "recovery_codes_made"
	EventCodeUsed        = "recovery_code_used"
	EventTrusted         = "browser_trusted"
	EventTrustEnded      = "browser_trust_ended"
	EventFactorsReset    = "factors_reset"
	EventPasskeyAdded    = "passkey_added"
	EventPasskeyRenamed  = "passkey_renamed"
	EventPasskeyRemoved  = "passkey_removed"
	EventPasswordRemoved = "password_removed"
	EventFactorsUndone   = "factors_undone"
	EventRoleChanged     = "authz_change"
	EventForbidden       = "authz_fail"
	EventInvited         = "invited"
	EventInviteRevoked   = "invitation_revoked"
	EventTokenReuse      = "authn_token_reuse"
	EventSettled         = "database_settled"
	EventLooked          = "authz_admin"
)

// EventNames are all of them.
var EventNames = []string{
	EventRegistered, EventUpdated, EventClosed, EventReopened, EventErased,
	EventSignedIn, EventFailed, EventThrottled, EventSignedOut, EventSignInEnded, EventReauthenticated,
	EventPasswordChanged, EventPasswordRefused, EventResetAsked,
	EventEmailAsked, EventVerifyAsked, EventEmailVerified, EventEmailChanged, EventEmailUndone, EventEmailCancelled,
	EventDisabled, EventEnabled, EventExported, EventLimited, EventCrossSite,
	EventSecondOn, EventSecondOff, EventSecondFailed, EventAppChanged, EventCodesMade, EventCodeUsed,
	EventTrusted, EventTrustEnded, EventFactorsReset,
	EventPasskeyAdded, EventPasskeyRenamed, EventPasskeyRemoved, EventTokenReuse,
	EventPasswordRemoved, EventFactorsUndone,
	EventRoleChanged, EventForbidden, EventInvited, EventInviteRevoked, EventSettled, EventLooked,
}

// DetailNewDevice marks a sign-in on a device that is new to a person who has
// others.
const DetailNewDevice = "new device"

// DetailByLink marks a password that was chosen by the link of a letter.
const DetailByLink = "by link"

// DetailPasskey marks a failure that was that of a passkey.
const DetailPasskey = "passkey"

// EventsPerPage is how many events a page of activity has.
const EventsPerPage = 25

// Origin is where a request comes from. It is recorded with each event.
type Origin struct {
	// Operator says that whoever runs the site did it, from the command line. Account is their
	// name on that machine, for the audit.
	Operator bool
	Account  string
	// Reason is why, for the audit.
	Reason string
	// By is the administrator who did it, or 0 where it was the person.
	By int64
	// Address and Agent are the client's, Request the id of the request.
	Address, Agent, Request string
	// Device is the token of the device cookie, or empty. It is not recorded.
	Device string
	// Trust are the tokens by which people trusted this browser, joined by dots. They are not
	// recorded.
	Trust string
	// Zone is the time zone of the browser, or empty. It is not recorded.
	Zone string
}

// shown is what a person is shown of where it comes from: nothing of an administrator.
func (o Origin) shown() Origin {
	if o.By != 0 {
		o.Address, o.Agent, o.Zone = "", "", ""
	}
	return o
}

// Event is something that happened to an account. Events are written once and
// never changed; they go when they are old, or with the account.
type Event struct {
	ID int64
	At time.Time
	// UserID is whose account it is, or 0 for an event of no account, which is
	// logged only.
	UserID int64
	// Name is one of the names above.
	Name string
	Origin
	// Detail says more to the owner of the account, such as the old and the new
	// username. It is not logged.
	Detail string
}

const (
	eventColumns = `id, user_id, at, name, operator, coalesce(actor_id, 0), address, agent, request, detail`

	// The account may have been erased meanwhile.
	insertEvent = `INSERT INTO events (user_id, at, name, operator, actor_id, address, agent, request, detail)
		SELECT id, $1, $2, $3, $4, $5, $6, $7, $8 FROM users WHERE id = $9`

	selectEvents = `SELECT ` + eventColumns + ` FROM events WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`

	deleteOldEvents = `DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at <= $1 ORDER BY at LIMIT $2)`
)

// Log writes a line about something that happened, whether or not it belongs
// to an account, and counts it.
func (s *Store) Log(ctx context.Context, e Event) {
	s.tally.add(e.Name)
	attrs := make([]slog.Attr, 0, 6)
	attrs = append(attrs, slog.String("event", e.Name))
	if e.UserID != 0 {
		attrs = append(attrs, slog.Int64("user", e.UserID))
	}
	if e.Operator {
		attrs = append(attrs, slog.Bool("operator", true))
	}
	if e.By != 0 {
		attrs = append(attrs, slog.Int64("actor", e.By))
	}
	if e.Request != "" {
		attrs = append(attrs, slog.String("request", e.Request), slog.String("address", e.Address))
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "security", attrs...)
}

// Events lists what happened to an account, newest first, EventsPerPage at a
// time: those before the id, or the newest for 0. more says whether there are
// older ones.
func (s *Store) Events(ctx context.Context, user User, before int64) (events []Event, more bool, err error) {
	events, err = s.events(ctx, user, before, EventsPerPage+1)
	if len(events) > EventsPerPage {
		return events[:EventsPerPage], true, err
	}
	return events, false, err
}

func (s *Store) events(ctx context.Context, user User, before int64, limit int) ([]Event, error) {
	const newest = 1<<63 - 1
	if before <= 0 {
		before = newest
	}
	return All(ctx, s, selectEvents, []any{user.ID, before, limit}, func(e *Event) []any {
		return []any{&e.ID, &e.UserID, UTC{&e.At}, &e.Name, &e.Operator, &e.By, &e.Address, &e.Agent, &e.Request, &e.Detail}
	})
}

// EventRetention is how long events are stored.
func (s *Store) EventRetention() time.Duration { return s.rules.EventRetention }
