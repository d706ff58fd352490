package storetest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of the search for people.
func TestSearchContract(t *testing.T) {
	contract(t, []promise{
		{"finds by how usernames, addresses, names and surnames begin, and by the number", finds},
		{"shows a few of each kind, nobody twice, and says whether there are others", findsFew},
		{"PPL-01 takes what is typed literally", findsLiterally},
		{"lists everybody whom one kind finds, page by page, in one order on every database", findsAll},
		{"PPL-04 lists nobody twice and leaves nobody out while people come and go", findsWhileTheyMove},
	})
}

// searched is what a search finds, by kinds, in their order.
func (h house) searched(t *testing.T, typed string) string {
	t.Helper()
	found, err := h.Search(h.ctx, typed)
	must(t, err)
	var kinds []string
	for _, f := range found {
		kinds = append(kinds, fmt.Sprint(f.By, " ", strings.Join(usernames(f.People), " ")))
		if f.More {
			kinds = append(kinds, "more")
		}
	}
	return strings.Join(kinds, "; ")
}

// named makes an account with a name and an address.
func (h house) named(t *testing.T, username, name, email string) store.User {
	t.Helper()
	return Register(t, h.Store, store.Registration{Username: username, Name: name, Email: email, Password: Password})
}

func finds(t *testing.T, h house) {
	h.named(t, "grace", "Grace Brewster Hopper", "hopper@navy.example")
	h.named(t, "gracie-allen", "Gracie Allen", "allen@example.com")
	h.named(t, "ada", "Augusta Ada King", "Grace.Fan@example.com")
	h.named(t, "zola", "Émile Zola", "emile@example.com")
	h.named(t, "hop", "", "hop@example.org")
	five := h.named(t, "5th", "5 Five", "5@example.com")
	if five.ID != 6 {
		h.exec(t, `UPDATE users SET id = 6 WHERE username = '5th'`)
	}
	for typed, want := range map[string]string{
		"grac":              "username grace gracie-allen; email ada",
		"GRACE":             "username grace; email ada",
		"grace":             "username grace; email ada",
		"grace.":            "email ada; name grace",
		"grace b":           "name grace",
		"Grace  Brewster-H": "name grace",
		"hop":               "username hop; email grace",
		"hopper":            "email grace",
		"hopper g":          "surname grace",
		"hopper@":           "email grace",
		"emile":             "email zola",
		"émile":             "name zola",
		"ÉMILE z":           "name zola",
		"zola e":            "surname zola",
		"king":              "surname ada",
		"6":                 "number 5th",
		"5":                 "username 5th",
		"06":                "",
		"99":                "",
		"ada@":              "",
		"grace.fan@EXAMPLE": "email ada",
		"nobody":            "",
		"":                  "",
		"   ":               "",
		"race":              "", // no beginning
	} {
		if typed == "5" {
			want = "number hop; username 5th"
		}
		if got := h.searched(t, typed); got != want {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
	h.exec(t, `UPDATE users SET disabled_at = created_at, closed_at = created_at`)
	if got := h.searched(t, "king"); got != "surname ada" {
		t.Errorf("of closed accounts finds %q", got)
	}
}

func findsFew(t *testing.T, h house) {
	for i := range 10 { // found by their usernames, and by all else
		h.named(t, fmt.Sprintf("mary-%02d", i), "Mary Mary", fmt.Sprintf("mary-%02d@example.com", i))
	}
	for i := range 9 {
		h.named(t, fmt.Sprintf("by-address-%d", i), "", fmt.Sprintf("mary.x%d@example.com", i))
	}
	for i := range 8 {
		h.named(t, fmt.Sprintf("by-name-%d", i), "Mary Smith", fmt.Sprintf("n%d@example.com", i))
	}
	h.named(t, "by-surname", "Smith, Mary", "s@example.com")
	found, err := h.Search(h.ctx, "mary")
	must(t, err)
	seen := map[int64]bool{}
	var said []string
	for _, f := range found {
		said = append(said, fmt.Sprintf("%s %d %v", f.By, len(f.People), f.More))
		for _, user := range f.People {
			if seen[user.ID] {
				t.Errorf("%s is shown twice", user.Username)
			}
			seen[user.ID] = true
		}
	}
	// Eight of the ten; of the rest two and six others; and so on.
	if got, want := strings.Join(said, " "), "username 8 true email 8 true name 8 false surname 1 false"; got != want {
		t.Errorf("found %s, want %s", got, want)
	}
	h.named(t, "mary", "", "exact@example.com")
	h.named(t, "exactly", "Mary", "exactly@example.com")
	found, err = h.Search(h.ctx, "mary")
	must(t, err)
	if found[0].People[0].Username != "mary" || found[2].People[0].Username != "exactly" {
		t.Errorf("the exact ones are not first: %q", h.searched(t, "mary"))
	}
}

func findsLiterally(t *testing.T, h house) {
	h.named(t, "a_b", "100 % Ada", "a%b@example.com")
	h.named(t, "a-b", "A B", "a_b@example.com")
	h.named(t, "axb", "Percy", "axb@example.com")
	h.named(t, "robert", `Robert'); DROP TABLE users; --`, "o'neill@example.com")
	for typed, want := range map[string]string{
		"%":           "",
		"_":           "",
		`\`:           "",
		"a_":          "username a_b; email a-b",
		"a%":          "email a_b; name a-b", // whatever is neither letter nor digit is a space in names
		"a%b@example": "email a_b",
		"%@":          "",
		"*":           "",
		"a?b":         "name a-b",
		"o'neill":     "email robert",
		"robert');":   "name robert",
		`a\_b`:        "name a-b",
		"[a-z]":       "",
		"\U0010ffff":  "",
		"a\U0010ffff": "name a-b; surname a_b", // likewise
	} {
		if got := h.searched(t, typed); got != want {
			t.Errorf("%q finds %q, want %q", typed, got, want)
		}
	}
}

// PPL-01: what nobody can be found by asks nothing.
func TestPPL01WhatFindsNobodyAsksNobody(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		w := &Watch{}
		h := open(t, d.Watched(w))
		h.named(t, "ada", "Ada Lovelace", "ada@example.com")
		w.Take()
		for _, typed := range []string{"ada\x00", "\x00", "\xff", "ada\xc3", "ada\n", "\u0085", strings.Repeat("a", rules.SearchMax+1), strings.Repeat("a", 10<<10), "", " "} {
			found, err := h.Search(h.ctx, typed)
			if err != nil || len(found) != 0 {
				t.Errorf("%.20q finds %v, %v", typed, found, err)
			}
			for _, by := range []store.By{store.ByUsername, store.ByEmail, store.ByName, store.BySurname} {
				for _, mark := range []store.Mark{{}, {Key: "a", ID: 1}} {
					if people, next, err := h.SearchBy(h.ctx, typed, by, mark); err != nil || len(people) != 0 || next != (store.Mark{}) {
						t.Errorf("%.20q finds %v by %s, %v", typed, people, by, err)
					}
				}
				if people, _, err := h.SearchBy(h.ctx, "ada", by, store.Mark{Key: "ada" + typed + "\x00"}); err != nil || len(people) != 0 {
					t.Errorf("after %.20q finds %v, %v", typed, people, err)
				}
			}
		}
		if taken := w.Take(); len(taken) != 0 {
			t.Errorf("asked %q", taken)
		}
		found, err := h.Search(h.ctx, strings.Repeat("a", rules.SearchMax))
		if taken := w.Take(); err != nil || len(found) != 0 || len(taken) != 4 {
			t.Errorf("the longest finds %v, %v, by %q", found, err, taken)
		}
	})
}

// listed reads all pages of one kind. moves happens after each.
func (h house) listed(t *testing.T, typed string, by store.By, moves func(page []store.User)) (names []string) {
	t.Helper()
	for mark, first := (store.Mark{}), true; first || mark != (store.Mark{}); first = false {
		page, next, err := h.SearchBy(h.ctx, typed, by, mark)
		must(t, err)
		if len(page) > store.PeoplePerPage || next != (store.Mark{}) && len(page) != store.PeoplePerPage {
			t.Fatalf("a page has %d, and the next is %v", len(page), next)
		}
		names, mark = append(names, usernames(page)...), next
		moves(page)
	}
	return names
}

var stays = func([]store.User) {}

// kinds are those of which there are lists, with a search that finds all of a crowd by it.
var kindsOfLists = map[store.By]string{store.ByUsername: "p-", store.ByEmail: "p-", store.ByName: "grace", store.BySurname: "hopper"}

func findsAll(t *testing.T, h house) {
	for _, username := range []string{"p_b", "p-b", "pxb", "p-", "p--", "p_", "o-z", "q-a", "p0", "p-0"} {
		h.exec(t, `INSERT INTO users (username, email, email_key, name, name_key, name_turned, created_at) VALUES ($1, $1, $1, $1, $1, $1, $2)`, username, h.moment(0))
	}
	for typed, want := range map[string]string{"p": "p- p-- p-0 p-b p0 p_ p_b pxb", "p_": "p_ p_b", "p-": "p- p-- p-0 p-b"} {
		for _, by := range []store.By{store.ByUsername, store.ByEmail} {
			if got := strings.Join(h.listed(t, typed, by, stays), " "); got != want {
				t.Errorf("%q lists %s by %s, want %s", typed, got, by, want)
			}
		}
	}
	h.exec(t, `DELETE FROM users`)
	for _, n := range []int{store.PeoplePerPage, 1, 2*store.PeoplePerPage - 1} {
		already := len(h.people(t, store.ShowAll))
		h.crowd(t, fmt.Sprintf("p-%d-", already), n)
		for by, typed := range kindsOfLists {
			names := h.listed(t, typed, by, stays)
			sorted := slices.Sorted(slices.Values(names))
			if len(slices.Compact(sorted)) != already+n || len(names) != already+n {
				t.Errorf("%q lists %d by %s, want %d: %q", typed, len(names), by, already+n, names)
			}
			if !by.Listed() {
				t.Errorf("%s is not listed", by)
			}
		}
	}
	if people, next, err := h.SearchBy(h.ctx, "p", store.ByNumber, store.Mark{}); len(people) != 0 || next != (store.Mark{}) || err != nil || store.ByNumber.Listed() {
		t.Errorf("by the number there are %v, %v", people, err)
	}
}

func findsWhileTheyMove(t *testing.T, h house) {
	h.crowd(t, "p-", 4*store.PeoplePerPage)
	all := func() []string { return slices.Sorted(slices.Values(h.people(t, store.ShowAll))) }
	comes := 0
	for by, typed := range kindsOfLists {
		for _, erased := range []func(page []store.User) int{
			func(page []store.User) int { return len(page) - 1 }, // the page after begins there
			func([]store.User) int { return 0 },
		} {
			before := all()
			seen := h.listed(t, typed, by, func(page []store.User) {
				comes++
				h.crowd(t, fmt.Sprintf("p-%d-", comes), 1)
				must(t, h.Erase(h.ctx, page[erased(page)], Operator))
			})
			sorted := slices.Sorted(slices.Values(seen))
			if twice := len(sorted) - len(slices.Compact(sorted)); twice != 0 {
				t.Errorf("by %s %d are listed twice", by, twice)
			}
			for _, username := range before {
				if !slices.Contains(seen, username) {
					t.Errorf("by %s %s is left out", by, username)
				}
			}
		}
	}
}
