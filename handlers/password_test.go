package handlers

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

const newPassword = "difference engine no. 2"

func TestSES08AChangedPasswordEndsEveryOtherSignIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		others := []*visitor{v.another(), v.another()}
		for _, other := range others {
			other.signsIn("remember")
		}
		grace := v.another()
		grace.registersAs("grace")
		old := v.session()
		h.clock.Move(store.RecentAuth)
		form := v.get("/account/password").is(200)
		form.submit(map[string]string{"current": storetest.Password, "password": newPassword}).goesTo("/account").
			says("Your password is changed. Every other device is signed out.").hides(newPassword)
		for _, other := range others {
			other.out()
		}
		if v.session() == old {
			t.Error("the own session keeps its token")
		}
		thief := v.another()
		thief.present(old)
		thief.out()
		v.get("/account/delete").is(200) // the current password counts as reauthentication
		if got := grace.signedIn(); got != "grace" {
			t.Errorf("grace is signed in as %q", got)
		}
		if h.rows(t, "devices") != 2 {
			t.Errorf("%d devices are known, want grace's and the own", h.rows(t, "devices"))
		}
		v.another().tries("ada", storetest.Password).is(422)
		v.another().tries("ada", newPassword).goesTo("/")
		v.get("/account/activity").says("Password changed")
	})
}

func TestPasswordRefusesAndKeepsNothing(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.another().signsIn()
		before := h.dump(t, "events", "sessions")
		session := v.session()
		for _, c := range []struct{ current, password, field, want string }{
			{"", "", "current", "Enter your current password."},
			{"", newPassword, "current", "Enter your current password."},
			{"wrong password", newPassword, "current", "That's not your password."},
			{storetest.Password, "", "password", "Enter a password."},
			{storetest.Password, "too short", "password", "The password needs 3 more"},
			{storetest.Password, storetest.Password, "password", "That's the password you have. Choose another."},
			{storetest.Password, storetest.CommonPassword, "password", "too common"},
			{storetest.Password, "ada-lovelace-1815", "password", "Don't build a password from your name"},
			{storetest.Password, "a\x00 difference engine", "password", "no keyboard types"},
			{storetest.Password, strings.Repeat("owl barn", 16) + "!", "password", "Use at most 128 characters"},
		} {
			refused := v.post("/account/password", url.Values{"current": {c.current}, "password": {c.password}}).is(422)
			if got := refused.message(c.field); !strings.Contains(got, c.want) {
				t.Errorf("%q to %q: the message is %q, want %q", c.current, c.password, got, c.want)
			}
			if refused.value("current") != "" || refused.value("password") != "" || c.current == "wrong password" && strings.Contains(refused.body, c.current) {
				t.Errorf("a password is shown again:\n%s", refused.body)
			}
			if c.password != "" {
				refused.hides(c.password)
			}
		}
		// But for the one guess that was wrong, which is counted.
		after := strings.Replace(h.dump(t, "events", "sessions"), "wrong_passwords=1", "wrong_passwords=0", 1)
		if after != before || v.session() != session {
			t.Error("something changed")
		}
		v.get("/account/activity").says("Password not changed: the current one was wrong")
	})
}

// Whether the new password is the present one is told only to who knows it.
func TestPasswordIsNoOracle(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		answer := v.post("/account/password", url.Values{"current": {"some other words"}, "password": {storetest.Password}}).is(422)
		if answer.message("password") != "" || !strings.Contains(answer.message("current"), "not your password") {
			t.Errorf("the messages are %q and %q", answer.message("current"), answer.message("password"))
		}
		v.htmx = true
		checked := v.post("/account/password/check/password", url.Values{"password": {storetest.Password}}).is(200)
		if got := checked.message("password"); got != "That's a strong password." {
			t.Errorf("the inline check says %q", got)
		}
		v.post("/account/password/check/current", url.Values{"current": {storetest.Password}}).is(404)
	})
}

func TestAPasswordThatWasChangedByAnotherSignInIsGone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		form := v.get("/account/password")
		other := v.another()
		other.signsIn()
		other.post("/account/password", accepted("/account/password")).goesTo("/account")
		got := form.submit(map[string]string{"current": storetest.Password, "password": "analytical engine no. 3"}).destination()
		if got != "/login?next=%2Faccount%2Fpassword" {
			t.Errorf("led to %q", got)
		}
		v.another().tries("ada", newPassword).goesTo("/")
	})
}

func TestPasswordManagersFindThePage(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/.well-known/change-password").is(303).goesTo("/account/password").is(303)
		v.registers()
		form := v.get("/.well-known/change-password").is(303).goesTo("/account/password").is(200)
		for selector, want := range map[string]string{
			"input[autocomplete=username]": "ada", "#current[autocomplete=current-password]": "", "#password[autocomplete=new-password]": "",
		} {
			if input := form.Find(selector); input.Length() != 1 || input.AttrOr("value", "") != want {
				t.Errorf("%s: %d with value %q", selector, input.Length(), input.AttrOr("value", ""))
			}
		}
	})
}
