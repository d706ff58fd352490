package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// swapped has Anna open a page, and then Bert sign in in another tab of her browser.
func swapped(t *testing.T, h *house, v *visitor, path string) *page {
	t.Helper()
	h.confirms(t, "anna")
	h.confirms(t, "bert")
	v.tries("anna", storetest.Password).goesTo("/")
	form := v.get(path).is(200)
	v.post("/logout", url.Values{}).goesTo(signedOutPage)
	v.tries("bert", storetest.Password).goesTo("/")
	return form
}

func TestAFormActsForWhomItWasDrawn(t *testing.T) {
	for path, typed := range map[string]map[string]string{
		"/account/email":    {"email": "anna.schmidt@example.org"},
		"/account/profile":  {"name": "Anna Schmidt", "username": "annaschmidt"},
		"/account/password": {"current": storetest.Password, "password": newPassword},
		"/account/delete":   {"username": "bert"},
	} {
		t.Run(path, func(t *testing.T) {
			both(t, func(t *testing.T, h *house, v *visitor) {
				form := swapped(t, h, v, path)
				before := h.dump(t)
				answer := form.submit(typed).is(422).says("You're signed in as bert now").hides(storetest.Password, newPassword)
				if after := h.dump(t); after != before {
					t.Errorf("something was changed:\n%s", after)
				}
				if !v.htmx && !strings.HasPrefix(answer.Find("title").Text(), "Error: ") {
					t.Errorf("the title is %q", answer.Find("title").Text())
				}
				for field, value := range typed {
					if got := answer.value(field); field != "current" && field != "password" && got != value {
						t.Errorf("%s is %q, want %q", field, got, value)
					}
				}
				if links := answer.Find("#links").Text(); !strings.Contains(links, "bert") || strings.Contains(links, "anna") {
					t.Errorf("the links at the top are %q", links)
				}
				// Looked at again, it is Bert's to send.
				if got := answer.submit(typed); got.destination() == "" {
					t.Errorf("sent again it answers %d:\n%s", got.status, got.body)
				}
			}, withMail)
		})
	}
}

func TestProofIsNotGivenForSomebodyElse(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "anna")
		h.confirms(t, "bert")
		v.tries("anna", storetest.Password).goesTo("/")
		h.clock.Move(store.RecentAuth)
		form := v.get("/confirm").is(200)
		v.post("/logout", url.Values{})
		v.tries("bert", storetest.Password).goesTo("/")
		form.submit(map[string]string{"password": "not bert's password"}).is(422).says("You're signed in as bert now")
		if got := h.Store.EventCount(store.EventFailed); got != 0 {
			t.Errorf("%d wrong passwords were counted against bert", got)
		}
	}, withMail)
}

// The small forms say for whom they are as well: they bear no field to be typed in.
func TestButtonsActForWhomTheyWereDrawn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "anna")
		bert := h.confirms(t, "bert")
		v.tries("anna", storetest.Password)
		v.another().tries("anna", storetest.Password)
		devices := v.get("/account/signins").is(200)
		v.post("/logout", url.Values{})
		v.another().tries("bert", storetest.Password)
		v.tries("bert", storetest.Password)
		for _, action := range []string{"/logout", "/account/signins/end-others"} {
			account := devices.Find(`form[action="`+action+`"] input[name=account]`).AttrOr("value", "")
			if account == "" {
				t.Fatalf("the form to %s does not say for whom it is", action)
			}
			v.post(action, url.Values{"account": {account}}).is(422).says("You're signed in as bert now")
		}
		if list, err := h.Store.SignIns(t.Context(), bert); err != nil || len(list) != 2 {
			t.Errorf("bert is signed in %d times, %v", len(list), err)
		}
	}, withMail)
}

// Somebody who waits for an email asks for another, and is signed in as somebody
// else by then.
func TestNobodysButtonDoesNotActForWhoeverIsSignedIn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.post("/register", url.Values{"username": {"anna"}, "email": {"anna@example.com"}, "password": {storetest.Password}}).goesTo("/email/verify")
		inbox := v.get("/email/verify").is(200).says("Check your inbox")
		storetest.Register(t, h.Store, registration("bert"))
		v.tries("bert", storetest.Password).goesTo("/")
		before := len(h.subjects(t, "bert@example.com"))
		inbox.submit(nil)
		if got := len(h.subjects(t, "bert@example.com")); got != before {
			t.Error("a letter was written to bert")
		}
		v.get("/email/verify").says("You're signed in as bert now")
	}, withConfirm)
}

// Two closed accounts in two tabs.
func TestReopeningActsForTheAccountItShows(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.closes("anna")
		anna := v.get("/reopen").is(200).says("anna")
		v.closes("bert")
		form := anna.Find(`form[action="/reopen"] input[name=account]`).AttrOr("value", "")
		v.post("/reopen", url.Values{"account": {form}}).is(422).says("another account").says("bert")
		if !h.user(t, "bert").Closed() || !h.user(t, "anna").Closed() {
			t.Error("an account was opened")
		}
	})
}

// The id in forms stays while a person is renamed, reauthenticates and changes
// their password, and is nobody else's.
func TestTheAccountOfAFormIsStable(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		account := func() string { return v.get("/account/profile").Find("main input[name=account]").AttrOr("value", "") }
		first := account()
		v.get("/account/profile").submit(map[string]string{"username": "countess"})
		v.get("/account/password").submit(map[string]string{"current": storetest.Password, "password": newPassword}).goesTo("/account")
		h.clock.Move(time.Minute)
		if got := account(); got != first || len(first) < 12 {
			t.Errorf("it was %q and is %q", first, got)
		}
		other := v.another()
		storetest.Register(t, h.Store, registration("grace"))
		other.tries("grace", storetest.Password)
		if got := other.get("/account/profile").Find("main input[name=account]").AttrOr("value", ""); got == first {
			t.Error("two people share it")
		}
	})
}

// Every form on a page of somebody who is signed in says for whom it is, or which
// link it is about. Choosing a theme is for everybody.
func TestEveryFormSaysForWhomItIs(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		v := h.visitor(t)
		v.registers()
		for pattern, page := range h.pages {
			if page.guard == static || page.guard == visitors || strings.Contains(pattern, "{") {
				continue
			}
			shown := v.get(pattern)
			for _, form := range shown.Find("form[method=post]").EachIter() {
				if form.AttrOr("action", "") == "/theme" {
					continue
				}
				if form.Find("input[name=account][value], input[name=link][value]").Length() != 1 {
					t.Errorf("%s: the form to %s says of nobody", pattern, form.AttrOr("action", ""))
				}
			}
		}
	})
}

// Bert has to reauthenticate, or to sign in, before anything of his changes. What
// Anna typed is offered to her again and not to him.
func TestADraftBelongsToWhomItsFormWasDrawnFor(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, wait := range []time.Duration{store.RecentAuth, store.Idle} {
			other := v.another()
			form := swapped(t, h, other, "/account/email")
			h.clock.Move(wait)
			answer := form.submit(map[string]string{"email": "anna.schmidt@example.org"})
			if answer.destination() == "" {
				t.Fatalf("answered %d", answer.status)
			}
			other.tries("bert", storetest.Password)
			other.post("/confirm", url.Values{"password": {storetest.Password}})
			other.get("/account/email").is(200).hides("anna.schmidt")
			h.erase(t, "anna", "bert")
		}
	}, withMail)
}

// erase makes room for others of these names.
func (h *house) erase(t *testing.T, usernames ...string) {
	t.Helper()
	for _, username := range usernames {
		if err := h.Store.Erase(t.Context(), h.user(t, username), storetest.Operator); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.data.Write.Exec(`DELETE FROM reserved_usernames`); err != nil {
		t.Fatal(err)
	}
}

// A form with nothing to save does not replace a draft.
func TestASecondFormDoesNotReplaceADraft(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		profile, password := v.get("/account/profile"), v.get("/account/password")
		h.clock.Move(store.Idle)
		profile.submit(map[string]string{"name": "Countess of Lovelace"}).turnedAway()
		password.submit(map[string]string{"current": storetest.Password, "password": newPassword}).turnedAway()
		v.tries("ada", storetest.Password)
		if got := v.get("/account/profile").value("name"); got != "Countess of Lovelace" {
			t.Errorf("the name is %q", got)
		}
	})
}

// A session ends with the sign-in in it. The form still says whose it is.
func TestADraftOutlivesItsSession(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		form := v.get("/account/profile")
		if _, err := h.data.Write.Exec(`DELETE FROM sessions`); err != nil {
			t.Fatal(err)
		}
		form.submit(map[string]string{"name": "Countess of Lovelace"}).turnedAway()
		v.get("/login").says("You've been signed out")
		v.tries("ada", storetest.Password)
		if got := v.get("/account/profile").value("name"); got != "Countess of Lovelace" {
			t.Errorf("the name is %q", got)
		}
	})
}

// A long form for somebody new is not lost to a sign-in in another tab.
func TestFormsForSomebodyNewKeepWhatWasTyped(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("bert"))
		register, invite := v.get("/register"), v.follows(pairs[store.PurposeInvite](t, h, "zoe"))
		v.tries("bert", storetest.Password)
		for _, answer := range []*page{
			register.submit(map[string]string{"name": "Zoe", "username": "zoe", "email": "zoe@example.org", "password": newPassword}),
			invite.submit(map[string]string{"name": "Zoe", "username": "zoe", "password": newPassword}),
		} {
			answer.is(422).says("You're signed in already, as bert.").hides(newPassword)
			if answer.value("name") != "Zoe" || answer.value("username") != "zoe" {
				t.Errorf("%s keeps %q and %q", answer.path, answer.value("name"), answer.value("username"))
			}
		}
		if h.rows(t, "users") != 1 {
			t.Error("an account was made")
		}
	}, withMail)
}

// Nobody is told of a letter that is not written.
func TestResendingNeedsThePersonOfThePage(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		form := v.get("/email/verify").is(200)
		before := len(h.subjects(t, "ada@example.com"))
		h.clock.Move(store.Idle)
		form.submit(nil).turnedAway()
		if got := len(h.subjects(t, "ada@example.com")); got != before {
			t.Error("a letter was written")
		}
	}, withMail)
}
