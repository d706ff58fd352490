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
		v.post("/account/password/remove", url.Values{}).goesTo(passkeysPage) // sent twice
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

// FX-48: an invitation keeps one username at a time from others, and makes one account.
func TestFX48AnInvitationIsOneAccount(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		invitation := h.link(t, "ada@example.com")
		accept := func(who *visitor, username string) *page {
			who.follows(invitation)
			form := withoutOne(username)
			form.Del("email")
			return who.post("/invite", form)
		}
		squatter := v.another()
		for _, username := range []string{"ada1", "ada2", "ada3"} {
			accept(squatter, username).goesTo("/email/verify").is(200)
		}
		if got := h.rows(t, "pending"); got != 1 {
			t.Errorf("%d usernames are kept", got)
		}
		accept(v, "ada").goesTo("/email/verify").is(200)
		squatter.post("/email/verify/passkey/options", url.Values{}).is(422)
		v.post("/email/verify/passkey", v.answers("/email/verify/passkey", h.authenticator().Create)).goesTo("/")
		h.erase(t, "ada")
		accept(v.another(), "lovelace").is(422)
		with := person("lovelace")
		with.Del("email")
		other := v.another()
		other.follows(invitation).is(422)
		other.post("/invite", with).is(422)
		if got := h.rows(t, "users"); got != 0 {
			t.Errorf("%d accounts", got)
		}
	}, withMail, func(s *Site) { s.Registration = store.RegistrationInvite })
}

// Of somebody who took the invitation without a password and with one, who is first has the account.
func TestAnInvitationIsTakenOnceWithAPasswordToo(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		invitation := h.link(t, "ada@example.com")
		v.follows(invitation)
		form := withoutOne("ada")
		form.Del("email")
		v.post("/invite", form).goesTo("/email/verify").is(200)
		waiting := v.answers("/email/verify/passkey", h.authenticator().Create)
		other := v.another()
		other.follows(invitation)
		with := person("lovelace")
		with.Del("email")
		other.post("/invite", with).goesTo("/").signedInAs("lovelace")
		v.post("/email/verify/passkey", waiting).is(422).says("It may have been used already")
		if got := v.signedIn(); got != "" || h.rows(t, "users") != 1 || h.rows(t, "passkeys") != 0 {
			t.Errorf("signed in as %q with %d accounts", got, h.rows(t, "users"))
		}
	}, withMail)
}

// Whoever typed somebody else's address has no secret of the account that its owner then opens.
func TestWhoTypesAnAddressWithoutAPasswordGetsNothing(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		typed := withoutOne("ada")
		v.post("/register", typed).goesTo("/email/verify").is(200)
		letter := h.link(t, "ada@example.com")
		// Nothing here opens it, whatever is sent.
		for _, path := range []string{"/email/verify", "/email/verify/passkey", "/email/verify/passkey/options"} {
			v.post(path, url.Values{"password": {storetest.Password}, "passkey": {"{}"}, "ceremony": {"x"}}).is(422)
		}
		owner := v.another()
		owner.follows(letter).is(200)
		a := h.authenticator()
		owner.post("/email/verify/passkey", owner.answers("/email/verify/passkey", a.Create)).goesTo("/").signedInAs("ada")
		for _, password := range []string{"", storetest.Password, typed.Get("password")} {
			v.tries("ada", password).is(422)
		}
		if got := v.get("/email/verify").destination(); v.signedIn() != "" {
			t.Errorf("leads to %q", got)
		}
		v.follows(letter).is(422)
	}, withConfirm)
}

// The button counts where it was offered, whatever was typed beside it.
func TestThePasswordBesideTheButtonIsNoPassword(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		form := person("ada")
		form.Set("without", "password")
		v.post("/register", form).goesTo("/email/verify")
		v.follows(h.link(t, "ada@example.com")).says("Create your passkey")
		v.post("/email/verify/passkey", v.answers("/email/verify/passkey", h.authenticator().Create)).goesTo("/")
		if user := h.user(t, "ada"); user.HasPassword {
			t.Error("the password is one")
		}
		v.another().tries("ada", storetest.Password).is(422)
		// Where another word is sent it is no button.
		form = person("grace")
		form.Set("without", "email")
		other := v.another()
		other.post("/register", form).goesTo("/email/verify")
		other.follows(h.link(t, "grace@example.com")).hides("passkey")
	}, withConfirm)
	for name, mode := range map[string]store.RegistrationMode{"open": store.RegistrationOpen, "closed": store.RegistrationClosed, "invite": store.RegistrationInvite} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				form := person("ada")
				form.Set("without", "password")
				v.post("/register", form)
				if got := h.rows(t, "pending"); got != 0 {
					t.Errorf("%d wait", got)
				}
				if mode == store.RegistrationOpen && !h.user(t, "ada").HasPassword {
					t.Error("there is no password")
				}
			}, withMail, func(s *Site) { s.Registration = mode })
		})
	}
}

// A site that has no passkeys offers nobody to do without a password.
func TestNobodyRegistersWithoutAPasswordWhereNoPasskeyWorks(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register").hides("without a password")
		v.post("/register", withoutOne("ada")).is(422)
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v.follows(h.link(t, "ada@example.com")).hides("without a password")
		form := withoutOne("ada")
		form.Del("email")
		v.post("/invite", form).is(422)
		if got := h.rows(t, "pending"); got != 0 {
			t.Errorf("%d wait", got)
		}
	}, withConfirm, withRules(func(r *store.Rules) { r.RelyingParty = nil }))
}

// A link by mail takes no passkeys away that are somebody's second step, whatever is sent.
func TestALinkTakesNoSecondStepAway(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		v.post("/account/second/on", url.Values{}).is(200)
		owner := v.another()
		owner.post("/password/forgot", url.Values{"username": {"ada"}})
		owner.follows(h.link(t, "ada@example.com")).is(200).hides("Remove my passkeys")
		owner.post("/password/reset", url.Values{"password": {newPassword}, "passkeys": {"on"}}).goesTo("/login")
		if user := h.user(t, "ada"); user.Passkeys != 1 || !user.SecondStep() {
			t.Errorf("the account is %+v", user)
		}
	}, withMail)
}

// Whoever is signed in stays that, whatever link they open: nobody becomes somebody else without signing out.
func TestAPasskeyByLinkChangesNobodyWhoIsSignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		h.verifies(t, "ada")
		v.signsIn()
		v.follows(h.waitsForPasskey(t)).is(200)
		form := v.answers("/email/verify/passkey", h.authenticator().Create)
		form.Set("next", "/account/activity")
		v.post("/email/verify/passkey", form).goesTo("/login?next=%2Faccount%2Factivity").goesTo("/account/activity").is(200).says("Your account is open. Sign in with it.")
		if got := v.signedIn(); got != "ada" {
			t.Errorf("signed in as %q", got)
		}
		if user := h.user(t, "maria"); user.Passkeys != 1 {
			t.Errorf("made %+v", user)
		}
	}, withConfirm)
}

// The link and the registration are over once the account is there.
func TestTheLinkOfARegistrationIsUsed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.post("/register", withoutOne("ada")).goesTo("/email/verify")
		v.follows(h.link(t, "ada@example.com"))
		form := v.answers("/email/verify/passkey", h.authenticator().Create)
		form.Set("next", "/account/activity")
		v.post("/email/verify/passkey", form).goesTo("/account/activity")
		if left := v.carries(verifyPage.cookie) + v.carries(pendingCookie); left != "" {
			t.Errorf("the browser still has %q", left)
		}
		v.post("/email/verify/passkey", form).is(422)
	}, withConfirm)
}

// A username that is taken costs whoever was invited what it costs everybody, with a password or without.
func TestAnInvitationLearnsFewUsernames(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		storetest.Register(t, h.Store, registration("grace"))
		v.follows(h.link(t, "ada@example.com"))
		form := withoutOne("grace")
		form.Del("email")
		for _, status := range []int{422, 422, 429} {
			v.post("/invite", form).is(status)
		}
	}, withMail, func(s *Site) { s.Limits.UsernameChecks = store.Rates{{Count: 2, Per: time.Minute}} })
}

// Whoever opened other links before goes on with the invitation that was just taken.
func TestAnInvitationWithoutAPasswordIsTheNewestLink(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.follows(h.waitsForPasskey(t)).is(200).says("maria")
		if err := h.Store.Invite(t.Context(), "ada@example.com", "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v.follows(h.link(t, "ada@example.com"))
		form := withoutOne("ada")
		form.Del("email")
		v.post("/invite", form).goesTo("/email/verify").is(200).says("ada@example.com").hides("maria")
		if !browserToken.MatchString(v.carries(pendingCookie)) {
			t.Error("the browser is not known as the one that waits")
		}
		v.post("/email/verify/passkey", v.answers("/email/verify/passkey", h.authenticator().Create)).goesTo("/").signedInAs("ada")
	}, withConfirm)
}
