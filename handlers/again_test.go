package handlers

import (
	"maps"
	"net/http"
	"net/url"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// deafJar hands out cookies and takes none.
type deafJar struct{ http.CookieJar }

func (deafJar) SetCookies(*url.URL, []*http.Cookie) {}

// again submits the form of the page twice, because the answer to the first time
// never arrives.
func (p *page) again(values map[string]string) *page {
	p.v.t.Helper()
	jar := p.v.client.Jar
	p.v.client.Jar = deafJar{jar}
	if first := p.submit(maps.Clone(values)); first.status >= http.StatusBadRequest {
		p.v.t.Fatalf("the first time is answered %d:\n%s", first.status, first.body)
	}
	p.v.client.Jar = jar
	return p.submit(values)
}

// Whoever saw no answer tries again, and is told how things are: never that what
// was done failed.
func TestTryingAgainSaysWhatHappened(t *testing.T) {
	used := func(leads string) func(p *page) {
		return func(p *page) {
			p.is(422).says("This link doesn't work").says("may have been used already")
			if p.Find(`main a[href="`+leads+`"]`).Length() != 1 && p.Find(`a.btn[href="`+leads+`"]`).Length() != 1 {
				p.v.t.Errorf("nothing leads to %s:\n%s", leads, p.body)
			}
		}
	}
	for name, row := range map[string]struct {
		try  func(h *house, v *visitor) *page
		want func(p *page)
	}{
		"a registration": {
			func(_ *house, v *visitor) *page { return v.get("/register").again(ada()) },
			func(p *page) {
				p.is(422).says("This username is taken. Was that you just now? Sign in").hides(storetest.Password)
				p.v.signsIn()
			},
		},
		"an invitation": {
			func(h *house, v *visitor) *page {
				if err := h.Store.Invite(v.t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
					v.t.Fatal(err)
				}
				return v.follows(h.link(v.t, "ada@example.com")).again(map[string]string{"username": "ada", "password": storetest.Password})
			},
			func(p *page) {
				p.is(422).says("may have been used already").says("Made your account already? Sign in")
				p.v.signsIn()
			},
		},
		"a new username": {
			func(_ *house, v *visitor) *page {
				v.registers()
				return v.get("/account/profile").again(map[string]string{"username": "countess"})
			},
			func(p *page) { p.goesTo("/account/profile").says("Saved.") },
		},
		"a new password": {
			func(_ *house, v *visitor) *page {
				v.registers()
				return v.get("/account/password").again(map[string]string{"current": storetest.Password, "password": newPassword})
			},
			func(p *page) { p.turnedAway(); p.v.tries("ada", newPassword).goesTo("/") },
		},
		"a forgotten password": {
			func(h *house, v *visitor) *page {
				h.confirms(v.t, "ada")
				if err := h.Store.AskReset(v.t.Context(), "ada", storetest.From); err != nil {
					v.t.Fatal(err)
				}
				return v.follows(h.link(v.t, "ada@example.com")).again(map[string]string{"password": newPassword})
			},
			func(p *page) { used("/login")(p); p.v.tries("ada", newPassword).goesTo("/") },
		},
		"a new address": {
			func(_ *house, v *visitor) *page {
				v.registers()
				return v.get("/account/email").again(map[string]string{"email": "ada@example.org"})
			},
			func(p *page) {
				p.goesTo("/account/email").says("We've emailed ada@example.org.")
				p.v.follows(p.v.h.link(p.v.t, "ada@example.org")).is(200)
			},
		},
		"an address confirmed": {
			func(h *house, v *visitor) *page {
				v.registers()
				return v.follows(h.link(v.t, "ada@example.com")).again(nil)
			},
			func(p *page) {
				p.is(422).says("Your address is confirmed already")
				if p.Find(`a.btn[href="/account"]`).Length() != 1 {
					p.v.t.Errorf("nothing leads to the account:\n%s", p.body)
				}
			},
		},
		"an old address put back": {
			func(h *house, v *visitor) *page {
				h.moves(v.t, "ada")
				return v.follows(h.link(v.t, "ada@example.com")).again(nil)
			},
			used("/login"),
		},
		"an account closed": {
			func(_ *house, v *visitor) *page {
				v.registers()
				return v.get("/account/delete").again(map[string]string{"username": "ada"})
			},
			func(p *page) { p.turnedAway(); p.v.tries("ada", storetest.Password).goesTo("/reopen") },
		},
		"an account reopened": {
			func(_ *house, v *visitor) *page { return v.closes("ada").again(nil) },
			func(p *page) { p.goesTo("/login"); p.v.signsIn() },
		},
		"a proof": {
			func(h *house, v *visitor) *page {
				v.registers()
				h.clock.Move(store.RecentAuth)
				return v.get("/confirm?next=/account/delete").again(map[string]string{"password": storetest.Password})
			},
			func(p *page) { p.turnedAway() },
		},
		"a link asked for": {
			func(_ *house, v *visitor) *page {
				return v.get("/password/forgot").again(map[string]string{"username": "ada"})
			},
			func(p *page) { p.goesTo("/password/forgot?sent=1").says("Check your inbox") },
		},
		"a sign-in": {
			func(h *house, v *visitor) *page {
				storetest.Register(v.t, h.Store, storetest.Ada())
				return v.get("/login").again(map[string]string{"username": "ada", "password": storetest.Password})
			},
			func(p *page) { p.goesTo("/").signedInAs("ada") },
		},
		"a device signed out": {
			func(_ *house, v *visitor) *page {
				v.registers()
				v.another().signsIn()
				end := v.get("/account/signins").ends()[0]
				v.post(end, nil)
				return v.post(end, nil)
			},
			func(p *page) { p.is(404).says("That device isn't signed in").says("It may be signed out already.") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) { row.want(row.try(h, v)) }, withMail)
		})
	}
}

// With verification by mail the first attempt left no account that could be signed
// in to, and the letter of the second opens it.
func TestTryingAgainWhereAddressesAreConfirmed(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		form := map[string]string{"username": "ada", "email": "ada@example.com", "password": storetest.Password}
		v.get("/register").submit(maps.Clone(form)).goesTo("/email/verify")
		v.get("/register").again(maps.Clone(form)).goesTo("/email/verify").says("Check your inbox")
		if got := v.another().get("/register").submit(form).is(422).message("username"); got != "This username is taken." {
			t.Errorf("the message is %q", got)
		}
		v.follows(h.link(t, "ada@example.com")).again(nil).is(422).says("It may have been used already")
		v.signsIn()
	}, withConfirm)
}

// While somebody types, a username is free or taken: nothing was sent yet.
func TestACheckSpeaksOfNoFirstTry(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, storetest.Ada())
	got := h.htmx(t).post("/register/check/username", url.Values{"username": {"ada"}}).message("username")
	if got != "This username is taken." {
		t.Errorf("the message is %q", got)
	}
	own := h.visitor(t)
	own.get("/register").submit(map[string]string{"username": "admin", "email": "grace@example.com", "password": storetest.Password}).
		is(422).says("This username is reserved.").hides("just now")
}
