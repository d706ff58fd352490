package handlers

import (
	"net/url"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// invites writes to an address and returns the path of the link.
func (h *house) invites(t testing.TB, email string) string {
	t.Helper()
	if err := h.Store.Invite(t.Context(), email, "", storetest.Operator); err != nil {
		t.Fatal(err)
	}
	return h.link(t, email)
}

func withInvite(s *Site) {
	withMail(s)
	s.Registration = store.RegistrationClosed
}

func TestAnInvitationIsAccepted(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		link := h.invites(t, "Ada@EXAMPLE.com")
		form := v.follows(link).is(200).says("An account for Ada@example.com.")
		if form.Find("#email").Length() != 0 {
			t.Error("the address is asked for")
		}
		form.submit(map[string]string{"name": "Ada Lovelace", "username": "Ada", "password": storetest.Password}).goesTo("/").
			says("Welcome, Ada Lovelace. Your account is ready.").signedInAs("ada").hides("isn't confirmed yet")
		user := h.user(t, "ada")
		if user.Email != "Ada@example.com" || !user.Verified() || user.Name != "Ada Lovelace" {
			t.Errorf("the account is %+v", user)
		}
		if v.carries(invitePage.cookie) != "" || v.device() == "" {
			t.Error("the token stays, or the device is not known")
		}
		other := v.another()
		other.follows(link).is(422).says("This link doesn't work")
		other.post("/invite", url.Values{"username": {"second"}, "password": {storetest.Password}}).is(422)
		if h.rows(t, "users") != 1 {
			t.Error("the link works twice")
		}
		v.another().signsIn()
		v.another().get("/register").says("Registration is closed")
	}, withInvite)
}

func TestAnInvitationRefusesAndKeepsWhatWasTyped(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		v.get(h.invites(t, "ada@example.org"))
		before := h.dump(t)
		for _, c := range []struct{ name, username, password, field, want string }{
			{"Ada", "GRACE", storetest.Password, "username", "This username is taken."},
			{"Ada", "admin", storetest.Password, "username", "This username is reserved."},
			{"Ada", "", storetest.Password, "username", "Enter a username."},
			{"Ada", "ada", "", "password", "Enter a password."},
			{"Ada", "ada", storetest.CommonPassword, "password", "This password is too common. Try a few unrelated words."},
			{"Ada", "countess", "countess-countess-1", "password", "Don't build a password from your name, address or this site's name."},
		} {
			refused := v.post("/invite", url.Values{"name": {c.name}, "username": {c.username}, "password": {c.password}}).is(422)
			if got := refused.message(c.field); got != c.want {
				t.Errorf("%s and %s: the message is %q, want %q", c.username, c.password, got, c.want)
			}
			if refused.value("name") != c.name || refused.value("username") != c.username || refused.value("password") != "" {
				t.Errorf("the form does not keep what was typed:\n%s", refused.body)
			}
		}
		if h.dump(t) != before {
			t.Error("something changed")
		}
		v.get("/invite").submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/").signedInAs("ada")
	}, withInvite)
}

func TestAnInvitationIsForItsAddress(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get(h.invites(t, "ada@example.org"))
		v.post("/invite?email=mallory@example.net", url.Values{
			"email": {"mallory@example.net"}, "username": {"ada"}, "password": {storetest.Password}, "role": {"admin"}, "id": {"77"},
		}).goesTo("/")
		if user := h.user(t, "ada"); user.Email != "ada@example.org" || user.ID == 77 {
			t.Errorf("the account is %+v", user)
		}
	}, withInvite)
}

func TestAnInvitationIsVoidOnceTheAddressHasAnAccount(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		first, second := h.invites(t, "ada@example.org"), h.invites(t, "ADA@example.org")
		late := v.another()
		form := late.follows(second).is(200)
		v.follows(first).submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/")
		form.submit(map[string]string{"username": "another", "password": storetest.Password}).is(422).says("This link no longer works")
		if h.rows(t, "users") != 1 {
			t.Error("there are two accounts for one address")
		}
		if err := h.Store.Invite(t.Context(), "ada@example.org", "", storetest.Operator); err == nil {
			t.Error("somebody with an account was invited")
		}
	}, withInvite)
}

func TestREG16AnInvitationChangesNobodysIdentity(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		v.signsInAs("grace")
		link := h.invites(t, "ada@example.org")
		v.follows(link).is(200).says("You're signed in already")
		v.post("/invite", url.Values{"username": {"ada"}, "password": {storetest.Password}}).goesTo("/").says("You're signed in already, as grace.")
		if v.signedIn() != "grace" || h.rows(t, "users") != 1 {
			t.Error("an account was made, or the identity changed")
		}
		v.another().follows(link).is(200)
	}, withInvite)
}

func TestAnInvitationIsCheckedWhileOneTypes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withInvite, func(s *Site) {
		s.Limits.UsernameChecks = store.Rates{{Count: 3, Per: store.InviteValid}}
	})
	storetest.Register(t, h.Store, registration("grace"))
	v := h.htmx(t)
	v.get(h.invites(t, "countess@example.org"))
	for _, c := range []struct {
		field, want string
		send        url.Values
	}{
		{"username", "This username is free, as ada.", url.Values{"username": {"Ada"}}},
		{"username", "This username is taken.", url.Values{"username": {"grace"}}},
		{"username", "The username needs one more character.", url.Values{"username": {"ad"}}},
		{"password", "That's a strong password.", url.Values{"password": {storetest.Password}}},
		{"password", "Don't build a password from your name, address or this site's name.", url.Values{"password": {"countess-countess"}}},
		{"name", "", url.Values{"name": {"Ada"}}},
	} {
		if got := v.post("/invite/check/"+c.field, c.send).is(200).message(c.field); got != c.want {
			t.Errorf("%v: the message is %q, want %q", c.send, got, c.want)
		}
	}
	v.post("/invite/check/email", url.Values{"email": {"x@example.com"}}).is(404)
	h.htmx(t).post("/invite/check/username", url.Values{"username": {"ada"}}).is(204) // without a link nobody is told
	v.post("/invite/check/username", url.Values{"username": {"mary"}}).is(200)
	v.post("/invite/check/username", url.Values{"username": {"joan"}}).is(429)
	v.post("/invite", url.Values{"username": {"grace"}, "password": {storetest.Password}}).is(429)
}
