package handlers

import (
	"net/url"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// FX-47: a site that moved to another domain has passkeys that open nothing any more. They are no way in and no
// second step.
func TestFX47APasskeyOfAnotherDomainIsNoWayIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := h.authenticator()
		v.addsPasskey(a)
		if _, err := h.data.Write.Exec(`UPDATE passkeys SET domain = 'old.example'`); err != nil {
			t.Fatal(err)
		}
		v.get(passkeysPage).says("No longer works").hides("Remove my password")
		v.post("/account/password/remove", url.Values{}).is(422).says("You need a passkey")
		v.post("/account/second/on", url.Values{}).is(422).says("You have no passkey that works at this address.")
		if user := h.user(t, "ada"); !user.HasPassword || user.SecondStep() {
			t.Errorf("the account is %+v", user)
		}
		// One that works is not the last while another one works, whatever else there is.
		h.clock.Move(time.Second)
		v.addsPasskey(h.authenticator())
		old, last := passkeysPage+"/"+h.passkey(t, 0).Handle+"/remove", passkeysPage+"/"+h.passkey(t, 1).Handle+"/remove"
		v.post("/account/second/on", url.Values{}).is(200)
		v.post(last, url.Values{}).is(422).says("This passkey is all your second step has.")
		v.post("/account/second/off", url.Values{}).goesTo(secondPage)
		v.post("/account/password/remove", url.Values{}).goesTo(passkeysPage)
		v.post(last, url.Values{}).is(422).says("This passkey is your only way in.")
		v.post(old, url.Values{}).goesTo(passkeysPage).is(200).says("The passkey is removed.")
		v.post(last, url.Values{}).is(422).says("This passkey is your only way in.")
		if list := h.passkey(t, 0); list.Domain != h.Store.PasskeyDomain() {
			t.Errorf("left is %+v", list)
		}
	}, withMail)
}

// Of those that no longer work, the last goes as well, but not while it keeps up a second step that nothing else has.
func TestPasskeysOfAnotherDomainAreRemoved(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		v.post("/account/second/on", url.Values{}).is(200)
		if _, err := h.data.Write.Exec(`UPDATE passkeys SET domain = 'old.example'`); err != nil {
			t.Fatal(err)
		}
		remove := passkeysPage + "/" + h.passkey(t, 0).Handle + "/remove"
		v.post(remove, url.Values{}).is(422).says("This passkey is all your second step has.")
		v.post("/account/second/off", url.Values{}).goesTo(secondPage)
		v.post(remove, url.Values{}).goesTo(passkeysPage)
	}, withMail)
}

// Somebody whose second step were passkeys, at a site that has none now, is asked for what is left of it.
func TestASecondStepOutlivesPasskeys(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.addsPasskey(h.authenticator())
		codes := v.post("/account/second/on", url.Values{}).is(200).shown()
		bare := openHouse(t, h.kind, h.name, h.clock, withMail, withRules(func(r *store.Rules) { r.RelyingParty = nil }))
		half := bare.visitor(t)
		half.htmx = v.htmx
		half.begins().hides("passkey")
		half.get("/login/second/recovery").submit(map[string]string{"code": codes[0]}).goesTo(secondPage).is(200)
	}, withMail)
}

// An account whose passkeys were its only way in, at a site that has none now: it chooses a password by mail, and says
// who it is by that.
func TestAnAccountWithoutAPasswordOutlivesPasskeys(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.withoutPassword()
		bare := openHouse(t, h.kind, h.name, h.clock, withMail, withRules(func(r *store.Rules) { r.RelyingParty = nil }))
		member := bare.visitor(t)
		member.htmx = v.htmx
		member.client.Jar.SetCookies(bare.BaseURL, v.client.Jar.Cookies(h.BaseURL))
		member.present(v.session())
		h.clock.Move(store.RecentAuth)
		asked := member.get("/account/password").goesTo("/confirm?next=%2Faccount%2Fpassword").is(200).hides("Passkeys need JavaScript", "use a passkey").says("You have no password, and this site takes no passkeys now.")
		if asked.Find("form.form").Length() != 0 {
			t.Errorf("a form that nobody can send:\n%s", asked.body)
		}
		member.post("/confirm", url.Values{"password": {""}}).is(422)
		other := bare.visitor(t)
		other.htmx = v.htmx
		other.tries("ada", storetest.Password).is(422)
		other.post("/password/forgot", url.Values{"username": {"ada"}})
		other.follows(bare.link(t, "ada@example.com")).is(200).submit(map[string]string{"password": newPassword}).goesTo("/login")
		other.tries("ada", newPassword).goesTo("/").signedInAs("ada")
	}, withMail)
}
