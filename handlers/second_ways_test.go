package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Whoever begins a sign-in anew still gets to where they wanted to go.
func TestStartingAgainKeepsTheWay(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		half := v.another()
		for _, path := range []string{"/login/second", "/login/second/recovery"} {
			half.begins()
			half.get(path+"?next=%2Faccount%2Factivity").submitForm("again", nil).goesTo("/login?next=%2Faccount%2Factivity")
			half.begins()
			half.get(path+"?next=https%3A%2F%2Fexample.com").submitForm("again", nil).goesTo("/login")
		}
	})
}

// The page of a sign-in that was left in another tab signs nobody out.
func TestStartingAgainSignsNobodyOut(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		storetest.Register(t, h.Store, registration("bert"))
		browser := v.another()
		old := browser.begins()
		browser.tries("bert", storetest.Password).goesTo("/")
		old.submitForm("again", nil).is(422).says("You're signed in as bert now")
		old.submit(map[string]string{"code": "123456"}).goesTo("/").is(200).says("You're signed in already, as bert.")
		if list := h.signIns(t, "bert"); len(list) != 1 {
			t.Errorf("bert is signed in %d times", len(list))
		}
	})
}

// Nobody types 24 characters twice because they had to wait.
func TestACodeThatWasNotComparedStaysInItsForm(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		half := v.another()
		half.begins()
		page := half.get("/login/second/recovery")
		for range free {
			page = page.submit(map[string]string{"code": "00000000000000000000000Z"}).is(422)
			if got := page.value("code"); got != "" {
				t.Errorf("a wrong code is shown again: %q", got)
			}
		}
		page = page.submit(map[string]string{"code": codes[0]}).is(429)
		if got := page.value("code"); got != codes[0] {
			t.Errorf("the form has the code %q", got)
		}
		h.clock.Move(time.Minute)
		page.submit(nil).goesTo(secondPage)
	}, limited)
}

// Whoever must set a second step up first loses neither what was just said nor what they typed.
func TestMustSetUpLosesNothing(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register").submit(ada()).goesTo(secondPage).is(200)
		v.follows(h.link(t, "ada@example.com")).is(200).submit(nil).goesTo("/account").goesTo(secondPage + "?next=%2Faccount").
			says("The address ada@example.com is confirmed. " + components.MustSetUp)
		v.get("/account")
		v.get("/account")
		if got := strings.Count(v.get(secondPage).body, components.MustSetUp); got != 1 {
			t.Errorf("it is said %d times", got)
		}
		v.post("/account/profile", url.Values{"name": {"Augusta King"}, "username": {"ada"}}).goesTo(secondPage + "?next=%2Faccount%2Fprofile")
		page := v.get("/account/totp?next=%2Faccount%2Fprofile")
		profile := page.submit(map[string]string{"code": page.scans().code()}).is(200).follow("I've saved them").is(200)
		if got := profile.value("name"); got != "Augusta King" {
			t.Errorf("the form has the name %q", got)
		}
	}, withMail, required)
}

// A recovery code that opened a closed account leads to where an app is set up anew, too.
func TestReopeningWithARecoveryCode(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		v.get("/account/delete").submit(map[string]string{"username": "ada"}).goesTo("/")
		half := v.another()
		half.begins()
		half.get("/reopen").goesTo("/login/second")
		half.post("/reopen", nil)
		if !h.user(t, "ada").Closed() {
			t.Fatal("the password alone opened the account")
		}
		half.get("/login/second/recovery").submit(map[string]string{"code": codes[0]}).goesTo("/reopen").is(200).submit(nil).
			goesTo(secondPage).is(200).says("Your account is open again.").says("9 of 10 left")
		// A code of the app leads on as ever.
		half.get("/account/delete").submit(map[string]string{"username": "ada"}).goesTo("/")
		half.begins().submit(map[string]string{"code": a.next()}).goesTo("/reopen").is(200).submit(nil).goesTo("/account")
		if got := half.signedIn(); got != "ada" {
			t.Errorf("signed in as %q", got)
		}
		if left := h.Store.EventCount(store.EventReopened); left != 2 {
			t.Errorf("it was opened %d times", left)
		}
	}, withMail)
}
