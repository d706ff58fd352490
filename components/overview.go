package components

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gatehouse/store"
)

// AdminOverview is what the first page of the administration says.
type AdminOverview struct {
	Accounts, Disabled, Closed, Unconfirmed Figure
	// WithoutStep is how many of the staff have no second step, OldPasswords how many passwords are stored as an earlier
	// system stored them.
	WithoutStep, OldPasswords Figure
	SignIns, Letters          Figure
	// Oldest is how long the letter that was written first had waited at OldestAt; 0 where none waits.
	Oldest      time.Duration
	OldestAt    time.Time
	OldestKnown bool
	// Events are what happened within store.EventsWithin.
	Events      []store.EventTotal
	EventsKnown bool
	// Words say the events of the product, by their names.
	Words map[string]string
	// Deeds are the newest rows of the audit, for who may see it.
	Deeds []store.NamedDeed
	// At is when the oldest of the figures was asked for.
	At time.Time
}

// notCounted stands for a figure that could not be had.
const notCounted = "Can't be counted right now"

// Figure is a number of the overview. One that could not be had is not known.
type Figure struct {
	N     int64
	Known bool
}

// DeedsShown is how many rows of the audit the overview has.
const DeedsShown = 10

// whole is a number as people read it: with a comma before each three digits.
func whole(n int64) string {
	digits := strconv.FormatInt(n, 10)
	first := (len(digits)-1)%3 + 1
	text := digits[:first]
	for i := first; i < len(digits); i += 3 {
		text += "," + digits[i:i+3]
	}
	return text
}

// happened are the events, the most frequent first.
func (o AdminOverview) happened() []store.EventTotal {
	list := slices.Clone(o.Events)
	slices.SortFunc(list, func(a, b store.EventTotal) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return list
}

// counted says when the figures were counted.
func (o AdminOverview) counted(times Times) string {
	return fmt.Sprintf("Counted at %s, at most a minute ago.", times.clock(o.At))
}
