package components

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gatehouse/store"
)

// ActivityPage is one page of what happened to an account.
type ActivityPage struct {
	Events []store.Event
	// Words say the events of the product, by their names.
	Words map[string]string
	// More says that there are older events. Later says that this is not the page of the newest.
	More, Later bool
	// Contacts are how people reach whoever runs the site.
	Contacts Contacts
}

// nothingHappened is said of a time in which nothing did.
const nothingHappened = "Nothing happened in that time."

// day is what happened on one day.
type day struct {
	// at is when the last of it happened.
	at      time.Time
	entries []entry
}

// entry is an event in the diary. source is empty where it is that of the entry above.
type entry struct {
	store.Event
	source string
}

// days puts the events under headings. Where one came from is said again only when it changes, or on another day.
func (p ActivityPage) days(times Times) (days []day) {
	last := ""
	for _, e := range p.Events {
		if len(days) == 0 || times.date(days[len(days)-1].at) != times.date(e.At) {
			days, last = append(days, day{at: e.At}), ""
		}
		from, today := p.source(e), &days[len(days)-1]
		if from == last {
			from = ""
		} else {
			last = from
		}
		today.entries = append(today.entries, entry{e, from})
	}
	return days
}

// alarming says whether the owner should ask themselves if it was them.
func (e entry) alarming() bool {
	switch e.Name {
	case store.EventFailed, store.EventThrottled, store.EventPasswordRefused, store.EventSecondFailed, store.EventSecondOff, store.EventCodeUsed,
		store.EventPasskeyAdded, store.EventPasswordRemoved, store.EventTokenReuse:
		return true
	}
	return e.Name == store.EventSignedIn && e.Detail == store.DetailNewDevice
}

// mark is the id of the mark that is drawn beside an event.
func (e entry) mark() string {
	switch e.Name {
	case store.EventSignedIn, store.EventFailed, store.EventThrottled, store.EventReauthenticated,
		store.EventPasswordChanged, store.EventPasswordRefused, store.EventResetAsked,
		store.EventSecondOn, store.EventSecondOff, store.EventSecondFailed, store.EventAppChanged, store.EventCodesMade, store.EventCodeUsed,
		store.EventFactorsReset, store.EventFactorsUndone,
		store.EventPasskeyAdded, store.EventPasskeyRenamed, store.EventPasskeyRemoved, store.EventTokenReuse, store.EventPasswordRemoved:
		return "mark-key"
	case store.EventEmailAsked, store.EventVerifyAsked, store.EventEmailVerified, store.EventEmailChanged, store.EventEmailUndone,
		store.EventEmailCancelled:
		return "mark-letter"
	case store.EventRegistered, store.EventClosed, store.EventReopened, store.EventDisabled, store.EventEnabled,
		store.EventSignedOut, store.EventSignInEnded, store.EventRoleChanged, store.EventTrusted, store.EventTrustEnded:
		return "mark-gate"
	}
	return "mark-pen"
}

func (p ActivityPage) older() string {
	return "/account/activity?before=" + strconv.FormatInt(p.Events[len(p.Events)-1].ID, 10)
}

var eventSentences = map[string]string{
	store.EventRegistered:      "Account created",
	store.EventClosed:          "Account closed",
	store.EventReopened:        "Account reopened",
	store.EventSignedIn:        "Signed in",
	store.EventFailed:          "Wrong password",
	store.EventThrottled:       "Too many wrong passwords: further tries had to wait",
	store.EventSignedOut:       "Signed out",
	store.EventSignInEnded:     "All other devices signed out",
	store.EventReauthenticated: "Password confirmed",
	store.EventPasswordChanged: "Password changed",
	store.EventPasswordRefused: "Password not changed: the current one was wrong",
	store.EventResetAsked:      "Asked for a password link",
	store.EventEmailAsked:      "Asked to change the email address",
	store.EventEmailChanged:    "Email address changed",
	store.EventVerifyAsked:     "Sent a link to confirm the email address",
	store.EventEmailVerified:   "Email address confirmed",
	store.EventEmailUndone:     "Old email address put back",
	store.EventEmailCancelled:  "Change of email address cancelled",
	store.EventDisabled:        "Account disabled",
	store.EventEnabled:         "Account enabled again",
	store.EventSecondOn:        "Second step turned on",
	store.EventSecondOff:       "Second step turned off",
	store.EventSecondFailed:    "Right password, but a wrong code",
	store.EventAppChanged:      "Authenticator app changed",
	store.EventCodesMade:       "New recovery codes made",
	store.EventCodeUsed:        "Recovery code used",
	store.EventTrusted:         "Browser trusted",
	store.EventTrustEnded:      "Browsers no longer trusted",
	store.EventFactorsReset:    "Second step removed",
	store.EventPasskeyAdded:    "Passkey added",
	store.EventPasskeyRenamed:  "Passkey renamed",
	store.EventPasskeyRemoved:  "Passkeys removed",
	store.EventSettled:         "Database put back",
	store.EventTokenReuse:      "Passkey may be a copy: its counter went back",
	store.EventPasswordRemoved: "Password removed",
	store.EventRoleChanged:     "Role changed",
	store.EventLooked:          "An administrator looked at your account as you see it",
	store.EventFactorsUndone:   "Account taken back: passkeys, app and codes removed",
}

// eventSentence says an event in words. words are those of the product, by the names of its events.
func eventSentence(e store.Event, words map[string]string) string {
	switch {
	case e.Name == store.EventSignedIn && e.Detail == store.DetailNewDevice:
		return "Signed in on a new device"
	case e.Name == store.EventSignInEnded && e.Detail == "" && (e.By != 0 || e.Operator):
		return "All devices signed out"
	case e.Name == store.EventSignInEnded && e.Detail != "":
		return fmt.Sprintf("Device signed out: %s", device(e.Detail))
	case e.Name == store.EventFailed && e.Detail == store.DetailPasskey:
		return "Passkey refused"
	case e.Name == store.EventReauthenticated && e.Detail == store.DetailPasskey:
		return "Confirmed with a passkey"
	case e.Name == store.EventPasskeyAdded && e.Detail != "":
		return fmt.Sprintf("Passkey added: %s", e.Detail)
	case e.Name == store.EventPasskeyRenamed && e.Detail != "":
		return fmt.Sprintf("Passkey renamed to %s", e.Detail)
	case e.Name == store.EventPasskeyRemoved && e.Detail != "":
		return fmt.Sprintf("Passkey removed: %s", e.Detail)
	case e.Name == store.EventPasswordChanged && e.Detail == store.DetailByLink:
		return "New password chosen by link"
	case e.Name == store.EventEmailAsked && e.Detail != "":
		return fmt.Sprintf("Asked to change address to %s", e.Detail)
	case e.Name == store.EventEmailChanged:
		if addresses := strings.Fields(e.Detail); len(addresses) == 2 {
			return fmt.Sprintf("Email address changed from %s to %s", addresses[0], addresses[1])
		}
	case e.Name == store.EventRoleChanged:
		if roles := strings.Fields(e.Detail); len(roles) == 2 {
			return fmt.Sprintf("Role changed from %s to %s", calledRole(roles[0]), calledRole(roles[1]))
		}
	case e.Name == store.EventLooked && e.Detail == store.DetailEnded:
		return "An administrator stopped looking at your account"
	case e.Name == store.EventUpdated:
		if names := strings.Fields(e.Detail); len(names) == 3 {
			return fmt.Sprintf("Username changed from %s to %s", names[1], names[2])
		}
		return "Name changed"
	}
	if s := cmp.Or(eventSentences[e.Name], words[e.Name]); s != "" {
		return s
	}
	return e.Name
}

// calledRole is what people read of a role that an event names.
func calledRole(name string) string {
	role, known := store.FindRole(name)
	if !known && name == "member" {
		role, _ = store.FindRole("")
	}
	return role.Called()
}

// source says in words where an event came from: a device and its address, or whoever runs the site.
func (p ActivityPage) source(e store.Event) string {
	switch {
	case e.By != 0:
		return "By an administrator."
	case e.Operator && p.Contacts.Support != "":
		return "By us."
	case e.Operator:
		return "By the people who run this site."
	}
	from := device(e.Agent)
	if e.Address != "" {
		from += " · " + e.Address
	}
	return from
}
