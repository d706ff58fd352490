package handlers

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
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

// example is the path of a route, with Ada as the person it is about, another sign-in of hers, or
// a live link.
func (h *house) example(t *testing.T, r route) string {
	t.Helper()
	if link, ok := h.live[r.path]; ok {
		return link
	}
	path := r.path
	if user, err := h.Store.Find(t.Context(), "ada"); err == nil && r.guard.may != 0 {
		path = strings.ReplaceAll(path, "{id}", strconv.FormatInt(user.ID, 10))
	}
	if handle := h.handle(t, r.path); handle != "" {
		path = strings.ReplaceAll(path, "{handle}", handle)
	}
	if strings.Contains(path, "{") {
		return r.example().address()
	}
	return path
}

// handle is one that Ada's account has for a path with a place for one, or empty.
func (h *house) handle(t *testing.T, path string) string {
	t.Helper()
	ada, err := h.Store.Find(t.Context(), "ada")
	switch {
	case errors.Is(err, store.ErrNotFound) || !strings.Contains(path, "{handle}"):
	case err != nil:
		t.Fatal(err)
	case strings.HasPrefix(path, passkeysPage):
		list, err := h.Store.ListPasskeys(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		if len(list.Keys) > 0 {
			return list.Keys[0].Handle
		}
	case strings.HasPrefix(path, h.Admin.Invitations()):
		list, _, err := h.Store.Invitations(t.Context(), store.InviteMark{})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) > 0 {
			return list[0].Handle
		}
	default:
		if list := h.signIns(t, "ada"); len(list) > 0 {
			return list[len(list)-1].Handle
		}
	}
	return ""
}

func TestCSRF01CSRF04NoOtherSiteChangesAnything(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		storetest.Register(t, h.Store, registration("grace"))
		h.confirms(t, "ada")
		h.visitor(t).signsIn()
		signedIn := h.visitor(t)
		h.clock.Move(time.Millisecond)
		signedIn.signsIn() // so the authentication is recent
		closed := h.visitor(t)
		closed.closes("mary")
		anonymous := h.visitor(t)
		h.links(t)
		for _, p := range linkPages {
			anonymous.get(h.live[p.path+"/{token}"]).is(303)
		}
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
				form := r.example().form
				for _, v := range []*visitor{signedIn, anonymous, closed} {
					header := header.Clone()
					header.Set("Content-Type", "application/x-www-form-urlencoded")
					answer := v.send(r.method, h.example(t, r), strings.NewReader(form), header)
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
	})
}

// What the test above sends does change something when it comes from here.
func TestCSRF01TheFormsOfThisSiteAreActedUpon(t *testing.T) {
	t.Parallel()
	for _, r := range newHouse(t).unsafe() {
		if strings.Contains(r.path, "/check/") || r.path == "/theme" || r.path == "/login/not-me" || r.path == "/account/codes/file" || strings.HasSuffix(r.path, "/options") { // which change a cookie, or nothing
			continue
		}
		t.Run(r.path, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, withMail)
			storetest.Register(t, h.Store, registration("grace"))
			v := h.visitor(t)
			v.registers()
			h.clock.Move(time.Millisecond)
			h.visitor(t).signsIn()
			form := accepted(r.path)
			switch {
			case r.path == "/account/second/on", r.path == "/account/password/remove", strings.HasPrefix(r.path, passkeysPage+"/{handle}"):
				v.addsPasskey(h.authenticator())
			case r.path == passkeysPage+"/new":
				h.verifies(t, "ada")
				form = v.answers(r.path, h.authenticator().Create)
			case r.path == "/confirm/passkey":
				a := h.authenticator()
				v.addsPasskey(a)
				form = v.answers(r.path, a.Get)
			case r.path == "/login/passkey":
				a := h.authenticator()
				v.addsPasskey(a)
				v = h.visitor(t)
				form = v.answers(r.path, a.Get)
			case r.path == "/login/second/passkey":
				a := h.authenticator()
				v.addsPasskey(a)
				v.setsUp()
				v = h.visitor(t)
				v.begins()
				form = v.answers(r.path, a.Get)
			case r.path == "/email/verify/passkey":
				v = h.visitor(t)
				v.follows(h.waitsForPasskey(t))
				form = v.answers(r.path, h.authenticator().Create)
			case r.path == "/account/totp/remove":
				v.setsUp()
			case strings.HasPrefix(r.path, "/account/second/"):
				v.setsUp()
				v.get("/account/second").is(200)
				v.trusts()
			case r.path == "/account/codes":
				v.setsUp()
				form = v.get(r.path).values()
			case r.path == "/account/totp":
				h.verifies(t, "ada")
				form = url.Values{"code": {v.get(r.path).scans().code()}}
			case r.path == "/login/second", r.path == "/login/second/recovery":
				a, codes := v.setsUp()
				v = h.visitor(t)
				v.begins()
				form = url.Values{"code": {a.next()}}
				if r.path != "/login/second" {
					form.Set("code", codes[0])
				}
			case r.path == "/reopen":
				v = h.visitor(t)
				v.closes("mary")
			case r.path == "/account/email/cancel":
				v.post("/account/email", url.Values{"email": {"ada@example.org"}})
			case r.guard == visitors:
				v = h.visitor(t)
			case r.path == h.Admin.StopLooking():
				v = h.visitor(t)
				v.administers()
				v.looks("ada")
			case r.guard.may != 0:
				if strings.HasSuffix(r.path, "/factors") {
					v.setsUp()
				}
				if strings.HasSuffix(r.path, "/enable") {
					if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
						t.Fatal(err)
					}
				}
				if strings.Contains(r.path, "/invitations/") {
					if err := h.Store.Invite(t.Context(), "olga@example.org", "", storetest.Operator); err != nil {
						t.Fatal(err)
					}
				}
				v = h.staff(t, "frances", store.RoleAdmin)
			}
			if slices.ContainsFunc(buttons, func(b button) bool { return b.page == r.path }) {
				h.links(t)
				v.get(h.live[r.path+"/{token}"]).is(303)
			}
			before := h.dump(t, "sessions")
			v.post(h.example(t, r), form)
			if h.dump(t, "sessions") == before {
				t.Error("nothing changed")
			}
		})
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

// Nor does a link that works, of whatever purpose, in whosever browser: mail
// scanners open them, and browsers fetch pages in advance.
func TestCSRF03RST13ReadingChangesNothing(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		v, unverified := h.visitor(t), h.visitor(t)
		h.confirms(t, "ada")
		v.signsIn()
		v.addsPasskey(h.authenticator())
		unverified.post("/register", person("grace")).goesTo("/")
		closed := h.visitor(t)
		closed.closes("mary")
		links := h.links(t)
		waits := h.visitor(t) // the browser that registered
		waits.client.Jar.SetCookies(h.BaseURL, []*http.Cookie{{Name: pendingCookie, Value: strings.Repeat("H", 26), Path: "/"}})
		readers := map[*visitor]string{
			v: store.PurposeVerify, unverified: store.PurposeVerify, closed: store.PurposeNewEmail, h.visitor(t): store.PurposeRegister, waits: store.PurposeRegister,
		}
		before := h.dump(t)
		shown := map[string]bool{}
		reads := func(reader *visitor, method string) {
			for _, r := range h.routes() {
				answer := reader.send(method, h.example(t, r), nil, http.Header{})
				if method == get && answer.status == http.StatusOK {
					shown[r.path] = true
				}
			}
		}
		reading := []string{http.MethodHead, http.MethodOptions, http.MethodGet}
		for reader, purpose := range readers {
			h.live["/email/verify/{token}"] = links[purpose]
			for _, method := range reading {
				reads(reader, method)
			}
			reader.get("/email/verify").is(200).says("Confirm")
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
		admin := h.staff(t, "frances", store.RoleAdmin) // with whom the link for the first one ends
		before = h.dump(t)
		for _, method := range reading {
			reads(admin, method)
		}
		for _, r := range h.routes() {
			// A page that was not shown was not tried. The confirmation is for who
			// authenticated long ago, and changes no more than others. What the operator asks
			// for uses up a token that is in no letter and no page.
			if r.method == get && !shown[r.path] && r.example().shows != elsewhere && r.path != "/confirm" && !strings.HasPrefix(r.path, reachPath) {
				t.Errorf("%s was never shown", r.path)
			}
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
		for purpose, link := range links {
			if _, err := h.Store.Token(t.Context(), token(link), purpose); err != nil && purpose != store.PurposeRegister {
				t.Errorf("the link for %s does not work any more", purpose)
			}
		}
		if _, _, err := h.Store.FindPending(t.Context(), token(links[store.PurposeRegister]), ""); err != nil {
			t.Errorf("the registration that waits: %v", err)
		}
	})
}

func TestCSRF05MethodsAreStrict(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		v := h.visitor(t)
		v.registers()
		before := h.dump(t)
		for _, r := range h.routes() {
			for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FOO", "PROPFIND"} {
				answer := v.send(method, r.example().address(), nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
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
	})
}

func TestCSRF07NobodyElseMayRead(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		v := h.visitor(t)
		for _, r := range h.routes() {
			for _, method := range []string{r.method, http.MethodOptions} {
				header := http.Header{"Origin": {"https://evil.example"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"hx-request"}}
				for name := range v.send(method, r.example().address(), nil, header).header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s answers with %s", method, r.path, name)
					}
				}
			}
		}
	})
}
