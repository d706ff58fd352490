package store

import (
	"context"
	"errors"

	"gatehouse/store/rules"
)

const (
	// ListedPerPage is how many rows of what happened to everybody a page has.
	ListedPerPage = 50
	// LookedThrough is how many rows of the condition that has an index are looked through for a
	// further condition. Without a bound a rare one took as long as there are rows.
	LookedThrough = 2000
	// newestID is before no row.
	newestID = 1<<63 - 1
)

// Sought are the conditions of a list of what happened. Zero values are no condition.
type Sought struct {
	// Who is the number of an account.
	Who int64
	// From is a network address as events record it, Kind a name of an event.
	From, Kind string
	// Before is the id of the row behind which the list goes on.
	Before int64
}

// before is the bound of the list.
func (s Sought) before() int64 {
	if s.Before <= 0 {
		return newestID
	}
	return s.Before
}

// conditions is how many there are.
func (s Sought) conditions() (n int) {
	for _, stated := range []bool{s.Who != 0, s.From != "", s.Kind != ""} {
		if stated {
			n++
		}
	}
	return n
}

// limit is how many rows are read at most: those of a page, or with more than one condition those
// that are looked through, and one more, which says that there are older ones.
func (s Sought) limit() int {
	if s.conditions() > 1 {
		return LookedThrough + 1
	}
	return ListedPerPage + 1
}

// either is one of two statements that differ in their limits alone: for a page, and for looking through
// rows. Sought.limit stands in their texts, for the reason in people.go.
func (s Sought) either(page, through string) string {
	if s.conditions() > 1 {
		return through
	}
	return page
}

// Listed is a page of a list of what happened, newest first.
type Listed[T any] struct {
	Rows []T
	// More says that there are older rows, which begin before the id Next.
	More bool
	Next int64
	// Looked is how many rows were looked through, where the list ends there and not with the page.
	Looked int
}

// lookThrough makes a page of the rows that are wanted, of at most Sought.limit.
func lookThrough[T any](rows []T, id func(T) int64, wanted func(T) bool) (list Listed[T]) {
	last := int64(0)
	for i, row := range rows {
		switch {
		case len(list.Rows) == ListedPerPage:
			list.More, list.Next = true, last
			return list
		case i == LookedThrough:
			list.More, list.Next, list.Looked = true, last, LookedThrough
			return list
		}
		last = id(row)
		if wanted(row) {
			list.Rows = append(list.Rows, row)
		}
	}
	return list
}

// ErrNobody refuses what names no account.
var ErrNobody = rules.Refuse("who", "Nobody has that username, email address or number.")

// Whom is the number of the account that has that username, email address or number. A number may be
// that of an account that is erased. Anything else is refused.
func (s *Store) Whom(ctx context.Context, text string) (int64, error) {
	if !rules.Searchable(text) {
		return 0, ErrNobody
	}
	user, err := s.Find(ctx, text)
	if err == nil {
		return user.ID, nil
	}
	if !errors.Is(err, ErrNotFound) {
		return 0, err
	}
	if number := rules.SearchFor(text).Number; number != 0 {
		return number, nil
	}
	return 0, ErrNobody
}
