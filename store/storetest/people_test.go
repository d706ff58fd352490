package storetest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the list of people.
func TestPeopleContract(t *testing.T) {
	contract(t, []promise{
		{"lists people page by page, newest first", listsPeople},
		{"lists who is staff, disabled, closed and not confirmed", listsSome},
		{"PPL-04 lists nobody twice and leaves nobody out while people come and go", listsWhileTheyMove},
		{"lists staff and the disabled for the operator, oldest first", listsUp},
	})
}

// usernames are those of a list.
func usernames(people []store.User) (names []string) {
	for _, user := range people {
		names = append(names, user.Username)
	}
	return names
}

// people reads a whole list.
func (h house) people(t *testing.T, show store.Show) (names []string) {
	t.Helper()
	for before, more := int64(0), true; more; {
		var page []store.User
		var err error
		page, more, err = h.People(h.ctx, show, before)
		must(t, err)
		if len(page) > store.PeoplePerPage || more && len(page) != store.PeoplePerPage {
			t.Fatalf("a page has %d, and more is %v", len(page), more)
		}
		names = append(names, usernames(page)...)
		if more {
			before = page[len(page)-1].ID
		}
	}
	return names
}

func listsPeople(t *testing.T, h house) {
	if names := h.people(t, store.ShowAll); len(names) != 0 {
		t.Errorf("of nobody there are %q", names)
	}
	for _, n := range []int{store.PeoplePerPage, 1, store.PeoplePerPage} {
		before := h.people(t, store.ShowAll)
		h.crowd(t, fmt.Sprintf("page%d-", len(before)), n)
		names := h.people(t, store.ShowAll)
		if len(names) != len(before)+n || !slices.Equal(names[n:], before) {
			t.Errorf("after %d more there are %q", n, names)
		}
	}
}

// crowd makes accounts that are found by their number.
func (h house) crowd(t *testing.T, prefix string, n int) {
	t.Helper()
	for i := range n {
		h.exec(t, `INSERT INTO users (username, email, email_key, name, created_at) VALUES ($1, $1, $1, $2, $3)`,
			fmt.Sprintf("%s%02d", prefix, i), "Grace Hopper", h.moment(0))
	}
	for {
		n, err := h.FoldNames(h.ctx, 100)
		must(t, err)
		if n == 0 {
			return
		}
	}
}

func listsSome(t *testing.T, h house) {
	h.crowd(t, "member-", 4)
	h.exec(t, `UPDATE users SET confirmed_at = created_at`)
	h.exec(t, `UPDATE users SET role = 'support' WHERE username = 'member-00'`)
	h.exec(t, `UPDATE users SET role = 'nobody-knows' WHERE username = 'member-03'`)
	h.exec(t, `UPDATE users SET disabled_at = created_at WHERE username IN ('member-01', 'member-02')`)
	h.exec(t, `UPDATE users SET closed_at = created_at WHERE username = 'member-02'`)
	h.exec(t, `UPDATE users SET confirmed_at = NULL WHERE username = 'member-01'`)
	for show, want := range map[store.Show]string{
		store.ShowAll: "member-03 member-02 member-01 member-00", store.ShowStaff: "member-03 member-00", store.ShowDisabled: "member-02 member-01",
		store.ShowClosed: "member-02", store.ShowUnconfirmed: "member-01",
	} {
		if got := strings.Join(h.people(t, show), " "); got != want {
			t.Errorf("%q lists %s, want %s", show, got, want)
		}
		if !show.Known() {
			t.Errorf("%q is unknown", show)
		}
	}
	if store.Show("others").Known() {
		t.Error("others are known")
	}
}

func listsWhileTheyMove(t *testing.T, h house) {
	h.crowd(t, "stays-", 3*store.PeoplePerPage)
	for _, moves := range []func(page []store.User){
		func([]store.User) { h.crowd(t, fmt.Sprintf("comes-%d-", len(h.people(t, store.ShowAll))), 3) },
		func(page []store.User) { must(t, h.Erase(h.ctx, page[len(page)-1], Operator)) }, // the page after begins there
		func(page []store.User) { must(t, h.Erase(h.ctx, page[0], Operator)) },
	} {
		stayed := h.people(t, store.ShowAll)
		var seen []string
		for before, more := int64(0), true; more; {
			var page []store.User
			var err error
			page, more, err = h.People(h.ctx, store.ShowAll, before)
			must(t, err)
			seen, before = append(seen, usernames(page)...), page[len(page)-1].ID
			moves(page)
		}
		if !slices.Equal(seen, stayed) {
			t.Errorf("saw %q, want %q", seen, stayed)
		}
	}
}

func listsUp(t *testing.T, h house) {
	h.crowd(t, "member-", 5)
	h.exec(t, `UPDATE users SET role = 'support' WHERE username <> 'member-02'`)
	h.exec(t, `UPDATE users SET disabled_at = created_at WHERE username IN ('member-02', 'member-04')`)
	for want, list := range map[string]func(after int64) ([]store.User, error){
		"member-00 member-01 member-03 member-04": func(after int64) ([]store.User, error) { return h.Staff(h.ctx, after, 3) },
		"member-02 member-04":                     func(after int64) ([]store.User, error) { return h.Disabled(h.ctx, after, 3) },
	} {
		var names []string
		for after := int64(0); ; {
			page, err := list(after)
			must(t, err)
			if len(page) == 0 {
				break
			}
			names, after = append(names, usernames(page)...), page[len(page)-1].ID
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("lists %s, want %s", got, want)
		}
	}
}

// indexOf says by which index alone a statement is to find its rows.
var indexOf = map[string]string{
	"selectStaff": "users_staff", "selectStaffUp": "users_staff", "selectDisabled": "users_disabled", "selectDisabledUp": "users_disabled",
	"selectShut": "users_shut", "selectUnconfirmed": "users_unconfirmed", "selectUnfolded": "users_unfolded", "selectPeople": "users_pkey",
	"searchUsernames": "users.username", "searchEmails": "users.email_key", "searchNames": "users_name", "searchSurnames": "users_turned",
}

// onSQLiteCalled are names that SQLite has for indexes of its own.
var onSQLiteCalled = map[string]string{
	"users_pkey": "INTEGER PRIMARY KEY", "users.username": "sqlite_autoindex_users_1", "users.email_key": "sqlite_autoindex_users_2",
}

// PPL-01, PPL-02, PPL-03: each list and each kind of a search finds its rows by the one index that is
// made for it, begins at one bound, and counts nothing. A second lower bound would not show in the
// plan, and read from the beginning.
func TestPPL01ListsAndSearchesBeginWhereTheyAre(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		Crowd(t, d, h.db, 20_000)
		conn, err := h.db.Read.Conn(h.ctx)
		must(t, err)
		defer conn.Close()
		found := 0
		for _, s := range Statements(t, "..") {
			index := indexOf[s.Name]
			if index == "" {
				continue
			}
			found++
			where := s.Text[strings.Index(s.Text, " FROM users"):]
			if bounds := strings.Count(where, ">") - strings.Count(where, "<>"); bounds > 1 || strings.Contains(strings.ToLower(s.Text), "count(") {
				t.Errorf("%d lower bounds, or a count, in %s", bounds, s.Text)
			}
			var plan string
			if d.Name == PostgreSQL.Name {
				_, err := conn.ExecContext(h.ctx, `SET plan_cache_mode = force_generic_plan`)
				must(t, err)
				for _, text := range []string{`DEALLOCATE ALL`, `PREPARE planned AS ` + s.Text} {
					_, err := conn.ExecContext(h.ctx, text, pgx.QueryExecModeSimpleProtocol)
					must(t, err)
				}
				args := strings.TrimSuffix(strings.Repeat("NULL, ", count(s)), ", ")
				plan = strings.Join(lastColumn(t, conn, `EXPLAIN (FORMAT JSON) EXECUTE planned(`+args+`)`, pgx.QueryExecModeSimpleProtocol), "")
				var plans []struct{ Plan step }
				must(t, json.Unmarshal([]byte(plan), &plans))
				if got := plans[0].Plan.Plans; len(got) != 1 || got[0].Index != index || got[0].Type != "Index Scan" {
					t.Errorf("%s does not go by %s alone: %s", s.Name, index, plan)
				}
				continue
			}
			if name := onSQLiteCalled[index]; name != "" {
				index = name
			}
			lines := lastColumn(t, conn, `EXPLAIN QUERY PLAN `+s.Text, make([]any, count(s))...)
			if len(lines) != 1 || !strings.HasPrefix(lines[0], "SEARCH users USING ") || !strings.Contains(lines[0], " "+index+" (") {
				t.Errorf("%s does not go by %s alone: %q", s.Name, index, lines)
			}
		}
		if found != len(indexOf) {
			t.Errorf("found %d statements of %d", found, len(indexOf))
		}
	})
}
