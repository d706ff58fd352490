package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// cost is how many statements an answer takes, those of its session included:
// for a visitor without a cookie, and for Ada, who has just signed in. With a
// link both followed it before.
type cost struct {
	link, request, form string
	visitor, member     int
}

// costs has at least a line for every route: of a form one that is refused, of a
// button what it does, of an inline check one that is passed.
var costs = []cost{
	{"", "GET /", "", 0, 2},
	{"", "GET /nowhere", "", 0, 2},
	{"", "GET /register", "", 0, 2},
	{"", "POST /register", "", 0, 3},
	{"", "POST /register", "username=ada&email=new@example.com&password=" + newPassword, 1, 3},
	{"", "POST /register/check/username", "username=newcomer", 1, 3},
	{"", "POST /register/check/username", "username=a", 0, 2},
	{"", "POST /register/check/email", "email=new@example.com", 0, 2},
	{"", "POST /register/check/password", "password=" + newPassword, 0, 2},
	{"", "GET /login", "", 0, 2},
	{"", "POST /login", "", 0, 3},
	{"", "POST /login", "username=nobody&password=" + newPassword, 3, 3},
	{"", "POST /login", "username=grace&password=" + newPassword, 5, 3},
	{"", "POST /login/check/username", "username=ada", 0, 2},
	{"", "POST /logout", "", 0, 5},
	{"", "POST /theme", "theme=dark", 0, 2},

	{"", "GET /account", "", 0, 2},
	{"", "GET /account/profile", "", 0, 2},
	{"", "POST /account/profile", "", 0, 2},
	{"", "POST /account/profile", "username=grace", 0, 3},
	{"", "POST /account/profile/check/username", "username=countess", 0, 3},
	{"", "POST /account/profile/zone", "zone=Europe/Berlin", 0, 4},
	{"", "GET /account/password", "", 0, 2},
	{"", "POST /account/password", "", 0, 2},
	{"", "POST /account/password", "current=wrong&password=" + newPassword, 0, 8},
	{"", "POST /account/password/check/password", "password=" + newPassword, 0, 2},
	{"", "GET /.well-known/change-password", "", 0, 2},
	{"", "GET /account/email", "", 0, 3},
	{"", "POST /account/email", "", 0, 3},
	{"", "POST /account/email/cancel", "", 0, 4},
	{"", "POST /account/email/check/email", "email=ada@example.org", 0, 2},
	{"", "GET /account/signins", "", 0, 3},
	{"", "POST /account/signins/NONE/end", "", 0, 3},
	{"", "POST /account/signins/end-others", "", 0, 7},
	{"", "GET /account/activity", "", 0, 3},
	{"", "GET /account/data", "", 0, 2},
	{"", "GET /account/export", "", 0, 8},
	{"", "GET /account/delete", "", 0, 2},
	{"", "POST /account/delete", "", 0, 2},
	{"", "GET /confirm", "", 0, 2},
	{"", "POST /confirm", "", 0, 2},
	{"", "POST /confirm", "password=wrong", 0, 7},
	{"", "GET /reopen", "", 0, 2},
	{"", "POST /reopen", "", 0, 3},

	{"", "GET /password/forgot", "", 0, 2},
	{"", "POST /password/forgot", "", 0, 2},
	{"", "POST /password/forgot", "username=ada", 3, 5},
	{"", "GET /password/reset/NONE", "", 0, 2},
	{"", "GET /password/reset", "", 0, 2},
	{store.PurposeReset, "GET /password/reset", "", 1, 3},
	{store.PurposeReset, "POST /password/reset", "", 1, 3},
	{store.PurposeReset, "POST /password/reset/check/password", "password=" + newPassword, 1, 3},
	{"", "GET /email/verify/NONE", "", 0, 2},
	{"", "GET /email/verify", "", 0, 2},
	{"", "GET /email/verify/resend", "", 0, 2},
	{"", "POST /email/verify/resend", "", 1, 7},
	{store.PurposeVerify, "GET /email/verify", "", 1, 3},
	{store.PurposeNewEmail, "GET /email/verify", "", 1, 3},
	{store.PurposeRegister, "GET /email/verify", "", 2, 4},
	{store.PurposeRegister, "POST /email/verify", "", 2, 4},
	{"", "GET /email/undo/NONE", "", 0, 2},
	{"", "GET /email/undo", "", 0, 2},
	{store.PurposeUndo, "GET /email/undo", "", 1, 3},
	{store.PurposeUndo, "POST /email/undo", "", 14, 3}, // the second comes too late
	{"", "GET /invite/NONE", "", 0, 2},
	{"", "GET /invite", "", 0, 2},
	{store.PurposeInvite, "GET /invite", "", 1, 3},
	{store.PurposeInvite, "POST /invite", "", 1, 3},
	{store.PurposeInvite, "POST /invite/check/username", "username=olga", 2, 4},

	{"", "GET /healthz", "", 0, 0},
	{"", "GET /readyz", "", 2, 2},
	{"", "GET /robots.txt", "", 0, 0},
	{"", "GET /favicon.ico", "", 0, 0},
	{"", "GET /assets/site.css", "", 0, 0},
	{"", "GET /dev/mailbox", "", 0, 2},
	{"", "GET /dev/mailbox/0", "", 0, 2},
	{"", "GET /dev/mailbox.json", "", 0, 2},
}

// A page of a visitor takes nothing. One of a member takes the session, the
// sign-in with its user, and at most one list, of which home and account have
// none. Looking for a username is one more for everybody.
func TestPagesAreGrantedFewQueries(t *testing.T) {
	t.Parallel()
	for _, c := range costs {
		visitor, member := 0, 3
		switch {
		case c.link != "", c.request == "GET /readyz", c.request == "GET /account/export":
			continue // the link as well, the question of a probe, a file of all that is stored
		case c.request == "GET /", c.request == "GET /account":
			member = 2
		case strings.HasSuffix(c.request, "/check/username"):
			visitor = 1
		case strings.HasPrefix(c.request, post) && !strings.Contains(c.request, "/check/"):
			continue
		}
		if c.visitor > visitor || c.member > member {
			t.Errorf("%s is granted %d and %d statements, want at most %d and %d", c.request, c.visitor, c.member, visitor, member)
		}
	}
}

// watched is a house all of whose statements are seen.
type watched struct {
	*house
	w     *storetest.Watch
	known []string
}

func newWatched(t *testing.T, d storetest.Database) watched {
	t.Helper()
	w := &storetest.Watch{}
	limited := func(s *Site) { s.Limits = store.DefaultLimits }
	h := watched{newHouseOn(t, d.Watched(w), withMail, limited), w, nil}
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

func (h watched) asks(v *visitor, c cost) {
	method, path, _ := strings.Cut(c.request, " ")
	v.htmx = strings.Contains(path, "/check/")
	if method == get {
		v.get(path)
		return
	}
	form, err := url.ParseQuery(c.form)
	if err != nil {
		v.t.Fatal(err)
	}
	v.post(path, form)
}

func TestQueriesOfEveryRoute(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			storetest.Register(t, h.Store, storetest.Ada())
			storetest.Register(t, h.Store, registration("grace"))
			links := h.links(t)
			routes := map[string]bool{}
			for _, c := range costs {
				method, path, _ := strings.Cut(c.request, " ")
				routes[method+" "+h.mux.Find(chi.NewRouteContext(), method, path)] = true
				h.clock.Move(time.Millisecond) // or of twenty sign-ins none is the oldest
				visitor, member := h.visitor(t), h.visitor(t)
				member.signsIn()
				if c.link != "" {
					visitor.get(links[c.link])
					member.get(links[c.link])
				}
				name := c.link + " " + c.request + " " + c.form
				h.costs(t, name+" of a visitor", c.visitor, func() { h.asks(visitor, c) })
				h.costs(t, name+" of a member", c.member, func() { h.asks(member, c) })
			}
			for _, r := range h.routes() {
				if !routes[r.method+" "+r.path] {
					t.Errorf("%s %s states no figure", r.method, r.path)
				}
			}
		})
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
