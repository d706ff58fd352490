package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// Each step of a sign-in has a session token of its own, so that one that somebody planted or
// saw before opens nothing.
func TestEveryStepHasASessionOfItsOwn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		half := v.another()
		half.begins()
		first := half.session()
		half.begins()
		second := half.session()
		half.post("/login/second", url.Values{"code": {a.next()}}).goesTo("/")
		if third := half.session(); first == second || second == third || first == third {
			t.Error("a session token is kept")
		}
		for _, old := range []string{first, second} {
			stranger := v.another()
			stranger.present(old)
			stranger.get("/login/second").goesTo("/login")
			stranger.get("/account").goesTo("/login?next=%2Faccount")
		}
	})
}

func TestAFormIsKeptThroughTheSecondStepAndNoCodeIs(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		account := h.user(t, "ada").FormID()
		h.clock.Move(store.Absolute)
		for path, values := range map[string]url.Values{
			"/account/totp":       {"code": {"123456"}},
			"/account/codes":      {"batch": {"1"}, "codes": {codes[0]}},
			"/account/codes/file": {"codes": {codes[0]}},
			"/confirm":            {"code": {codes[0]}, "password": {storetest.Password}},
		} {
			values.Set("account", account)
			v.post(path, values)
			v.get("/login").says("You've been signed out.").hides("What you typed is safe")
		}
		v.post("/account/profile", url.Values{"account": {account}, "name": {"Augusta King"}, "username": {"ada"}})
		v.begins().submit(map[string]string{"code": a.code()}).goesTo("/")
		if got := v.get("/account/profile").value("name"); got != "Augusta King" {
			t.Errorf("the form has the name %q", got)
		}
	})
}

// No way on leads to another site, wherever it is said.
func TestWaysOfASecondStepStayHere(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		for _, next := range []string{"//example.com", "https://example.com/", "/\\example.com", "/login/second", "/logout", "/nowhere"} {
			half := v.another()
			half.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "next": {next}}).goesTo("/login/second")
			half.post("/logout", url.Values{"again": {"on"}, "next": {next}}).goesTo("/login")
			half.post("/login/second", url.Values{"next": {next}}).goesTo("/login")
			half.begins()
			half.post("/login/second", url.Values{"code": {a.next()}, "next": {next}}).goesTo("/")
		}
		page := v.get("/account/second?next=%2F%2Fevil.example").is(200).follow("Move to another app").is(200)
		if got := page.values().Get("next"); got != "" {
			t.Errorf("setting up leads on to %q", got)
		}
	})
}

// A wrong code costs its source as much as any, also the one that ends the sign-in.
func TestTheCodeThatEndsASignInIsCounted(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		half := v.another()
		half.begins()
		for range 4 {
			half.post("/login/second", url.Values{"code": {"000000"}}).is(422)
		}
		half.post("/login/second", url.Values{"code": {"000000"}}).goesTo("/login")
		half.tries("nobody", "wrong").is(422)
		half.tries("nobody", "wrong").is(429)
	}, func(s *Site) { s.Limits.Failures = store.Rates{{Count: freeHere, Per: time.Minute}} })
}

// The cookie of trust takes four tokens and nothing else.
func TestTheCookieOfTrust(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		token := secret.NewToken()
		four := strings.Join([]string{token, token, token, secret.NewToken()}, ".")
		for cookie, kept := range map[string]string{
			"":                        "",
			"x":                       "",
			token[1:]:                 "",
			token + ".":               "",
			four + "." + token:        "",
			strings.Repeat("a", 4096): "",
			token:                     "." + token,
			four:                      "." + strings.Join([]string{token, token, token}, "."),
		} {
			half := v.another()
			half.client.Jar.SetCookies(h.BaseURL, []*http.Cookie{{Name: h.cookieName(trustCookie), Value: cookie, Path: "/"}})
			half.begins().submit(map[string]string{"code": a.next(), "trust": "on"}).goesTo("/")
			got := half.carries(trustCookie)
			if len(got) != len(token)+len(kept) || !strings.HasSuffix(got, kept) {
				t.Errorf("after %.60q the cookie is %q", cookie, got)
			}
		}
	})
}

// Trust is two tokens in one browser: neither opens anything in another.
func TestTrustIsNotCarriedToAnotherBrowser(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		trusted := v.another()
		trusted.begins().submit(map[string]string{"code": a.next(), "trust": "on"}).goesTo("/")
		for _, name := range []string{trustCookie, deviceCookie} {
			thief := v.another()
			thief.client.Jar.SetCookies(h.BaseURL, []*http.Cookie{{Name: h.cookieName(name), Value: trusted.carries(name), Path: "/"}})
			thief.begins()
		}
	})
}

// New codes take a proof, both to ask for them and to make them.
func TestNewCodesTakeARecentProof(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		form := v.get("/account/codes").is(200)
		h.clock.Move(store.RecentAuth)
		v.get("/account/codes").goesTo("/confirm?next=%2Faccount%2Fcodes")
		form.submit(nil).goesTo("/confirm?next=%2Faccount%2Fcodes")
		half := v.another()
		half.begins()
		half.post("/login/second/recovery", url.Values{"code": {codes[0]}}).goesTo(secondPage)
	})
}

// Without a second step there are no codes to make.
func TestNobodyMakesCodesAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/account/codes").goesTo(secondPage)
		v.post("/account/codes", url.Values{"batch": {"none"}}).goesTo(secondPage)
		if got := h.rows(t, "recovery_codes"); got != 0 {
			t.Errorf("there are %d codes", got)
		}
		page := v.get("/account/totp")
		shown := page.submit(map[string]string{"code": page.scans().code()}).is(200)
		if got := shown.Find(`a:contains("saved them")`).AttrOr("href", ""); got != secondPage {
			t.Errorf("the codes lead on to %q", got)
		}
	})
}

// Somebody who is typing is led nowhere.
func TestAnInlineCheckDoesNotLeadToTheSecondStep(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register").submit(ada()).goesTo(secondPage)
		v.htmx = true
		got := v.post("/account/profile/check/username", url.Values{"username": {"countess"}}).is(204)
		if to := got.destination(); to != "" {
			t.Errorf("it leads to %q", to)
		}
	}, required)
}

// Whoever is through with a step is not asked for it again, and the account may change while
// the code is compared.
func TestAnAccountThatChangesDuringTheSecondStep(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		half := v.another()
		half.begins()
		// It changes as soon as the code is counted.
		if _, err := h.data.Write.Exec(`CREATE TRIGGER meanwhile AFTER INSERT ON throttles BEGIN UPDATE users SET epoch = epoch + 1; END`); err != nil {
			t.Fatal(err)
		}
		half.post("/login/second", url.Values{"code": {a.next()}}).goesTo("/login").is(200).says(components.AccountChanged)
		if _, err := h.data.Write.Exec(`DROP TRIGGER meanwhile`); err != nil {
			t.Fatal(err)
		}
		if err := h.Store.CloseAccount(t.Context(), h.user(t, "ada"), storetest.From); err != nil {
			t.Fatal(err)
		}
		half.begins()
		old := half.post("/login/second/recovery", url.Values{"code": {codes[0]}}).goesTo("/reopen").is(200)
		half.get("/login/second").goesTo("/reopen")
		half.begins()
		half.post("/login/second/recovery", url.Values{"code": {codes[1]}}).goesTo("/reopen")
		old.submit(nil).is(422).says("another account")
	})
}

// withoutSecret is a site on which nobody can have a second step.
var withoutSecret = withRules(func(r *store.Rules) { r.Keys = nil })

func TestASiteWithoutASecretHasNoSecondStep(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		has := map[string]bool{}
		for _, r := range h.routes() {
			has[r.method+r.path] = true
		}
		v.registers()
		for _, e := range examples {
			method, path, _ := strings.Cut(e.route, " ")
			if has[method+path] || !strings.HasPrefix(path, "/account/") && !strings.HasPrefix(path, "/factors/") || strings.HasPrefix(path, "/account/preferences") {
				continue
			}
			if method == get {
				v.get(e.address()).is(404)
			} else {
				v.post(path, parsed(e.form)).is(http.StatusNotFound)
			}
		}
		for _, path := range []string{"/", "/account", "/account/data", "/account/activity"} {
			v.get(path).is(200).hides(components.SecondTitle, secondPage)
		}
		v.get("/account/export").is(200).hides("second_step")
	}, withoutSecret)
}

// Whoever set a second step up before the secret was lost is still asked for it, and gets in by a
// recovery code.
func TestASecondStepOutlivesTheSecret(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		bare := openHouse(t, h.kind, h.name, h.clock, withoutSecret)
		half := bare.visitor(t)
		half.htmx = v.htmx
		half.begins().submit(map[string]string{"code": a.next()}).is(422)
		half.get("/login/second/recovery").submit(map[string]string{"code": codes[0]}).goesTo("/").is(200)
		half.get("/account").is(200).hides(secondPage)
		if strings.Contains(bare.log.String(), "panic") {
			t.Error("it panicked")
		}
	})
}
