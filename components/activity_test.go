package components

import (
	"slices"
	"testing"

	"gatehouse/store"
)

// unrecorded are events that no account has: they are only logged, or go with it.
var unrecorded = []string{store.EventErased, store.EventExported, store.EventLimited, store.EventCrossSite}

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
