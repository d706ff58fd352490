package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A page of a visitor takes nothing. One of a member takes the session, the
// sign-in with its user, and at most one list, of which home and account have
// none. Looking for a username is one more for everybody.
func TestPagesAreGrantedFewQueries(t *testing.T) {
	t.Parallel()
	for _, example := range examples {
		visitor, member := 0, 3
		switch {
		case example.route == "GET /readyz", example.route == "GET /account/export", strings.HasSuffix(example.route, "/doctor/{token}"):
			continue // the question of a probe, a file of all that is stored, a token of the operator
		case example.route == "GET /", example.route == "GET /account":
			member = 2
		case strings.HasSuffix(example.at, "/check/username"):
			visitor = 1
		case strings.HasPrefix(example.route, post) && !strings.Contains(example.route, "/check/"):
			continue
		}
		for _, c := range example.costs {
			if c.link == "" && (c.visitor > visitor || c.member > member) { // the link takes one as well
				t.Errorf("%s is granted %d and %d statements, want at most %d and %d", example.route, c.visitor, c.member, visitor, member)
			}
		}
	}
}

// watched is a house all of whose statements are seen.
type watched struct {
	*house
	w     *storetest.Watch
	known []string
}

func newWatched(t *testing.T, d storetest.Database, change ...func(*Site)) watched {
	t.Helper()
	w := &storetest.Watch{}
	limited := func(s *Site) { s.Limits = store.DefaultLimits }
	h := watched{newHouseOn(t, d.Watched(w), append(change, withMail, limited)...), w, nil}
	for _, s := range append(storetest.Statements(t, "../store"), storetest.Statements(t, "../store/"+d.Name)...) {
		h.known = append(h.known, s.Text)
	}
	w.Take()
	return h
}

// taken are the statements since the last time. Each must be one that stands in
// the store: their plans are looked at there.
func (h watched) taken(t *testing.T) []string {
	t.Helper()
	taken := h.w.Take()
	for _, text := range taken {
		if !slices.Contains(h.known, text) {
			t.Errorf("this statement does not stand in the store: %s", text)
		}
	}
	return taken
}

// costs requires that what do asks for takes so many statements.
func (h watched) costs(t *testing.T, what string, want int, do func()) {
	t.Helper()
	h.taken(t)
	do()
	if taken := h.taken(t); len(taken) != want {
		t.Errorf("%s takes %d statements, want %d:\n%s", what, len(taken), want, strings.Join(taken, "\n"))
	}
}

// asks sends what a row of costs is about.
func (h watched) asks(v *visitor, example example, c cost) {
	method, _, _ := strings.Cut(example.route, " ")
	v.htmx = strings.Contains(example.route, "/check/")
	switch {
	case method == get:
		v.get(example.address())
	case c.form == own:
		v.post(example.address(), parsed(example.form))
	default:
		v.post(example.address(), parsed(c.form))
	}
}

func TestQueriesOfEveryRoute(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			newWatched(t, d).takesWhatItMay(t)
		})
	}
	t.Run("a product's", func(t *testing.T) {
		t.Parallel()
		newWatched(t, storetest.SQLite, withProduct).takesWhatItMay(t)
	})
}

func (h watched) takesWhatItMay(t *testing.T) {
	t.Helper()
	storetest.Register(t, h.Store, storetest.Ada())
	storetest.Register(t, h.Store, registration("grace"))
	links := h.links(t)
	served := map[string]bool{"GET /nowhere": true}
	for _, r := range h.routes() {
		served[r.method+" "+r.path] = true
		if len(r.example().costs) == 0 {
			t.Errorf("%s %s states no figure", r.method, r.path)
		}
	}
	for _, example := range append([]example{{route: "GET /nowhere", costs: takes(0, 2)}}, examples...) {
		for _, c := range example.costs {
			if !served[example.route] {
				continue
			}
			h.clock.Move(time.Millisecond) // or of twenty sign-ins none is the oldest
			visitor, member := h.visitor(t), h.visitor(t)
			member.signsIn()
			if c.link != "" {
				visitor.get(links[c.link])
				member.get(links[c.link])
			}
			name := fmt.Sprintf("%s %s %q", c.link, example.route, c.form)
			h.costs(t, name+" of a visitor", c.visitor, func() { h.asks(visitor, example, c) })
			h.costs(t, name+" of a member", c.member, func() { h.asks(member, example, c) })
		}
	}
}

// What is not part of every request: that activity is noted, and a sentence that
// is shown once.
func TestQueriesOfSomeRequests(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			v := h.visitor(t)
			v.post("/register", person("ada")).is(303)
			page := func(what, path string, status, want int) {
				t.Helper()
				h.costs(t, what, want, func() { v.get(path).is(status) })
			}
			page("the page with the greeting", "/account", 200, 3)
			page("the page without it", "/account", 200, 2)
			h.clock.Move(store.SeenEvery - time.Microsecond)
			page("within a minute", "/account", 200, 2)
			h.clock.Move(time.Microsecond)
			page("after a minute", "/account", 200, 3)
			page("and once more", "/account", 200, 2)
			h.clock.Move(store.RecentAuth)
			page("after a while", "/confirm", 200, 3)
			page("the confirmation", "/confirm", 200, 2)
			page("what asks for it", "/account/delete", 303, 2)
			h.clock.Move(store.Idle)
			page("a sign-in that ended, with the sentence", "/account", 303, 3)
			v.present(strings.Repeat("A", tokenLength))
			page("a session that does not exist", "/", 200, 1)
		})
	}
}
