package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// outside are return paths that must not be followed.
var outside = []string{
	"//e", "/\\e", "/\te", "\\\\e", "https:e", "https:/e", "https://e", "javascript:1", "JaVaScRiPt:1", "%2f%2fe", "https://app@e",
	"https://app.e", "data:text/html,x", "/%2fe", "/%5ce", "///e", "/ /e", "account", "", " /account", "/account\r\nSet-Cookie: a=b",
	"/logout", "/login", "/login?next=/login", "/register", "/register/check/username", "/nowhere", "/healthz", "/assets/site.css",
	"/robots.txt", "/account/../logout", "/account%2f..", "/account#x", "/account?" + strings.Repeat("x", 8000), "/account\x00", "/аccount",
}

func TestRED01RED04ReturnPathsStayHere(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		for _, next := range outside {
			login := h.visitor(t).get("/login?next=" + url.QueryEscape(next)).is(200)
			if login.Find("#next").Length() != 0 {
				t.Errorf("the form takes over the path %q", next)
			}
			other := h.visitor(t)
			other.htmx = v.htmx
			answer := other.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "next": {next}})
			if got := answer.destination(); got != "/" {
				t.Errorf("next=%q leads to %q, want /", next, got)
			}
			for _, c := range (&http.Response{Header: answer.header}).Cookies() {
				if c.Name != h.cookieName(sessionCookie) && c.Name != h.cookieName(deviceCookie) {
					t.Errorf("INJ-07 next=%q sets the cookie %v", next, c)
				}
			}
		}
		for _, next := range []string{"/account", "/", "/account?tab=1&x=%20y", "/?a=//b"} {
			if got := h.Site.next(next); got != next {
				t.Errorf("next(%q) = %q", next, got)
			}
		}
	})
}

func FuzzNext(f *testing.F) {
	for _, seed := range append(outside, "/account", "/account?x=1", "/account/delete", "/account/export?x", "/reopen") {
		f.Add(seed)
	}
	h := newHouse(f)
	pages := map[string]bool{}
	for _, r := range h.routes() {
		pages[r.path] = pages[r.path] || r.method == get && r.guard.leadsBack() && r.path != "/account/export"
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := h.Site.next(next)
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.HasPrefix(got, `/\`) {
			t.Errorf("next(%q) = %q", next, got)
		}
		if !pages[u.Path] {
			t.Errorf("next(%q) leads to %q", next, u.Path)
		}
		if strings.ContainsAny(got, "\r\n\t \x00") {
			t.Errorf("next(%q) = %q, which no header may hold", next, got)
		}
	})
}

func TestRED04ALongAddressIsNotCarriedAlong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.visitor(t).get("/account?" + strings.Repeat("x", 8000)).goesTo("/login")
}

func TestRED05NoRedirectNamesAHost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, path := range []string{"/login/", "//login", "/./login", "/account/../login", "/assets"} {
		answer := h.visitor(t).send(get, path, nil, http.Header{"Host": {"evil.example"}})
		if answer.status != http.StatusMisdirectedRequest || answer.header.Get("Location") != "" {
			t.Errorf("%s with another host: %d to %q, want 421", path, answer.status, answer.header.Get("Location"))
		}
		answer = h.visitor(t).get(path)
		if location := answer.header.Get("Location"); strings.Contains(location, "//") {
			t.Errorf("%s leads to %q", path, location)
		}
	}
	v := h.visitor(t)
	v.header.Set("X-Forwarded-Host", "evil.example")
	v.header.Set("Forwarded", "host=evil.example")
	v.get("/account").is(303).hides("evil")
	if got := v.get("/account").header.Get("Location"); !strings.HasPrefix(got, "/login") {
		t.Errorf("Location is %q", got)
	}
}
