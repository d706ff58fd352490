package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store/storetest"
)

// unsafe are the routes that change something.
func (h *house) unsafe() []route {
	var found []route
	for _, r := range h.routes() {
		if r.method != get {
			found = append(found, r)
		}
	}
	return found
}

// path fills the parameters of a route with something that exists.
func (r route) example() string {
	return strings.NewReplacer("{field}", "username", "{file}", "site.css").Replace(r.path)
}

func TestCSRF01CSRF04NoOtherSiteChangesAnything(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, registration("grace"))
	signedIn := h.visitor(t)
	signedIn.registers()
	anonymous := h.visitor(t)
	before := h.dump(t)
	origin := "http://" + h.BaseURL.Host
	for name, header := range map[string]http.Header{
		"cross-site":                        {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"same-site":                         {"Sec-Fetch-Site": {"same-site"}, "Origin": {"http://evil.localhost"}},
		"a null origin":                     {"Origin": {"null"}},
		"another origin, an old browser":    {"Origin": {"https://evil.example"}},
		"another port, an old browser":      {"Origin": {"http://localhost:1"}},
		"https of the same host":            {"Origin": {"https://" + h.BaseURL.Host}, "Sec-Fetch-Site": {"same-site"}},
		"its own origin, but said to cross": {"Origin": {origin}, "Sec-Fetch-Site": {"cross-site"}},
		"as htmx":                           {"Sec-Fetch-Site": {"cross-site"}, "Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}},
	} {
		for _, r := range h.unsafe() {
			for _, v := range []*visitor{signedIn, anonymous} {
				form := url.Values{"username": {"grace"}, "password": {storetest.Password}, "email": {"x@example.com"}}
				header := header.Clone()
				header.Set("Content-Type", "application/x-www-form-urlencoded")
				answer := v.send(r.method, r.example(), strings.NewReader(form.Encode()), header)
				if answer.status != http.StatusForbidden || answer.header.Get("Set-Cookie") != "" {
					t.Errorf("%s: %s %s answers %d, cookie %q; want 403", name, r.method, r.path, answer.status, answer.header.Get("Set-Cookie"))
				}
			}
		}
	}
	if h.dump(t) != before {
		t.Error("the database changed")
	}
	if got := strings.Count(h.log.String(), "malicious_csrf"); got == 0 {
		t.Error("no event was logged")
	}
	if got := signedIn.signedIn(); got != "ada" {
		t.Errorf("signed in as %q, want ada", got)
	}
}

func TestCSRF08OldBrowsersAndProgramsWork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, storetest.Ada())
	for name, header := range map[string]http.Header{
		"a matching origin":      {"Origin": {"http://" + h.BaseURL.Host}},
		"neither header":         {},
		"typed into the browser": {"Sec-Fetch-Site": {"none"}},
		"same origin":            {"Sec-Fetch-Site": {"same-origin"}},
	} {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		form := url.Values{"username": {"ada"}, "password": {storetest.Password}}.Encode()
		if got := h.visitor(t).send(post, "/login", strings.NewReader(form), header).status; got != http.StatusSeeOther {
			t.Errorf("%s: %d, want 303", name, got)
		}
	}
	if got := h.visitor(t).get("/login").header.Get("Referrer-Policy"); got != "same-origin" {
		t.Errorf("Referrer-Policy is %q, which decides whether browsers send Origin", got)
	}
}

func TestCSRF02SigningOutTakesAPost(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		answer := v.send(method, "/logout", nil, http.Header{"Sec-Purpose": {"prefetch"}, "Sec-Fetch-Dest": {"image"}})
		if got := answer.is(http.StatusMethodNotAllowed).header.Get("Allow"); got != "POST" {
			t.Errorf("%s: Allow is %q, want POST", method, got)
		}
	}
	if v.signedIn() != "ada" {
		t.Error("the session is gone")
	}
}

func TestCSRF03ReadingChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	before := h.dump(t)
	for _, r := range h.routes() {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			v.send(method, r.example(), nil, http.Header{})
			h.visitor(t).send(method, r.example(), nil, http.Header{})
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func TestCSRF05MethodsAreStrict(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	before := h.dump(t)
	for _, r := range h.routes() {
		for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO", "PROPFIND"} {
			answer := v.send(method, r.example(), nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
			if answer.status != http.StatusMethodNotAllowed && answer.status != http.StatusNotImplemented {
				t.Errorf("%s %s: %d, want 405", method, r.path, answer.status)
			}
		}
		if r.method == get && !strings.Contains(r.path, "{") {
			if got := v.send(http.MethodHead, r.path, nil, http.Header{}).body; got != "" {
				t.Errorf("HEAD %s has a body", r.path)
			}
		}
	}
	override := http.Header{"X-Http-Method-Override": {"POST"}, "Sec-Fetch-Site": {"same-origin"}}
	v.send(get, "/logout?_method=POST", nil, override).is(405)
	if h.dump(t) != before {
		t.Error("the database changed")
	}
}

func TestCSRF07NobodyElseMayRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	for _, r := range h.routes() {
		for _, method := range []string{r.method, http.MethodOptions} {
			header := http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"hx-request"}}
			for name := range v.send(method, r.example(), nil, header).header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s %s answers with %s", method, r.path, name)
				}
			}
		}
	}
}
