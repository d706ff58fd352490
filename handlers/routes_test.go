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

// The guards themselves: who gets what from every route.
func TestADM01GuardsHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	anonymous, recent, notRecent := h.visitor(t), h.visitor(t), h.visitor(t)
	notRecent.registers()
	h.clock.Move(store.RecentAuth)
	recent.signsIn()
	h.links(t)
	const none, fresh, old = "anonymous", "recently proved", "proved long ago"
	for _, r := range h.routes() {
		if r.method != get {
			continue
		}
		for who, v := range map[string]*visitor{none: anonymous, fresh: recent, old: notRecent} {
			want := 200
			switch {
			case strings.HasPrefix(r.path, "/assets/"):
				want = 404
			case r.guard.who == forMembers && who == none, r.guard == visitors && who != none, r.guard.recent && who == old:
				want = 303
			case strings.Contains(r.path, "{token}"):
				want = 303 // to the page, without the token
			case r.path == "/email/verify/resend", r.path == "/.well-known/change-password", r.path == "/reopen", r.path == "/confirm" && who == fresh:
				want = 303 // they have nothing to show
			}
			if got := v.get(h.example(t, r)).status; got != want {
				t.Errorf("%s to %s: %d, want %d", r.path, who, got, want)
			}
		}
	}
}

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
	for path, want := range map[string]int{"/healthz": 200, "/%68ealthz": 421} {
		request := httptest.NewRequest(get, path, nil)
		request.Host = "evil.example"
		recorder := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(recorder, request)
		if recorder.Code != want {
			t.Errorf("%s of another host: %d, want %d", path, recorder.Code, want)
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
