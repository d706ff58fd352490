package handlers

import (
	"net/url"
	"testing"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// FX-46: while the authenticator asks somebody, another tab may prove who they are, add a passkey or change the
// password. A passkey that was made and then refused would stay with the authenticator and open nothing.
func TestFX46AnotherTabSpoilsNoCeremony(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a)
		meanwhile := map[string]func(){
			"proved":              func() { v.reauthenticates() },
			"proved by a passkey": func() { v.post("/confirm/passkey", v.answers("/confirm/passkey", a.Get)).goesTo("/") },
			"added one":           func() { v.post("/account/passkeys/new", v.answers("/account/passkeys/new", h.authenticator().Create)) },
			"turned it on":        func() { v.post("/account/second/on", nil).is(200) },
			"turned it off":       func() { v.post("/account/second/off", nil).goesTo(secondPage) },
		}
		for _, what := range []string{"proved", "proved by a passkey", "added one", "turned it on", "turned it off"} {
			adding, proving := v.answers("/account/passkeys/new", h.authenticator().Create), v.answers("/confirm/passkey", a.Get)
			before := h.rows(t, "passkeys")
			meanwhile[what]()
			a.Keys[0].Count++ // the proof may have counted further
			v.post("/account/passkeys/new", adding).goesTo(passkeysPage)
			if got := h.rows(t, "passkeys"); got <= before {
				t.Errorf("%s meanwhile: %d passkeys", what, got)
			}
			if what != "proved by a passkey" { // whose answer counted further
				v.post("/confirm/passkey", proving).goesTo("/")
			}
		}
	}, withMail)
}

// A ceremony belongs to the sign-in, ticket, link or browser that began it, whoever that is by then.
func TestCeremoniesStayWhereTheyBegan(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		before := h.rows(t, "passkeys")
		other := v.another()
		other.signsIn()
		refused := func(who *visitor, path string, form url.Values) {
			t.Helper()
			who.post(path, form).is(422).says(store.ErrPasskeyFailed.Error())
		}
		// Another sign-in of the same person.
		refused(other, "/account/passkeys/new", v.answers("/account/passkeys/new", h.authenticator().Create))
		refused(other, "/confirm/passkey", v.answers("/confirm/passkey", a.Get))
		// The same browser, signed in anew.
		adding, proving := v.answers("/account/passkeys/new", h.authenticator().Create), v.answers("/confirm/passkey", a.Get)
		v.post("/logout", nil)
		v.signsIn()
		refused(v, "/account/passkeys/new", adding)
		refused(v, "/confirm/passkey", proving)
		// Begun as a visitor, ended as a member, and the other way.
		v.post("/logout", nil)
		visiting := v.answers("/login/passkey", a.Get)
		v.signsIn()
		v.post("/login/passkey", visiting).goesTo("/").says("You're signed in already, as ada.")
		refused(v, "/confirm/passkey", visiting)
		member := v.answers("/confirm/passkey", a.Get)
		v.post("/logout", nil)
		v.beginsWith("/login/passkey", url.Values{})
		refused(v, "/login/passkey", member)
		if got := v.signedIn(); got != "" {
			t.Fatalf("signed in as %q", got)
		}
		// Of one half sign-in at another of the same person.
		v.signsIn()
		v.setsUp()
		half, another := v.another(), v.another()
		half.begins()
		another.begins()
		second := half.answers("/login/second/passkey", a.Get)
		refused(another, "/login/second/passkey", second)
		half.begins() // the same browser, begun anew
		refused(half, "/login/second/passkey", second)
		for _, who := range []*visitor{half, another} {
			if got := who.signedIn(); got != "" {
				t.Errorf("signed in as %q", got)
			}
		}
		if got := h.rows(t, "passkeys"); got != before {
			t.Errorf("%d passkeys", got)
		}
	})
}

// Every form of passkeys acts for whom it was drawn.
func TestFormsOfPasskeysActForWhomTheyWereDrawn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		account, handle := h.user(t, "ada").FormID(), h.passkey(t, 0).Handle
		storetest.Register(t, h.Store, registration("grace"))
		h.verifies(t, "grace")
		grace := v.another()
		grace.tries("grace", storetest.Password).goesTo("/")
		theirs := h.authenticator()
		grace.post("/account/passkeys/new", grace.answers("/account/passkeys/new", theirs.Create)).goesTo(passkeysPage)
		before := h.dump(t, "sessions", "signins")
		for path, does := range map[string]func(t testing.TB, publicKey any) string{
			"/account/passkeys/new": h.authenticator().Create, "/confirm/passkey": theirs.Get,
			passkeysPage + "/" + handle: nil, passkeysPage + "/" + handle + "/remove": nil, "/account/password/remove": nil,
		} {
			form := url.Values{"name": {"Mine"}}
			if does != nil {
				form = grace.answers(path, does)
				refused := grace.post(path+"/options", url.Values{"account": {account}}).is(422)
				if refused.header.Get("Content-Type") == "application/json; charset=utf-8" {
					t.Errorf("%s/options answers %s", path, refused.body)
				}
			}
			form.Set("account", account)
			answer := grace.post(path, form)
			if path == "/account/password/remove" {
				answer = answer.goesTo(passkeysPage)
			} else {
				answer.is(422)
			}
			answer.says("You're signed in as grace")
		}
		if after := h.dump(t, "sessions", "signins"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}, withMail)
}

// A form of the second step that was drawn for another sign-in begins nothing, and an account that changed meanwhile
// is asked for its password again.
func TestASecondStepByPasskeyIsOfItsSignIn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		v.post("/account/second/on", nil).is(200)
		half := v.another()
		half.begins()
		if answer := half.post("/login/second/passkey/options", url.Values{"ticket": {"0123456789abcdef"}}).is(422); answer.body != "{}" {
			t.Errorf("answered %s", answer.body)
		}
		form := half.answers("/login/second/passkey", a.Get)
		if _, err := h.data.Write.Exec(`CREATE TRIGGER meanwhile AFTER INSERT ON challenges BEGIN UPDATE users SET epoch = epoch + 1; END`); err != nil {
			t.Fatal(err)
		}
		half.post("/login/second/passkey", form).goesTo("/login").is(200).says(components.AccountChanged)
	})
}
