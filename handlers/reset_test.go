package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestAForgottenPasswordIsChosenAnew(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		other := h.visitor(t)
		other.registers()
		v.get("/password/forgot").submit(map[string]string{"username": "ADA"}).goesTo("/password/forgot?sent=1").says("Check your inbox")
		link := h.link(t, "ada@example.com")
		form := v.get(link).goesTo("/password/reset").is(200)
		form.submit(map[string]string{"password": "short"}).is(422)
		form.submit(map[string]string{"password": "another engine no. 2"}).goesTo("/login").says("Your new password is saved")
		if other.signedIn() != "" || v.signedIn() != "" {
			t.Error("somebody is signed in")
		}
		if got := v.post("/login", url.Values{"username": {"ada"}, "password": {"another engine no. 2"}}).destination(); got != "/" {
			t.Errorf("the new password leads to %q", got)
		}
	}, withMail)
}

func TestSES09AResetEndsWhatAnAttackerHolds(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		old, kept, lately := v.another(), v.another(), v.another()
		kept.signsIn("remember")
		old.signsIn()
		h.clock.Move(store.RecentAuth)
		lately.signsIn()
		lately.get("/account/delete").is(200)
		grace := v.another()
		grace.registersAs("grace")
		stolen := v.another()
		stolen.present(lately.session())
		stolen.knows(lately.device())

		owner := v.another().from("192.0.2.2")
		owner.forgets("ada")
		owner.follows(h.link(t, "ada@example.com")).submit(map[string]string{"password": newPassword}).goesTo("/login").is(200)
		for _, attacker := range []*visitor{v, old, kept, lately, stolen} {
			attacker.out()
			attacker.post("/account/delete", accepted("/account/delete")).turnedAway()
			attacker.post("/confirm", url.Values{"password": {newPassword}}).turnedAway()
		}
		if h.user(t, "ada").Closed() || h.rows(t, "devices") != 1 {
			t.Errorf("closed, or %d devices are known, want grace's", h.rows(t, "devices"))
		}
		if got := h.rows(t, "signins"); got != 1 || grace.signedIn() != "grace" {
			t.Errorf("%d sign-ins are left, want grace's", got)
		}
		v.another().tries("ada", storetest.Password).is(422)
		owner.tries("ada", newPassword).goesTo("/")
		if got := h.subjects(t, "ada@example.com"); got[0] != "Your password was changed" {
			t.Errorf("the letters are %q", got)
		}
	}, withMail)
}

// Somebody who forgot their password has been guessing, or others have.
func TestAResetForgivesEarlierGuesses(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		for range free {
			v.from("192.0.2.1").tries("ada", "wrong").is(422)
		}
		v.from("192.0.2.2").tries("ada", "wrong").is(429)
		v.forgets("ada")
		v.follows(h.link(t, "ada@example.com")).submit(map[string]string{"password": newPassword}).goesTo("/login")
		v.tries("ada", newPassword).goesTo("/")
	}, withMail, limited)
}

func TestRST06OtherTokensDieWithTheCredentials(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, h *house, user store.User, second string){
		"a reset by the second link": func(t *testing.T, h *house, _ store.User, second string) {
			h.visitor(t).follows(second).submit(map[string]string{"password": newPassword}).goesTo("/login")
		},
		"a change of the password": func(t *testing.T, h *house, _ store.User, _ string) {
			v := h.visitor(t)
			v.signsIn()
			v.post("/account/password", accepted("/account/password")).goesTo("/account")
		},
		"a change of the address": func(t *testing.T, h *house, user store.User, _ string) {
			if err := h.Store.ChangeEmail(t.Context(), user, "ada@example.org", storetest.From); err != nil {
				t.Fatal(err)
			}
			h.visitor(t).follows(h.link(t, "ada@example.org")).submit(nil).goesTo("/login")
		},
		"disabling": func(t *testing.T, h *house, user store.User, _ string) {
			if err := h.Store.Disable(t.Context(), user, storetest.Operator); err != nil {
				t.Fatal(err)
			}
		},
		"disabling and enabling again": func(t *testing.T, h *house, user store.User, _ string) {
			if err := h.Store.Disable(t.Context(), user, storetest.Operator); err != nil {
				t.Fatal(err)
			}
			if err := h.Store.Enable(t.Context(), user, storetest.Operator); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				user := h.confirms(t, "ada")
				v.forgets("ada")
				first := h.link(t, "ada@example.com")
				v.forgets("ada")
				second := h.link(t, "ada@example.com")
				waiting := v.another()
				form := waiting.follows(first).is(200)
				change(t, h, user, second)
				form.submit(map[string]string{"password": "third engine of mine"}).is(422).says("This link doesn't work")
				for _, link := range []string{first, second} {
					if got, want := v.stale("/password/reset", link, accepted("/password/reset")), v.stale("/password/reset", "/password/reset/NONE", accepted("/password/reset")); got != want {
						t.Errorf("the link answers\n%s\nwant\n%s", got, want)
					}
				}
				v.another().tries("ada", "third engine of mine").is(422)
			}, withMail)
		})
	}
}

func TestRST09ATokenIsForItsOwnPersonWhateverIsSent(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		victim := h.confirms(t, "ada")
		h.confirms(t, "mallory")
		v.forgets("mallory")
		v.get(h.link(t, "mallory@example.com"))
		v.post("/password/reset?user=ada&token=x", url.Values{
			"password": {newPassword}, "username": {"ada"}, "user": {"ada"}, "email": {"ada@example.com"}, "token": {"x"},
			"id": {strconv.FormatInt(victim.ID, 10)}, "user_id": {strconv.FormatInt(victim.ID, 10)},
		}).goesTo("/login")
		v.another().tries("ada", newPassword).is(422)
		v.another().tries("ada", storetest.Password).goesTo("/")
		v.another().tries("mallory", newPassword).goesTo("/")
	}, withMail)
}

func TestRST14ARefusedPasswordLeavesTheLinkGood(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.forgets("ada")
		form := v.follows(h.link(t, "ada@example.com")).is(200).says("For the account ada.")
		for selector, want := range map[string]string{"input[autocomplete=username]": "ada", "#password[autocomplete=new-password]": ""} {
			if input := form.Find(selector); input.Length() != 1 || input.AttrOr("value", "") != want {
				t.Errorf("%s: %d with value %q", selector, input.Length(), input.AttrOr("value", ""))
			}
		}
		before := h.dump(t)
		for _, c := range []struct{ password, want string }{
			{"", "Enter a password."},
			{"too short", "The password needs"},
			{storetest.CommonPassword, "too common"},
			{"ada-ada-ada-1", "Don't build a password from your name"},
			{"gatehouse-2026-11", "Don't build a password from your name"},
			{"qwertyuiop[]", "neighbouring"},
			{"a\x00 difference engine", "no keyboard types"},
			{strings.Repeat("owl barn", 16) + "!", "Use at most 128 characters"},
		} {
			refused := form.submit(map[string]string{"password": c.password}).is(422)
			if got := refused.message("password"); !strings.Contains(got, c.want) {
				t.Errorf("%q: the message is %q, want %q in it", c.password, got, c.want)
			}
			if refused.value("password") != "" || len(c.password) > 3 && strings.Contains(refused.body, c.password) {
				t.Error("the password is shown again")
			}
			if got, want := refused.Find("title").Text(), "Error: Choose a new password · "+h.Name; got != want {
				t.Errorf("the title is %q, want %q", got, want)
			}
		}
		v.post("/password/reset", url.Values{"password": {strings.Repeat("x", 1<<20)}}).is(413)
		v.post("/password/reset", url.Values{"password": {newPassword, newPassword}}).is(400)
		if h.dump(t) != before {
			t.Error("a refused password changed something")
		}
		form.submit(map[string]string{"password": newPassword}).goesTo("/login")
	}, withMail)
}

func TestResetChecksWhileOneTypes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	h.confirms(t, "ada")
	v := h.htmx(t)
	v.forgets("ada")
	v.get(h.link(t, "ada@example.com"))
	check := func(password string) *page {
		return v.post("/password/reset/check/password", url.Values{"password": {password}}).is(200)
	}
	if got := check("ada-ada-ada-1").message("password"); !strings.Contains(got, "Don't build a password from your name") {
		t.Errorf("the message is %q", got)
	}
	if got := check(newPassword).hides(newPassword).message("password"); got != "That's a strong password." {
		t.Errorf("the message is %q", got)
	}
	v.post("/password/reset/check/username", url.Values{"username": {"ada"}}).is(404)
	// Whoever thought for longer than the link lasts goes on typing, and is told at the end.
	late := h.htmx(t)
	late.post("/password/reset/check/password", url.Values{"password": {newPassword}}).is(204)
	late.post("/password/reset", url.Values{"password": {newPassword}}).is(422).says("Open the link in the email again")
	v.htmx = false
	v.post("/password/reset/check/password", url.Values{"password": {newPassword}}).goesTo("/password/reset").is(200)
}

// An address that nobody ever confirmed may be the owner's, who then finds an
// account that somebody else made with it.
func TestRST01AResetConfirmsTheAddressAndTakesTheAccountOver(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		owner := v.another()
		owner.forgets("ada@example.com")
		owner.follows(h.link(t, "ada@example.com")).submit(map[string]string{"password": newPassword}).goesTo("/login")
		v.out()
		if user := h.user(t, "ada"); !user.Verified() {
			t.Error("the address is not confirmed")
		}
		owner.tries("ada", newPassword).goesTo("/").hides("isn't confirmed yet")
	}, withMail)
}

func TestAResetOpensNoClosedOrDisabledAccount(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		user := h.confirms(t, "ada")
		v.forgets("ada")
		link := h.link(t, "ada@example.com")
		if err := h.Store.CloseAccount(t.Context(), user, storetest.From); err != nil {
			t.Fatal(err)
		}
		v.follows(link).is(422) // closing voids what was sent before
		v.forgets("ada")
		v.follows(h.link(t, "ada@example.com")).submit(map[string]string{"password": newPassword}).goesTo("/login")
		if !h.user(t, "ada").Closed() {
			t.Error("the link reopened the account")
		}
		v.tries("ada", newPassword).goesTo("/reopen").is(200)
	}, withMail)
}

func TestRST04OfSeveralAtOnceOneResets(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.forgets("ada")
		link := h.link(t, "ada@example.com")
		answers := make(chan *page)
		for i := range 5 {
			other := v.another()
			other.get(link)
			go func() {
				answers <- other.post("/password/reset", url.Values{"password": {"engine number " + strconv.Itoa(i)}})
			}()
		}
		done := 0
		for range 5 {
			answer := <-answers
			if answer.destination() == "/login" {
				done++
			} else if answer.status != http.StatusUnprocessableEntity {
				t.Errorf("answered %d", answer.status)
			}
		}
		if done != 1 {
			t.Errorf("%d resets came about, want 1", done)
		}
	}, withMail)
}

func TestTheResetCookieIsGoneAfterwards(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.forgets("ada")
		v.follows(h.link(t, "ada@example.com")).submit(map[string]string{"password": newPassword}).goesTo("/login")
		if v.carries(resetPage.cookie) != "" {
			t.Error("the token stays in the browser")
		}
		v.get("/password/reset").is(422).says("This link doesn't work")
		h.clock.Move(time.Second)
		if v.follows("/password/reset/NONE").is(422); v.carries(resetPage.cookie) != "" {
			t.Error("a token that is not good stays in the browser")
		}
	}, withMail)
}
