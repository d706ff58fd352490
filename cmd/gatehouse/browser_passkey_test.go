package main

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"gatehouse/store"
)

const (
	// passkeyButton is that of the form that a passkey answers.
	passkeyButton = "main form[data-passkey] button"
	alert         = "#alert span"
)

// From the first passkey to the last: made, used by the autofill and by the
// button, and removed.
func TestBrowserPasskeyPath(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b := openTab(t, p)
	a := b.authenticator()
	b.watches()
	b.enter(ada)
	b.open("/account/passkeys")
	b.follow(func() { b.clickOn("main .btn-primary") })
	b.arrive("/account/passkeys/new")
	b.becomes(text(passkeyButton), "Create a passkey")
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/account/passkeys")
	b.until(text("main .rows h2") + `.includes("Chrome")`) // what the device says of itself
	b.signOut()

	b.openTo("/login?next=%2Faccount%2Fpasskeys", "/account/passkeys")
	b.is(text("[role=status]"), "Welcome back, Ada Lovelace.")
	b.is(text("main .rows .tag"), "Used for this sign-in")
	b.open("/account/signins")
	b.is(devices, "2")
	b.signOut()

	b.offers(a, "/login")
	a.away(false)
	b.clickOn("#remember")
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/")
	b.is(who, "Ada Lovelace")
	if cookie := b.cookie(); cookie == nil || cookie.Session {
		t.Errorf("cookie: got %+v, want one that outlasts the browser", cookie)
	}

	b.open("/account/passkeys")
	b.follow(func() { b.clickOn("main .rows a") })
	b.write("name", "Telephone")
	b.follow(b.submit)
	b.arrive("/account/passkeys")
	b.follow(func() { b.clickOn("main .rows a") })
	b.is(value("name"), "Telephone")
	b.follow(func() { b.clickOn("#passkey-remove button") })
	b.arrive("/account/passkeys")
	b.is(text("[role=status]"), "The passkey is removed. It no longer signs you in.")
	b.is(text("main .rows"), "(none)")
	a.hears("deleted")
	if keys := a.keys(); len(keys) != 0 {
		t.Errorf("the authenticator keeps %v", keys)
	}
}

func TestBrowserPasskeyByKeyboard(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b := openTab(t, p)
	a := b.authenticator()
	b.watches()
	b.enter(ada)
	b.open("/account/passkeys/new")
	b.tabTo("#name")
	b.press("Phone")
	b.tabTo(passkeyButton)
	b.follow(func() { b.press(kb.Enter) })
	b.arrive("/account/passkeys")
	b.tabTo("main .rows a")
	b.signOut()
	b.offers(a, "/login")
	b.becomes(focused, "username")
	a.away(false)
	b.tabTo(passkeyButton)
	b.follow(func() { b.press(kb.Enter) })
	b.arrive("/")
	b.is(who, "Ada Lovelace")
}

// A second step that is passkeys alone, and one beside an app.
func TestBrowserPasskeyAsSecondStep(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	password := func() {
		b.signOut()
		a.away(true)
		b.open("/login")
		b.write("username", ada.Username)
		b.write("password", ada.Password)
		b.follow(b.submit)
		b.arrive("/login/second")
		a.away(false)
	}
	b.open("/account/second")
	b.clickOn("#second-on button")
	b.until(`document.querySelector("h1").innerText === "Save your recovery codes"`)
	password()
	b.is(text("main #code"), "(none)")
	b.clickOn("#trust")
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/")
	b.is(who, "Ada Lovelace")
	b.signOut()
	a.away(true)
	b.signIn(ada) // the browser is trusted now

	b.open("/account/second")
	b.follow(func() { b.clickOn("main a[href='/account/totp']") })
	b.reauthenticatesByPasskey(a, "/account/totp")
	b.write("code", p.appCode(b.scan(), 0))
	b.follow(b.submit)
	b.arrive("/account/second")
	password()
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/")
}

// reauthenticatesByPasskey proves who is there, and waits for the page that
// wanted it.
func (b *tab) reauthenticatesByPasskey(a *authenticator, next string) {
	b.t.Helper()
	b.is(text("h1"), "Confirm it's you")
	a.away(false)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive(next)
}

func TestBrowserPasskeyAsProofKeepsTheForm(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	b.open("/account/delete")
	b.write("username", "Ada")
	p.clock.Move(store.RecentAuth)
	b.follow(b.submit)
	b.arrive("/confirm?next=%2Faccount%2Fdelete")
	b.reauthenticatesByPasskey(a, "/account/delete")
	b.is(text("[role=status]"), "Nothing was changed yet. This is what you typed: check it and send it again.")
	b.is(value("username"), "Ada")

	// A proof that gets old under a form which a passkey answers.
	b.open("/account/passkeys/new")
	b.write("name", "Second one")
	p.clock.Move(store.RecentAuth)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/confirm?next=%2Faccount%2Fpasskeys%2Fnew")
	b.reauthenticatesByPasskey(a, "/account/passkeys/new")
	b.is(value("name"), "Second one")
}

// FX-32: a passkey that no account has any more is deleted where it is kept.
func TestBrowserAnUnknownPasskeyIsDeleted(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	b.signOut()
	b.watches()
	b.offers(a, "/login")
	p.command(t, "", "factor", "reset", "ada", "--yes")
	a.away(false)
	b.write("username", "typed")
	b.refuse(func() {
		held := x.hold("POST /login/passkey")
		b.clickOn(passkeyButton)
		answer := held.next("next", "")
		// Meanwhile the autofill waits again, and what waits stands in the way of the signal.
		a.away(true)
		b.looksAfter("4 * 60e3")
		b.until("requests.length === 3")
		answer.release()
	})
	b.is(text("#summary"), "This passkey isn't known here. It may have been removed. Choose another way.")
	a.hears("deleted")
	if keys := a.keys(); len(keys) != 0 {
		t.Errorf("the authenticator keeps %v", keys)
	}
	b.becomes(asked, "conditional,dialog,conditional,conditional")
	b.is(takenBack, "true,true,true,false")
	b.is(value("username"), "typed")
}

func TestBrowserARenamedPersonIsRenamedInThePasswordManager(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	b.open("/account/profile")
	b.write("username", "countess")
	b.follow(b.submit)
	b.arrive("/account/profile")
	a.hears("updated countess, Ada Lovelace")
	elsewhere := p.caller(t)
	elsewhere.post("/login", url.Values{"username": {"countess"}, "password": {ada.Password}}).is(t, http.StatusSeeOther)
	elsewhere.post("/account/profile", url.Values{"username": {"countess"}, "name": {"Augusta"}}).is(t, http.StatusSeeOther)
	b.open("/account/passkeys")
	a.hears("updated countess, Augusta")
}

// Whoever closes the dialog has lost nothing, and may try again.
func TestBrowserACancelledPasskey(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	b.watches()
	a.knows(false)
	b.open("/account/passkeys/new")
	b.write("name", "Second one")
	b.clickOn(passkeyButton)
	b.becomes(text(alert), "No passkey was used. Try again, or choose another way.")
	b.is(value("name"), "Second one")
	b.inspect("passkey cancelled")
	a.knows(true)
	b.clickOn(passkeyButton) // the device has one already
	b.becomes(text(alert), "This device or password manager already has a passkey for this account.")
	b.signOut()

	b.offers(a, "/login?next=%2Faccount")
	b.write("username", "ada")
	b.write("password", "half a password")
	a.away(false)
	a.knows(false)
	b.clickOn(passkeyButton)
	b.becomes(text(alert), "No passkey was used. Try again, or choose another way.")
	b.is(value("username"), "ada")
	b.is(value("password"), "half a password")
	b.becomes(asked, "conditional,dialog,conditional")
	a.knows(true)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/account")
}

// FX-23: password managers that put their own objects before the page.
func TestBrowserPasskeysNeedNothingOfTheirObjects(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b := openTab(t, p)
	b.authenticator()
	b.before(`if (window.PublicKeyCredential) {
		delete PublicKeyCredential.prototype.toJSON;
		delete PublicKeyCredential.parseCreationOptionsFromJSON;
		delete PublicKeyCredential.parseRequestOptionsFromJSON;
		delete AuthenticatorAttestationResponse.prototype.getTransports;
	}`)
	b.enter(ada)
	b.adds("Phone")
	b.signOut()
	b.openTo("/login", "/")
	b.is(who, "Ada Lovelace")
}

// FX-24: and those that answer with nothing.
func TestBrowserAPasskeyThatIsNothing(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b := openTab(t, p)
	b.authenticator()
	b.before(`const make = navigator.credentials?.create.bind(navigator.credentials);
		if (make) navigator.credentials.create = async () => {
			navigator.credentials.create = make;
			return null;
		}`)
	b.enter(ada)
	b.open("/account/passkeys/new")
	b.write("name", "Phone")
	b.clickOn(passkeyButton)
	b.becomes(text(alert), "That didn't work in this browser. Try again, or choose another way.")
	b.is(value("name"), "Phone")
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/account/passkeys")
}

// What is not the fault of the browser is not called that.
func TestBrowserPasskeysSayWhatIsWrong(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	p.join(t, ada)
	p.join(t, grace)
	b, _ := keyed(t, p, ada)
	b.report.expect("net::ERR_", "status of 429", "status of 503")
	b.open("/account/passkeys/new")
	b.write("name", "Second one")
	x.leave()
	b.clickOn(passkeyButton)
	b.becomes(text(alert), unreached)
	for _, status := range []int{503, 429} {
		b.script(`document.getElementById("alert").replaceChildren()`)
		x.fail(status)
		b.clickOn(passkeyButton)
		b.becomes(text(alert), "We're very busy right now. Nothing you typed is lost. Try again in a moment.")
	}
	x.fail(0)
	b.is(value("name"), "Second one")
	b.enter(grace)
	b.refuse(func() { b.clickOn(passkeyButton) })
	b.is(text("#summary"), "You're signed in as grace now, and this page was opened by somebody else. Nothing was changed. Look at it again before you send it.")
	b.is(value("name"), "Second one")
}

// A developer opens the address of the machine and not its name.
func TestBrowserPasskeysAtAnotherAddress(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.url = p.address
	b := openTab(t, p)
	b.authenticator()
	b.open("/login")
	b.settle()
	b.is(text(alert), "(none)")
	b.clickOn(passkeyButton)
	b.becomes(text(alert), "Passkeys don't work at this address.")
}

// Whoever opens the link makes the passkey, and the account with it.
func TestBrowserRegistersWithoutAPassword(t *testing.T) {
	t.Parallel()
	p := serveProgram(t, "--registration", "confirm")
	b := openTab(t, p)
	a := b.authenticator()
	b.open("/register")
	b.write("name", ada.Name)
	b.write("username", ada.Username)
	b.write("email", ada.Email)
	b.follow(func() { b.clickOn("button[name=without]") })
	b.arrive("/email/verify")
	b.opensLetter(ada.Email, letterRegister, "/email/verify")
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/")
	b.is(text("[role=status]"), "Welcome, Ada Lovelace. Your account is open.")
	b.open("/account/passkeys")
	b.is(text("main .rows .tag"), "Used for this sign-in")
	b.is(text("main section section h2"), "You have no password")
	if keys := a.keys(); len(keys) != 1 || keys[0]["userName"] != ada.Username {
		t.Errorf("the authenticator has %v", keys)
	}
	b.signOut()
	b.openTo("/login", "/")
	b.is(who, ada.Name)

	// What is sensitive asks such an account for its passkey alone.
	a.away(true)
	p.clock.Move(store.RecentAuth + time.Minute)
	b.openTo("/account/delete", "/confirm?next=%2Faccount%2Fdelete")
	b.is(text("main #password"), "(none)")
	b.reauthenticatesByPasskey(a, "/account/delete")
}
