package components

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// AuditPage is one page of what administrators and the operator did.
type AuditPage struct {
	store.Listed[store.NamedDeed]
	Sought   *SoughtForm
	Download *DownloadForm
	// Later says that this is not the page of the newest. Retention is how long the audit is stored.
	Later     bool
	Retention time.Duration
}

// deedKinds are what the audit can have, and their words whatever the detail.
var deedKinds = map[string]string{
	store.EventRegistered:      "Account created",
	store.EventInvited:         "Somebody invited",
	store.EventInviteRevoked:   "Invitation revoked",
	store.EventDisabled:        eventSentences[store.EventDisabled],
	store.EventEnabled:         eventSentences[store.EventEnabled],
	store.EventClosed:          eventSentences[store.EventClosed],
	store.EventErased:          "Account erased",
	store.EventRoleChanged:     eventSentences[store.EventRoleChanged],
	store.EventSignInEnded:     saidSignedOut,
	store.EventResetAsked:      "Password link sent",
	store.EventVerifyAsked:     eventSentences[store.EventVerifyAsked],
	store.EventEmailChanged:    eventSentences[store.EventEmailChanged],
	store.EventFactorsReset:    eventSentences[store.EventFactorsReset],
	store.EventAppChanged:      "Authenticator app that can't be opened dropped",
	store.EventPasswordRemoved: "Passwords of earlier systems dropped",
	store.EventExported:        "Download",
	store.EventLooked:          saidLooked,
	store.EventSettled:         eventSentences[store.EventSettled],
}

// NewAuditSought states the conditions of the audit.
func NewAuditSought(root AdminRoot) *SoughtForm {
	kinds := make([]string, 0, len(deedKinds))
	for name := range deedKinds {
		kinds = append(kinds, name)
	}
	f := newSoughtForm(root.Audit(), AuditTitle, kinds, func(name string) string { return deedKinds[name] })
	return f
}

// auditFrom is the address of what was done from one network address.
func (a AdminRoot) auditFrom(address string) string {
	return a.Audit() + "?" + url.Values{"from": {address}}.Encode()
}

// deedSentence says a row of the audit in words. What it was about that is nobody's account follows.
func deedSentence(d store.Deed) string {
	words := strings.Fields(d.Detail)
	role := func() string { return calledRole(words[len(words)-1]) }
	switch {
	case d.Name == store.EventInvited && d.Detail == store.PurposeSetup:
		return "Link for the first administrator made"
	case d.Name == store.EventInvited && len(words) == 2:
		return fmt.Sprintf("Somebody invited as %s", role())
	case d.Name == store.EventInviteRevoked && len(words) == 2:
		return fmt.Sprintf("Invitation as %s revoked", role())
	case d.Name == store.EventRegistered && d.SubjectID == 0:
		return "Accounts imported"
	case d.Name == store.EventRegistered && len(words) == 2 && words[0] == store.PurposeSetup:
		return "Account of the first administrator created"
	case d.Name == store.EventRegistered && len(words) == 2:
		return fmt.Sprintf("Invitation as %s accepted", role())
	case d.Name == store.EventRegistered && len(words) == 1:
		return fmt.Sprintf("Account created as %s", role())
	case d.Name == store.EventRoleChanged:
		return eventSentence(store.Event{Name: d.Name, Detail: d.Detail}, nil)
	case d.Name == store.EventSignInEnded && d.Detail == "":
		return "Signed out on all devices"
	case d.Name == store.EventLooked && d.Detail == store.DetailEnded:
		return saidStopped
	case d.Name == store.EventSettled && d.Detail == store.DetailSignalsOn:
		return "Password managers hear of unknown passkeys again"
	case d.Name == store.EventSettled && d.Detail == store.DetailSignalsOff:
		return "Password managers hear nothing of unknown passkeys"
	case d.Name == store.EventExported && len(words) == 3:
		return downloadSentence(words[0], words[1], words[2])
	case d.Name == store.EventExported && d.Detail == store.DetailUsers:
		return "All accounts downloaded"
	case d.Name == store.EventExported && d.Detail == store.DetailUsersWithPasswords:
		return "All accounts downloaded, with their stored passwords"
	}
	if s := deedKinds[d.Name]; s != "" {
		return s
	}
	return eventSentence(store.Event{Name: d.Name}, nil)
}

// downloadSentence says which days of what were downloaded.
func downloadSentence(what, since, until string) string {
	days := make([]string, 0, 2)
	for _, text := range []string{since, until} {
		day, err := rules.Day("", text, time.UTC)
		if err != nil {
			return deedKinds[store.EventExported]
		}
		days = append(days, Times{}.date(day))
	}
	if what == store.DetailAudit {
		return fmt.Sprintf("Audit of %s to %s downloaded", days[0], days[1])
	}
	return fmt.Sprintf("Activity of %s to %s downloaded", days[0], days[1])
}

// deedAbout is what the detail of a row says beyond its sentence, or empty: which invitation, which file.
func deedAbout(d store.Deed) string {
	handle, _, two := strings.Cut(d.Detail, " ")
	switch {
	case d.Name == store.EventRegistered && d.SubjectID == 0, d.Name == store.EventPasswordRemoved:
		return d.Detail
	case slices.Contains([]string{store.EventInvited, store.EventInviteRevoked, store.EventRegistered}, d.Name) && two && handle != store.PurposeSetup:
		return fmt.Sprintf("Invitation %s", handle)
	}
	return ""
}

func (p AuditPage) days(times Times) []onDay[store.NamedDeed] {
	return byDay(times, p.Rows, func(d store.NamedDeed) time.Time { return d.At })
}

// lead says what the list is of.
func (p AuditPage) lead() string {
	return fmt.Sprintf("What administrators and the command line did in the last %s.", Days(p.Retention))
}

// nothing is said where the list is empty.
func (p AuditPage) nothing() string {
	if len(p.Sought.stated()) > 0 || p.Later {
		return nothingFound
	}
	return nothingHappened
}

// reasonOf says why.
func reasonOf(d store.NamedDeed) string { return fmt.Sprintf("Reason: %s", d.Reason) }
