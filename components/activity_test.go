package components

import (
	"slices"
	"testing"

	"gatehouse/store"
)

// unrecorded are events that no account has: they are only logged, or go with it.
var unrecorded = []string{store.EventErased, store.EventExported, store.EventLimited, store.EventCrossSite, store.EventForbidden, store.EventInvited, store.EventInviteRevoked}

func TestEveryEventHasWords(t *testing.T) {
	t.Parallel()
	for _, name := range store.EventNames {
		if got := eventSentence(store.Event{Name: name, Detail: "one two"}, nil); (got == name) != slices.Contains(unrecorded, name) {
			t.Errorf("%s is told as %q", name, got)
		}
	}
	if got := eventSentence(store.Event{Name: "book_added"}, map[string]string{"book_added": "Book added"}); got != "Book added" {
		t.Errorf("an event of a product is told as %q", got)
	}
}

// What somebody did with a passkey is not told as done with a password, and says which passkey it was.
func TestEventsOfPasskeysSayWhich(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, detail, want string
		alarming           bool
	}{
		{store.EventPasskeyAdded, "Ada's phone", "Passkey added: Ada's phone", true},
		{store.EventPasskeyRenamed, "Ada's phone", "Passkey renamed to Ada's phone", false},
		{store.EventPasskeyRemoved, "Ada's phone", "Passkey removed: Ada's phone", false},
		{store.EventPasskeyRemoved, "", "Passkeys removed", false},
		{store.EventReauthenticated, store.DetailPasskey, "Confirmed with a passkey", false},
		{store.EventReauthenticated, "", "Password confirmed", false},
		{store.EventFailed, store.DetailPasskey, "Passkey refused", true},
		{store.EventFailed, "", "Wrong password", true},
		{store.EventTokenReuse, store.DetailPasskey, "Passkey may be a copy: its counter went back", true},
		{store.EventPasswordRemoved, "", "Password removed", true},
		{store.EventFactorsUndone, "", "Account taken back: passkeys, app and codes removed", false},
	} {
		event := store.Event{Name: c.name, Detail: c.detail}
		if got := eventSentence(event, nil); got != c.want {
			t.Errorf("%s %q is told as %q, want %q", c.name, c.detail, got, c.want)
		}
		if got := (entry{Event: event}); got.alarming() != c.alarming || got.mark() != "mark-key" {
			t.Errorf("%s %q: alarming %v, beside %s", c.name, c.detail, got.alarming(), got.mark())
		}
	}
}
