package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// withoutOne is what somebody sends who wants no password.
func withoutOne(username string) url.Values {
	form := person(username)
	form.Set("password", "")
	form.Set("without", "password")
	return form
}

// waitsForPasskey is the link to somebody who registered without a password in another browser.
func (h *house) waitsForPasskey(t *testing.T) string {
	t.Helper()
	r := registration("maria")
	r.Password, r.WithoutPassword = "", true
	if err := h.Store.RegisterPending(t.Context(), r, strings.Repeat("M", 26), storetest.From); err != nil {
		t.Fatal(err)
	}
	return h.link(t, "maria@example.com")
}

func TestSomebodyRegistersWithoutAPassword(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register").says("Continue without a password")
		v.post("/register", withoutOne("ada")).goesTo("/email/verify").is(200).says("Check your inbox")
		// Whoever opened the link makes the passkey, in whichever browser.
		other := v.another()
		other.follows(h.link(t, "ada@example.com")).says("Create your passkey")
		a := h.authenticator()
		other.post("/email/verify/passkey", url.Values{}).is(422).says("Passkeys need JavaScript.")
		a.Lie = func(r *storetest.Response) { r.Flags &^= storetest.VerifiedUser }
		other.post("/email/verify/passkey", other.answers("/email/verify/passkey", a.Create)).is(422).says(store.ErrPasskeyFailed.Error())
		a.Lie, a.Keys = nil, nil
		other.post("/email/verify/passkey", other.answers("/email/verify/passkey", a.Create)).goesTo("/").is(200).says("Welcome, ada. Your account is open.")
		if got := other.signedIn(); got != "ada" {
			t.Fatalf("signed in as %q", got)
		}
		other.get("/account").says("None. Your passkeys sign you in")
		third := v.another()
		third.post("/login/passkey", third.answers("/login/passkey", a.Get)).goesTo("/")
		v.another().tries("ada", "").is(422)
		v.another().tries("ada", storetest.Password).is(422).says(store.ErrWrongLogin.Error())
	}, withConfirm)
}

func TestWhoRegisteredWithoutAPasswordChoosesOne(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.post("/register", withoutOne("ada")).goesTo("/email/verify")
		page := v.another().follows(h.link(t, "ada@example.com")).is(200)
		page = page.submitForm("verify", map[string]string{"password": "short"}).is(422)
		page.submitForm("verify", map[string]string{"password": storetest.Password}).goesTo("/").is(200).says("Welcome, ada. Your account is open.")
		v.another().signsIn()
	}, withConfirm)
}

func TestNobodyRegistersWithoutAPasswordBeforeTheAddressIsKnown(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register").hides("Continue without a password")
		v.post("/register", withoutOne("ada")).is(422)
		if h.rows(t, "users")+h.rows(t, "pending") != 0 {
			t.Error("there is an account")
		}
	}, withMail)
}

func TestAnInvitationIsAcceptedWithoutAPassword(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		storetest.Register(t, h.Store, registration("grace"))
		v.follows(h.link(t, "ada@example.com")).says("Continue without a password")
		taken := withoutOne("grace")
		taken.Del("email")
		v.post("/invite", taken).is(422).says(store.ErrUsernameTaken.Error())
		form := withoutOne("ada")
		form.Del("email")
		v.post("/invite", form).goesTo("/email/verify").is(200).says("Create your passkey")
		a := h.authenticator()
		v.post("/email/verify/passkey", v.answers("/email/verify/passkey", a.Create)).goesTo("/").is(200)
		if user := h.user(t, "ada"); user.HasPassword || user.Passkeys != 1 || !user.Verified() || user.Email != "ada@example.com" {
			t.Errorf("%+v", user)
		}
		// The invitation is used: its address has an account.
		other := v.another()
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err == nil {
			t.Error("invited again")
		}
		other.post("/invite", form).is(422)
	}, withMail)
}

// withoutPassword is Ada, who has a passkey and no password and is signed in.
func (v *visitor) withoutPassword() *storetest.Authenticator {
	v.t.Helper()
	a := v.h.authenticator()
	v.registers()
	v.addsPasskey(a)
	v.post("/account/password/remove", url.Values{}).goesTo(passkeysPage).is(200).says("Your password is removed.")
	return a
}

func TestAPasswordIsRemovedAndChosenAgain(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		other := v.another()
		a := v.withoutPassword()
		if got := other.signedIn(); got != "" {
			t.Errorf("still signed in as %q elsewhere", got)
		}
		v.get(passkeysPage).says("You have no password")
		v.another().tries("ada", storetest.Password).is(422).says(store.ErrWrongLogin.Error())
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/")
		// It takes recent proof, and that takes the passkey.
		h.clock.Move(store.RecentAuth)
		asked := v.get("/account/password").goesTo("/confirm?next=%2Faccount%2Fpassword").is(200).says("use a passkey").says("Passkeys need JavaScript.")
		if asked.Find("input[type=password]").Length() != 0 {
			t.Error("asked for a password that does not exist")
		}
		v.post("/confirm", url.Values{"password": {storetest.Password}}).is(422)
		form := v.answers("/confirm/passkey", a.Get)
		form.Set("next", "/account/password")
		chosen := v.post("/confirm/passkey", form).goesTo("/account/password").is(200).says("Choose a password")
		chosen.submit(map[string]string{"password": newPassword}).goesTo("/account").is(200)
		v.another().tries("ada", newPassword).goesTo("/")
	}, withMail)
}

// FX-34: whoever forgot a password that they never had chooses one.
func TestFX34ALinkGivesAnAccountAPassword(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := v.withoutPassword()
		other := v.another()
		other.post("/password/forgot", url.Values{"username": {"ada"}})
		page := other.follows(h.link(t, "ada@example.com")).is(200).says("Choose a password").says("Your passkeys stay.")
		page.submit(map[string]string{"password": newPassword}).goesTo("/login").is(200)
		other.post("/login/passkey", other.answers("/login/passkey", a.Get)).goesTo("/")
		v.another().tries("ada", newPassword).goesTo("/")
	}, withMail)
}

// FX-35: an intruder's passkey goes where its owner says so.
func TestFX35PasskeysAreRemovedByLink(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a := h.authenticator()
		v.registers()
		v.addsPasskey(a)
		owner := v.another()
		owner.post("/password/forgot", url.Values{"username": {"ada"}})
		owner.follows(h.link(t, "ada@example.com")).says("Remove my passkeys too").
			submit(map[string]string{"password": newPassword, "passkeys": "on"}).goesTo("/login")
		if got := v.signedIn(); got != "" {
			t.Errorf("the intruder is signed in as %q", got)
		}
		v.post("/login/passkey", v.answers("/login/passkey", a.Get)).is(422).says(store.ErrPasskeyUnknown.Error())
		owner.tries("ada", newPassword).goesTo("/")
	}, withMail)
}

// Where the second step is on, changing the password takes recent proof besides the password.
func TestAPasswordWithASecondStepTakesRecentProof(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		v.get("/account/password").is(200)
		h.clock.Move(store.RecentAuth + time.Second)
		v.get("/account/password").goesTo("/confirm?next=%2Faccount%2Fpassword")
		v.post("/account/password", url.Values{"current": {storetest.Password}, "password": {newPassword}}).goesTo("/confirm?next=%2Faccount%2Fpassword")
	})
}
