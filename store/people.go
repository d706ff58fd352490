package store

import "context"

// PeoplePerPage is how many accounts a page of a list of people has.
const PeoplePerPage = 25

// Show says which accounts a list of people has.
type Show string

// The lists of people. Staff are who has a role.
const (
	ShowAll         Show = ""
	ShowStaff       Show = "staff"
	ShowDisabled    Show = "disabled"
	ShowClosed      Show = "closed"
	ShowUnconfirmed Show = "unconfirmed"
)

// The number is PeoplePerPage and one more. As a parameter PostgreSQL takes a limit for a tenth of all rows,
// finds no plan for every time, and so makes one each time, which takes longer than the rest.
const (
	selectPeople      = `SELECT ` + userColumns + ` FROM users WHERE users.id < $1 ORDER BY users.id DESC LIMIT 26`
	selectStaff       = `SELECT ` + userColumns + ` FROM users WHERE users.role <> '' AND users.id < $1 ORDER BY users.id DESC LIMIT 26`
	selectDisabled    = `SELECT ` + userColumns + ` FROM users WHERE users.disabled_at IS NOT NULL AND users.id < $1 ORDER BY users.id DESC LIMIT 26`
	selectShut        = `SELECT ` + userColumns + ` FROM users WHERE users.closed_at IS NOT NULL AND users.id < $1 ORDER BY users.id DESC LIMIT 26`
	selectUnconfirmed = `SELECT ` + userColumns + ` FROM users WHERE users.confirmed_at IS NULL AND users.id < $1 ORDER BY users.id DESC LIMIT 26`

	selectStaffUp    = `SELECT ` + userColumns + ` FROM users WHERE users.role <> '' AND users.id > $1 ORDER BY users.id LIMIT $2`
	selectDisabledUp = `SELECT ` + userColumns + ` FROM users WHERE users.disabled_at IS NOT NULL AND users.id > $1 ORDER BY users.id LIMIT $2`
)

// newestFirst are the statements of the lists. Each finds its rows by an index that has them alone.
var newestFirst = map[Show]string{
	ShowAll: selectPeople, ShowStaff: selectStaff, ShowDisabled: selectDisabled, ShowClosed: selectShut, ShowUnconfirmed: selectUnconfirmed,
}

// Known says whether there is such a list.
func (show Show) Known() bool { return newestFirst[show] != "" }

// People lists accounts, newest first, PeoplePerPage at a time: those before the id, or the newest
// for 0. more says whether there are older ones. They are not counted.
func (s *Store) People(ctx context.Context, show Show, before int64) (people []User, more bool, err error) {
	const newest = 1<<63 - 1
	if before <= 0 {
		before = newest
	}
	people, err = All(ctx, s, newestFirst[show], []any{before}, (*User).columns)
	if len(people) > PeoplePerPage {
		return people[:PeoplePerPage], true, err
	}
	return people, false, err
}

// Staff lists who has a role, and Disabled who is disabled, both as Users lists everybody.
func (s *Store) Staff(ctx context.Context, after int64, limit int) ([]User, error) {
	return All(ctx, s, selectStaffUp, []any{after, limit}, (*User).columns)
}

// Disabled lists accounts that are disabled.
func (s *Store) Disabled(ctx context.Context, after int64, limit int) ([]User, error) {
	return All(ctx, s, selectDisabledUp, []any{after, limit}, (*User).columns)
}
