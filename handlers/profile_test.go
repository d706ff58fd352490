package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestProfileIsSaved(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		form := v.get("/account/profile").is(200)
		if form.value("name") != "Ada Lovelace" || form.value("username") != "ada" {
			t.Errorf("the form begins with %q and %q", form.value("name"), form.value("username"))
		}
		saved := form.submit(map[string]string{"name": " Augusta ", "username": "Countess"}).goesTo("/account/profile").says("Saved.")
		if saved.value("name") != "Augusta" || saved.value("username") != "countess" {
			t.Errorf("saved are %q and %q", saved.value("name"), saved.value("username"))
		}
		v.get("/account").says("Augusta").signedInAs("countess")
		v.get("/account/activity").says("Name changed").says("Username changed from ada to countess")
		other := v.another()
		other.tries("ada", storetest.Password).is(422)
		other.tries("countess", storetest.Password).goesTo("/")
	})
}

func TestProfileRefusesAndKeepsWhatWasTyped(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		storetest.Register(t, h.Store, registration("grace"))
		before := h.dump(t)
		for username, want := range map[string]string{
			"GRACE": "This username is taken.", "a b": "Only a to z", "admin": "is reserved",
			"gatehouse": "This username is reserved.", "": "Enter a username.", "aԁa": "Only a to z", "ad\x00a": "Only a to z",
		} {
			refused := v.post("/account/profile", url.Values{"name": {"Augusta"}, "username": {username}}).is(422)
			if got := refused.message("username"); !strings.Contains(got, want) {
				t.Errorf("%q: the message is %q, want %q", username, got, want)
			}
			if refused.value("name") != "Augusta" || refused.Find(".summary[autofocus]").Length() != 1 || !strings.HasPrefix(refused.Find("title").Text(), "Error: Profile") {
				t.Errorf("%q: the refused form is\n%s", username, refused.body)
			}
		}
		for _, name := range []string{strings.Repeat("n", 101), "a\x00b", "a\u202eb", "a\nb"} {
			if got := v.post("/account/profile", url.Values{"name": {name}, "username": {"ada"}}).is(422).message("name"); got == "" {
				t.Errorf("%q has no message", name)
			}
		}
		if h.dump(t) != before {
			t.Error("something was saved")
		}
	})
}

func TestAUsernameChangesOnceADayAndStaysReserved(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		renames := func(to string) *page {
			return v.post("/account/profile", url.Values{"username": {to}})
		}
		renames("countess").goesTo("/account/profile")
		renames("enchantress").is(422).says("once a day")
		thief := v.another().post("/register", person("ada")).is(422)
		if got := thief.message("username"); got != "This username is taken. Was that you just now? Sign in" {
			t.Errorf("the message is %q", got)
		}
		h.clock.Move(store.UsernameEvery)
		v.signsInAs("countess")
		renames("ada").goesTo("/account/profile").says("Saved.")
		if got := v.signedIn(); got != "ada" {
			t.Errorf("signed in as %q", got)
		}
	})
}

func (v *visitor) signsInAs(username string) *page {
	v.t.Helper()
	return v.tries(username, storetest.Password).goesTo("/")
}

func TestREG07AProfileTakesNothingItDoesNotAskFor(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		before := h.dump(t, "sessions")
		v.post("/account/profile", url.Values{
			"name": {"Ada Lovelace"}, "username": {"ada"}, "id": {"7"}, "user_id": {"7"}, "email": {"x@example.com"}, "email_key": {"x@example.com"},
			"disabled_at": {"2001-01-01"}, "created_at": {"2001-01-01"}, "epoch": {"9"}, "password": {"difference engine no. 2"}, "role": {"admin"},
		}).goesTo("/account/profile")
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	})
}

func TestINJ01AProfileIsText(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.post("/account/profile", url.Values{"name": {polyglot}, "username": {"ada"}}).goesTo("/account/profile")
		v.post("/account/profile", url.Values{"name": {polyglot}, "username": {polyglot}}).is(422).hides("<img", "<script>alert")
		for _, path := range h.private() {
			answer := v.get(path)
			if strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
				answer.hides("<img", "<script>alert", computed)
			}
		}
		if got := v.get("/account/profile").value("name"); got != polyglot {
			t.Errorf("the name is shown as %q", got)
		}
		as := v.another()
		as.client.Jar, as.htmx = v.client.Jar, true
		for field := range accepted("/account/profile") {
			as.post("/account/profile/check/"+field, url.Values{field: {polyglot}}).is(200).hides("<img", "<script>alert")
		}
	})
}

func TestInlineChecksOfAProfile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, registration("grace"))
	v := h.visitor(t)
	v.registers()
	v.htmx = true
	before := h.dump(t)
	for username, want := range map[string]string{
		"countess": "This username is free.", "GRACE": "This username is taken.", "ada": "", " ADA ": "", "": "",
		"x": "The username needs 2 more characters.",
	} {
		if got := v.post("/account/profile/check/username", url.Values{"username": {username}}).is(200).message("username"); got != want {
			t.Errorf("%q: %q, want %q", username, got, want)
		}
	}
	v.post("/account/profile/check/email", url.Values{"email": {"grace@example.com"}}).is(404)
	h.htmx(t).post("/account/profile/check/username", url.Values{"username": {"grace"}}).is(204)
	v.htmx = false
	v.post("/account/profile/check/username", url.Values{"username": {"grace"}}).goesTo("/account/profile")
	if h.dump(t) != before {
		t.Error("a check changed something")
	}
}

// A profile is no way around the limit on questions about usernames.
func TestRefusedUsernamesOfAProfileCostAsMuchAsChecks(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		v.from("192.0.2.1").registers()
		sends := func(username string) *page {
			return v.post("/account/profile", url.Values{"name": {"Augusta"}, "username": {username}})
		}
		sends("countess").goesTo("/account/profile") // and from here on none is to be had today
		for i := range 3 {
			sends([]string{"grace", fmt.Sprint("free", i)}[i%2]).is(422)
		}
		limited := sends("grace").waits("20").hides("taken")
		if limited.value("username") != "grace" || limited.value("name") != "Augusta" {
			t.Errorf("the form does not keep what was typed:\n%s", limited.body)
		}
		sends("free").waits("20").hides("You can change your username once a day")
		sends("countess").goesTo("/account/profile").says("Saved.") // the own one asks nothing
		h.clock.Move(20 * time.Second)
		sends("grace").is(422).says("taken")
	}, func(s *Site) {
		limited(s)
		s.Limits.UsernameChecks = store.Rates{{Count: 3, Per: time.Minute}}
	})
}
