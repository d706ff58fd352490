package handlers

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestOnlyTheBaseHostIsAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		base string
		want map[string]int
	}{
		{"http://localhost:8080", map[string]int{"localhost:8080": 200, "127.0.0.1:8080": 200, "[::1]:8080": 200, "LOCALHOST:8080": 200, "localhost.:8080": 200, "[0:0:0:0:0:0:0:1]:8080": 200, "localhost": 421, "localhost:80": 421, "localhost:1": 421, "evil.example": 421, "": 421}},
		{"https://accounts.example.org", map[string]int{
			"accounts.example.org": 200, "Accounts.Example.org": 200, "accounts.example.org:8080": 421, "localhost": 421, "accounts.example.org.evil.example": 421, "xaccounts.example.org": 421,
			"accounts.example.org:443": 200, "accounts.example.org.": 200, "Accounts.Example.Org.:443": 200, "accounts.example.org:": 200,
			"accounts.example.org:80": 421, "accounts.example.org..": 421, ".accounts.example.org": 421, "accounts.example.org:443:443": 421, "accounts.example.org:0443": 421, ":443": 421, ".": 421,
		}},
		{"https://accounts.example.org:8443", map[string]int{"accounts.example.org:8443": 200, "accounts.example.org.:8443": 200, "accounts.example.org": 421, "accounts.example.org:443": 421}},
		{"http://localhost", map[string]int{"localhost": 200, "localhost:80": 200, "LocalHost.:80": 200, "[::1]:80": 200, "localhost:443": 421}},
		{"https://xn--mnchen-3ya.example", map[string]int{"XN--MNCHEN-3YA.example": 200, "xn--mnchen-3ya.example.:443": 200, "munchen.example": 421}},
		{"https://[2001:db8::7]", map[string]int{"[2001:db8::7]": 200, "[2001:DB8:0:0::7]:443": 200, "[2001:db8::8]": 421, "2001:db8::7": 421, "[2001:db8::7]:8443": 421}},
	} {
		h := newHouse(t, func(s *Site) { s.BaseURL, _ = url.Parse(c.base) })
		for host, want := range c.want {
			if got := ask(h.server.Config.Handler, host, "/login", http.Header{}).Code; got != want {
				t.Errorf("%s asked as %q: %d, want %d", c.base, host, got, want)
			}
			if got := ask(h.server.Config.Handler, host, "/healthz", http.Header{}).Code; got != 200 {
				t.Errorf("%s: /healthz asked as %q: %d, want 200", c.base, host, got)
			}
		}
	}
}

// guardNames are the guards as .ci/proofs writes them.
var guardNames = map[Guard]string{
	static: "static", Everyone: "everyone", visitors: "visitors", Members: "members", Verified: "verified", Recent: "recent",
	entered: "entered", enteredRecent: "entered, recent", equipping: "entered, recent, reachable",
	seePeople: "see people", helpPeople: "help people, recent", seeInvites: "manage people", managePeople: "manage people, recent", erasePeople: "erase people, recent",
	changeRoles: "change roles, recent", seeActivity: "see activity", takeActivity: "see activity, recent", lookAsThem: "look as them, recent",
}

// ADM-01: what is served stands in the table of routes, with its guard. With -v it is
// written out.
func TestRoutesStateTheirGuards(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	stated := map[string]Guard{}
	for _, r := range h.routes() {
		if r.guard.who == unstated || guardNames[r.guard] == "" || r.do == nil {
			t.Errorf("%s %s states no guard", r.method, r.path)
		}
		t.Logf("%s %s %s", r.method, r.path, guardNames[r.guard])
		stated[r.method+" "+r.path] = r.guard
		if r.method == get {
			stated["HEAD "+r.path] = r.guard
		}
	}
	h.walk(t, func(method, path string) {
		if _, ok := stated[method+" "+path]; !ok {
			t.Errorf("%s %s is served but not in the table", method, path)
		}
		delete(stated, method+" "+path)
	})
	for left := range stated {
		t.Errorf("%s is in the table but not served", left)
	}
}

// walker is somebody who walks over all pages.
type walker struct {
	*visitor
	// user is nil for who is not signed in.
	user *store.User
	// recent says that they proved who they are just now.
	recent bool
}

// walkers meet every guard and every lack of what one asks for. Of them only an administrator is missing, with whom links
// for the first one end.
func (h *house) walkers(t *testing.T) map[string]walker {
	t.Helper()
	user, stranger, unverified, old, recent := h.confirms(t, "ada"), h.visitor(t), h.visitor(t), h.visitor(t), h.visitor(t)
	old.signsIn()
	h.clock.Move(store.RecentAuth)
	recent.signsIn()
	unverified.post("/register", person("grace")).goesTo("/")
	grace := h.user(t, "grace")
	support := h.staff(t, "jean", "support")
	jean := h.user(t, "jean")
	return map[string]walker{
		"a stranger": {stranger, nil, false}, "whose address is not verified": {unverified, &grace, true},
		"who proved it long ago": {old, &user, false}, "who proved it just now": {recent, &user, true},
		"who supports": {support, &jean, true},
	}
}

// administrator is the walker who may do everything.
func (h *house) administrator(t *testing.T) walker {
	t.Helper()
	v := h.staff(t, "frances", store.RoleAdmin)
	user := h.user(t, "frances")
	return walker{v, &user, true}
}

// staff makes an account with a role, and leaves a visitor signed in to it.
func (h *house) staff(t *testing.T, username, role string) *visitor {
	t.Helper()
	storetest.Register(t, h.Store, registration(username))
	h.gives(t, username, role)
	v := h.visitor(t)
	v.tries(username, storetest.Password).goesTo("/")
	return v
}

// finds is the status that a GET route answers them with, and where it leads.
func (w walker) finds(r route, path string) (status int, leads string) {
	next := "?next=" + url.QueryEscape(w.h.Site.next(path))
	switch {
	case r.guard.who == forMembers && w.user == nil:
		return 303, "/login" + next
	case w.user != nil && !w.user.May(r.guard.may):
		return 403, ""
	case r.path == "/register/first" && w.user != nil && w.user.Role == store.RoleAdmin: // the second
		return 422, ""
	case r.guard.allow != nil && !(*r.guard.allow)(*w.user):
		return 403, ""
	case (r.guard.verified || r.guard.reachable) && !w.user.Verified():
		return 303, "/email/verify"
	case r.guard.recent && !w.recent:
		return 303, "/confirm" + next
	case r.guard == visitors && w.user != nil:
		return 303, "/"
	case r.path == "/reopen", strings.HasPrefix(r.path, "/login/second"), r.path == "/account/codes", r.path == "/confirm" && w.recent: // there is nothing to show
		return 303, ""
	case r.example().shows == elsewhere:
		return 303, ""
	case strings.HasSuffix(path, "/NONE"): // they have none
		return 404, ""
	}
	return 200, ""
}

// The guards themselves: who gets what from every route.
func TestADM01GuardsHold(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		walkers := h.walkers(t)
		h.links(t)
		h.areLetIn(t, walkers)
		h.areLetIn(t, map[string]walker{"who administers": h.administrator(t)})
	})
}

// areLetIn requires that every page answers walkers as its guard says.
func (h *house) areLetIn(t *testing.T, walkers map[string]walker) {
	t.Helper()
	for _, r := range h.routes() {
		if r.method != get {
			continue
		}
		path := h.example(t, r)
		for who, w := range walkers {
			status, leads := w.finds(r, path)
			answer := w.get(path)
			if got := answer.destination(); answer.status != status || leads != "" && got != leads {
				t.Errorf("%s to %s: %d to %q, want %d to %q", path, who, answer.status, got, status, leads)
			}
		}
	}
}

// Whatever people may be asked to sign in for, they come back to, whatever else its guard asks.
func TestEveryPageIsComeBackTo(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		for _, r := range h.routes() {
			path, want := r.example().address(), "/"
			switch {
			case r.method != get, strings.Contains(r.path, "{token}"):
				continue
			case r.path == "/account/export":
				want = dataPage
			case r.guard != static && r.guard != visitors:
				want = path
			}
			if got := h.Site.next(path); got != want {
				t.Errorf("who asks for %s comes back to %s, want %s", path, got, want)
			}
		}
	})
}

// reviewed are uses that were looked at: the address of an app is of our own making, HMAC-SHA-1 is what
// authenticator apps can do, and memory-hard keys are derived by a process of this very program.
var reviewed = map[string]string{"../components/totp.go": "templ.SafeURL", "../store/secret/totp.go": `"crypto/sha1"`, "../store/secret/derive.go": `"os/exec"`}

// Nor does it use chance or sums that can be foreseen, in whatever package: those that
// only tests and measurements use may.
func TestTheProgramRunsNoOtherProgram(t *testing.T) {
	t.Parallel()
	read := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if name == "node_modules" || name == "load" || name == "screenshots" || strings.HasSuffix(name, "test") || name[0] == '.' && name != ".." {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		read[filepath.ToSlash(filepath.Dir(path))] = true
		text, err := os.ReadFile(path)
		for _, banned := range []string{
			`"os/exec"`, `"math/rand"`, `"math/rand/v2"`, `"crypto/md5"`, `"crypto/sha1"`, `"crypto/des"`, `"crypto/rc4"`,
			"templ.Raw", "templ.SafeURL", "templ.ComponentScript",
		} {
			if reviewed[filepath.ToSlash(path)] == banned {
				continue
			}
			if strings.Contains(string(text), banned) && !strings.HasSuffix(name, "_templ.go") {
				t.Errorf("%s uses %s", path, banned)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"assets", "cmd/gatehouse", "components", "handlers", "handlers/mail", "store", "store/postgres", "store/sqlite"} {
		if !read["../"+folder] {
			t.Errorf("%s was not read", folder)
		}
	}
}

func TestRED05AnEscapedProbeIsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, want := range map[string]int{"/healthz": 200, "/%68ealthz": 421, reachPath + "x": 404, "/.well-known/gatehouse/doctor%2fx": 421} {
		request := httptest.NewRequest(get, path, nil)
		request.Host = "evil.example"
		recorder := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("%s of another host: %d, want %d", path, recorder.Code, want)
		}
		if html := strings.Contains(recorder.Body.String(), "<html"); html && want != 421 {
			t.Errorf("%s of another host is a page", path)
		}
	}
}

func TestSRV02WhatIsTooLargeIsNotReadToItsEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	request := h.request(post, "/login", "username="+strings.Repeat("a", bodyMax), http.Header{"Content-Type": {formType}})
	recorder := httptest.NewRecorder()
	h.server.Config.Handler.ServeHTTP(recorder, request)
	if recorder.Code != 413 || recorder.Header().Get("Connection") != "close" {
		t.Errorf("answered %d with Connection %q, want 413 and close", recorder.Code, recorder.Header().Get("Connection"))
	}
}
