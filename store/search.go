package store

import (
	"context"
	"errors"
	"slices"

	"gatehouse/store/rules"
)

// FoundPerKind is how many people a search shows of each kind of beginnings.
const FoundPerKind = 8

// By is what people are found by.
type By string

// What people are found by, in the order in which it is looked at. A number is found as a whole, all
// others by their beginnings.
const (
	ByNumber   By = "number"
	ByUsername By = "username"
	ByEmail    By = "email"
	ByName     By = "name"
	BySurname  By = "surname"
)

// Listed says whether there is a list of everybody who is found by that.
func (by By) Listed() bool {
	return slices.ContainsFunc(searches, func(k search) bool { return k.by == by })
}

// searchedPerKind is how many each statement returns: as many as a search shows of a kind, all whom it may
// have shown before, and one more. A page of a list takes fewer. It stands in the text, as in people.go.
const searchedPerKind = 4*FoundPerKind + 2

// Each statement has one lower bound: with two, planners begin at the first, which may be that of all
// there is. Beginnings are ranges, so nothing in them has to be escaped.
const (
	searchUsernames = `SELECT ` + userColumns + `, users.username FROM users
		WHERE users.username >= $1 AND users.username < $2 ORDER BY users.username LIMIT 34`

	searchEmails = `SELECT ` + userColumns + `, users.email_key FROM users
		WHERE users.email_key >= $1 AND users.email_key < $2 ORDER BY users.email_key LIMIT 34`

	searchNames = `SELECT ` + userColumns + `, users.name_key FROM users
		WHERE (users.name_key, users.id) > ($1, $2) AND users.name_key < $3 ORDER BY users.name_key, users.id LIMIT 34`

	searchSurnames = `SELECT ` + userColumns + `, users.name_turned FROM users
		WHERE (users.name_turned, users.id) > ($1, $2) AND users.name_turned < $3 ORDER BY users.name_turned, users.id LIMIT 34`
)

// search is how one kind of beginnings is looked for.
type search struct {
	by   By
	text string
	// numbered says that keys are not unique, so that the number of the account decides.
	numbered bool
	begins   func(b rules.Beginnings) string
}

// searches are the statements of the kinds of beginnings, in the order in which they are asked.
var searches = []search{
	{ByUsername, searchUsernames, false, func(b rules.Beginnings) string { return b.Username }},
	{ByEmail, searchEmails, false, func(b rules.Beginnings) string { return b.Email }},
	{ByName, searchNames, true, func(b rules.Beginnings) string { return b.Name }},
	{BySurname, searchSurnames, true, func(b rules.Beginnings) string { return b.Name }},
}

// lastRune sorts behind all that a key continues with.
const lastRune = "\U0010ffff"

// Mark is where a page of a search ends: the last key on it, and the number of whose it is. The zero
// Mark is before the first page.
type Mark struct {
	Key string
	ID  int64
}

// Found are the people whom one kind of beginnings found, the exact one first.
type Found struct {
	By     By
	People []User
	// More says that there are others, whom the search does not show.
	More bool
}

// hit is somebody who was found, with the key by which they were.
type hit struct {
	User
	key string
}

func (h *hit) columns() []any { return append(h.User.columns(), &h.key) }

// Search finds people by how their usernames, addresses, names and surnames begin: at most
// FoundPerKind by each, and nobody twice. Digits are also the number of an account, and what has an @
// is looked for among addresses alone. Kinds that found nobody are left out.
func (s *Store) Search(ctx context.Context, typed string) (found []Found, err error) {
	wanted := rules.SearchFor(typed)
	seen := map[int64]bool{}
	if wanted.Number != 0 {
		user, err := s.UserByID(ctx, wanted.Number)
		if err == nil {
			found, seen[user.ID] = append(found, Found{By: ByNumber, People: []User{user}}), true
		} else if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	for _, kind := range searches {
		// Whoever was found already can be among these, and one more says whether there are others.
		hits, err := s.search(ctx, wanted, kind.by, Mark{})
		if err != nil {
			return nil, err
		}
		hits = slices.DeleteFunc(hits, func(h hit) bool { return seen[h.ID] })
		f := Found{By: kind.by, More: len(hits) > FoundPerKind}
		for _, h := range hits[:min(len(hits), FoundPerKind)] {
			f.People, seen[h.ID] = append(f.People, h.User), true
		}
		if len(f.People) > 0 {
			found = append(found, f)
		}
	}
	return found, nil
}

// SearchBy lists the people whom one kind of beginnings finds, by their keys, PeoplePerPage at a time:
// those after a mark. next is the mark of the next page, or zero where this is the last.
func (s *Store) SearchBy(ctx context.Context, typed string, by By, after Mark) (people []User, next Mark, err error) {
	if !rules.Searchable(after.Key) {
		return nil, next, nil
	}
	hits, err := s.search(ctx, rules.SearchFor(typed), by, after)
	if len(hits) > 0 && hits[0].key == after.Key && hits[0].ID == after.ID {
		hits = hits[1:]
	}
	if len(hits) > PeoplePerPage {
		hits = hits[:PeoplePerPage]
		last := hits[PeoplePerPage-1]
		next = Mark{last.key, last.ID}
	}
	for _, h := range hits {
		people = append(people, h.User)
	}
	return people, next, err
}

// search asks one statement, or nothing where nobody can be found.
func (s *Store) search(ctx context.Context, wanted rules.Beginnings, by By, after Mark) ([]hit, error) {
	for _, search := range searches {
		beginning := search.begins(wanted)
		if search.by != by || beginning == "" {
			continue
		}
		if after.Key < beginning {
			after = Mark{Key: beginning}
		}
		args := []any{after.Key, beginning + lastRune}
		if search.numbered {
			args = slices.Insert(args, 1, any(after.ID))
		}
		return All(ctx, s, search.text, args, (*hit).columns)
	}
	return nil, nil
}
