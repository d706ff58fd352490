package handlers

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// challengeOf is the challenge in the options of a ceremony.
func challengeOf(t testing.TB, publicKey json.RawMessage) string {
	t.Helper()
	var options struct{ Challenge string }
	if err := json.Unmarshal(publicKey, &options); err != nil {
		t.Fatal(err)
	}
	return options.Challenge
}

func TestChallengesAreLongAndNeverComeTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	v.addsPasskey(h.authenticator())
	known := map[string]bool{}
	for range 10 {
		for who, path := range map[*visitor]string{v: "/confirm/passkey", v.another(): "/login/passkey"} {
			token, publicKey := who.beginsWith(path, url.Values{})
			challenge := challengeOf(t, publicKey)
			data, err := base64.RawURLEncoding.DecodeString(challenge)
			if err != nil || len(data) < 16 || known[challenge] || known[token] {
				t.Errorf("%s begins with %q", path, challenge)
			}
			known[challenge], known[token] = true, true
			if len(token) > 2<<10 {
				t.Errorf("the token takes %d bytes", len(token))
			}
		}
	}
}

// FX-42: neither a challenge nor a token nor an answer is in the log or the database, however the ceremony ends. The
// session of somebody whose sign-in has ended keeps none either.
func TestNothingOfACeremonyIsKept(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		v.setsUp()
		account := h.user(t, "ada").FormID()
		half := v.another()
		half.begins()
		var secrets []string
		for _, c := range []struct {
			who  *visitor
			path string
			does func(t testing.TB, publicKey any) string
		}{
			{v.another(), "/login/passkey", a.Get},
			{half, "/login/second/passkey", a.Get},
			{v, "/confirm/passkey", a.Get},
			{v, "/account/passkeys/new", nil},
		} {
			for _, lies := range []bool{true, false} {
				does := c.does
				if does == nil {
					b := h.authenticator()
					if lies {
						b.Lie = func(r *storetest.Response) { r.Origin = "https://evil.example" }
					}
					does = b.Create
				} else if a.Lie = nil; lies {
					a.Lie = func(r *storetest.Response) { r.Origin = "https://evil.example" }
				}
				ceremony, publicKey := c.who.beginsWith(c.path, url.Values{})
				form := url.Values{"ceremony": {ceremony}, "passkey": {does(t, publicKey)}, "name": {"Phone"}}
				a.Lie = nil
				said := said(form)
				secrets = append(secrets, ceremony, challengeOf(t, publicKey), said["clientDataJSON"])
				if said["signature"] != "" {
					secrets = append(secrets, base64.RawURLEncoding.EncodeToString([]byte(said["signature"])))
				}
				answer := c.who.post(c.path, form)
				if lies != (answer.status == http.StatusUnprocessableEntity) {
					t.Errorf("%s answers %d", c.path, answer.status)
				}
			}
		}
		// Sent once the sign-in has ended.
		waiting, proof := v.answers("/account/passkeys/new", h.authenticator().Create), v.answers("/confirm/passkey", a.Get)
		h.clock.Move(store.Absolute)
		for path, form := range map[string]url.Values{"/account/passkeys/new": waiting, "/confirm/passkey": proof} {
			form.Set("account", account)
			secrets = append(secrets, form.Get("ceremony"), said(form)["clientDataJSON"])
			v.post(path, form)
			v.get("/login").hides("What you typed is safe")
		}
		kept := h.dump(t) + h.log.String()
		for _, secret := range secrets {
			if secret == "" || strings.Contains(kept, secret) {
				t.Errorf("%.60q is kept", secret)
			}
		}
	})
}

// What answers a script is kept by nobody and is JSON, also when it refuses.
func TestOptionsAreKeptByNobody(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, status := range []int{200, 429} {
			answer := v.post("/login/passkey/options", url.Values{}).is(status)
			for name, want := range map[string]string{"Cache-Control": "no-store", "Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff"} {
				if got := answer.header.Get(name); got != want {
					t.Errorf("%d has %s %q, want %q", status, name, got, want)
				}
			}
			if !json.Valid([]byte(answer.body)) {
				t.Errorf("%d is %q", status, answer.body)
			}
			if got := answer.header.Get("Retry-After"); (got == "") != (status == 200) {
				t.Errorf("%d says to wait %q", status, got)
			}
		}
	}, func(s *Site) { s.Limits.Passkeys = store.Rates{{Count: 1, Per: time.Minute}} })
}

// The cookie of a browser that begins is a secret of that browser, for an hour.
func TestTheCookieOfACeremony(t *testing.T) {
	t.Parallel()
	for base, name := range map[string]string{"https://gatehouse.example": "__Host-ceremony", "http://localhost:1815": "ceremony-1815"} {
		h := newHouse(t, func(s *Site) { s.BaseURL, _ = url.Parse(base) })
		v := h.visitor(t)
		cookie := v.post("/login/passkey/options", url.Values{}).is(200).cookie(name)
		if cookie == nil || !browserToken.MatchString(cookie.Value) || !cookie.HttpOnly || cookie.Secure != strings.HasPrefix(base, "https") ||
			cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 3600 {
			t.Errorf("%s sets %v", base, cookie)
		}
		for _, path := range []string{"/login", "/", "/register"} {
			if v.another().get(path).cookie(name) != nil {
				t.Errorf("%s sets it", path)
			}
		}
		// One that has another shape is not taken for it.
		v.header.Set("Cookie", name+"=planted")
		if cookie := v.post("/login/passkey/options", url.Values{}).is(200).cookie(name); cookie == nil || cookie.Value == "planted" {
			t.Errorf("it keeps %v", cookie)
		}
	}
}

// Names of passkeys are text, wherever they are shown: in lists, letters, the download.
func TestNamesOfPasskeysAreText(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.verifies(t, "ada")
		for name, refused := range map[string]bool{
			`<img src=x onerror=alert(1)>`: false, `"><script>`: false, `{{.}} ${1}`: false, "Küche 🔑": false, strings.Repeat("🔑", 40): false,
			strings.Repeat("🔑", 41): true, "a\x00b": true, "a\nb": true, "a\r\nBcc: x": true, "a\u202eb": true, "a\u2066b": true, "\u202e": false, "  ": false, "a\u2028b": true,
		} {
			form := v.answers("/account/passkeys/new", h.authenticator().Create)
			form.Set("name", name)
			answer := v.post("/account/passkeys/new", form)
			if refused {
				if answer.status != 422 && answer.status != 400 {
					t.Errorf("%q answers %d", name, answer.status)
				}
				continue
			}
			if answer.status == 422 {
				t.Fatalf("%q is refused: %s", name, answer.Find("#summary").Text())
			}
			page := answer.goesTo(passkeysPage).is(200)
			if page.Find("main img, main script").Length() != 0 {
				t.Errorf("%q is markup", name)
			}
			shown := strings.Trim(name, " \u202e") // or else that of the browser
			if got := page.Find("h2").Text(); !strings.Contains(got, shown) {
				t.Errorf("%q is shown as %q", name, got)
			}
			letter := h.letters(t)[0]
			if strings.ContainsAny(letter.Subject, "<>\u202e\n") || strings.Contains(letter.HTML, "<img src=x") || strings.Contains(letter.HTML, "<script") {
				t.Errorf("%q is in %q", name, letter.Subject)
			}
			h.clock.Move(21 * time.Minute) // or there is no letter
			v.post("/confirm", url.Values{"password": {storetest.Password}})
		}
		v.get("/account/export").is(200)
	}, withMail)
}

// A name that would be refused is refused before the authenticator makes a passkey, which nobody else would know of.
func TestANameIsRefusedBeforeAPasskeyIsMade(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.verifies(t, "ada")
		form := url.Values{"name": {strings.Repeat("x", 41)}}
		if answer := v.post("/account/passkeys/new/options", form).is(422); answer.body != "{}" {
			t.Errorf("answered %s", answer.body)
		}
		// site.js then sends the form as it is.
		answer := v.post("/account/passkeys/new", form).is(422).hides("JavaScript. Allow")
		if got := answer.message("name"); got != "Use at most 40 characters for the name." || answer.value("name") != form.Get("name") {
			t.Errorf("the message is %q", got)
		}
	}, withMail)
}

// No way on leads to another site.
func TestWaysOfPasskeysStayHere(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		for _, next := range []string{"//example.com", "https://example.com/", "/\\example.com", "/login/passkey", "/logout", "/nowhere", "/email/verify/passkey/options"} {
			other := v.another()
			form := other.answers("/login/passkey", a.Get)
			form.Set("next", next)
			other.post("/login/passkey", form).goesTo("/")
			other.post("/login/passkey", url.Values{"next": {next}}).goesTo("/")
			form = v.answers("/confirm/passkey", a.Get)
			form.Set("next", next)
			v.post("/confirm/passkey", form).goesTo("/")
			refused := v.another().post("/login/passkey", url.Values{"next": {next}}).is(422)
			if got := refused.values().Get("next"); got != "" && got != "/" {
				t.Errorf("%q is kept as %q", next, got)
			}
		}
	})
}

// A passkey signs in on a device like a password does: a new one is told to the owner, once.
func TestAPasskeyIsUsedOnADevice(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		count := func() (n int) {
			for _, subject := range h.subjects(t, "ada@example.com") {
				if strings.Contains(subject, "new device") || strings.Contains(subject, "New sign-in") {
					n++
				}
			}
			return n
		}
		before := count()
		other := v.another()
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/")
		if other.device() == "" || count() != before+1 {
			t.Errorf("%d letters: %q", count()-before, h.subjects(t, "ada@example.com"))
		}
		device := other.device()
		other.post("/logout", nil)
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/")
		if other.device() != device || count() != before+1 {
			t.Error("a known device is new")
		}
	}, withMail)
}
