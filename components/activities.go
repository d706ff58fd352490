package components

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"time"

	"gatehouse/store"
)

// ActivitiesPage is one page of what happened to everybody, or to one person.
type ActivitiesPage struct {
	store.Listed[store.Happened]
	Sought *SoughtForm
	// Person is whose activity alone it is, or nil.
	Person *store.User
	// Download asks for a file, or is nil on the page of one person.
	Download *DownloadForm
	// Words say the events of the product, by their names.
	Words map[string]string
	// Later says that this is not the page of the newest.
	Later bool
	// Retention is how long events are stored.
	Retention time.Duration
}

// NewActivitySought states the conditions of the activity of everybody, or, with a person, of theirs.
func NewActivitySought(root AdminRoot, person *store.User, words map[string]string) *SoughtForm {
	kinds := slices.AppendSeq(slices.Collect(maps.Keys(eventSentences)), maps.Keys(words))
	kinds = slices.DeleteFunc(kinds, func(name string) bool { return name == store.EventSettled }) // which happens to no account
	f := newSoughtForm(root.Activity(), ActivityTitle, append(kinds, store.EventUpdated), func(name string) string { return kindWords(name, words) })
	if person != nil {
		f.Action, f.Title = root.Person(person.ID, "/activity"), fmt.Sprintf("Activity of %s", person.Username)
		f.Fields = f.Fields[1:]
	}
	return f
}

func (p ActivitiesPage) days(times Times) []onDay[store.Happened] {
	return byDay(times, p.Rows, func(e store.Happened) time.Time { return e.At })
}

// lead says what the list is of.
func (p ActivitiesPage) lead() string {
	if p.Person != nil {
		return fmt.Sprintf("What happened to %s in the last %s.", p.Person.Username, Days(p.Retention))
	}
	return fmt.Sprintf("What happened to accounts in the last %s.", Days(p.Retention))
}

// back names the page of the person.
func (p ActivitiesPage) back() string { return fmt.Sprintf("The account of %s", p.Person.Username) }

// nothing is said where the list is empty.
func (p ActivitiesPage) nothing() string {
	if len(p.Sought.stated()) > 0 || p.Later {
		return nothingFound
	}
	return nothingHappened
}

// nothingFound is said of conditions that no row fulfils.
const nothingFound = "Nothing found."

// source says in words where an event came from, or is empty where an administrator did it, who is named.
func (p ActivitiesPage) source(e store.Happened) string {
	switch {
	case e.By != 0:
		return ""
	case e.Operator:
		return "From the command line"
	}
	return device(e.Agent)
}

// kindWords say an event whatever its detail, by its name. words are those of the product.
func kindWords(name string, words map[string]string) string {
	switch name {
	case store.EventUpdated:
		return "Name or username changed"
	case store.EventSignInEnded:
		return saidSignedOut
	case store.EventPasskeyRemoved:
		return "Passkey removed"
	}
	return staffSentence(store.Event{Name: name}, words)
}

// Words for those who run the site, where the owner of the account is told otherwise.
const (
	saidSignedOut = "Device signed out"
	saidLooked    = "Looked at the account as its owner sees it"
	saidStopped   = "Stopped looking at the account"
)

// staffSentence says an event to those who run the site.
func staffSentence(e store.Event, words map[string]string) string {
	switch {
	case e.Name == store.EventLooked && e.Detail == store.DetailEnded:
		return saidStopped
	case e.Name == store.EventLooked:
		return saidLooked
	}
	return eventSentence(e, words)
}

// kindPath is the address of what happened of one kind, or empty for who may not see it.
func (a AdminRoot) kindPath(ctx context.Context, name string) string {
	if !May(ctx, store.SeeActivity) {
		return ""
	}
	return a.Activity() + "?" + url.Values{"kind": {name}}.Encode()
}

// box is the entry of the navigation that the page belongs to.
func (p ActivitiesPage) box(root AdminRoot) string {
	if p.Person != nil {
		return root.People()
	}
	return root.Activity()
}
