package main

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"gatehouse/store"
)

// isPlain says that a page offers no passkey and says what to do instead, where
// that is anything.
func (b *tab) isPlain(instead string) {
	b.t.Helper()
	b.is(`[...document.querySelectorAll("[data-passkey]")].filter(e => e.checkVisibility()).map(e => e.id).join()`, "")
	b.is(text("main noscript"), instead)
}

// losesScript turns JavaScript off in a tab.
func (b *tab) losesScript() {
	b.t.Helper()
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.plain = true
}

func TestBrowserPasskeysWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, _ := keyed(t, p, ada)
	b.signOut()
	b.losesScript()
	b.open("/login")
	b.isPlain("(none)") // the password is there
	b.signIn(ada)

	b.open("/account/passkeys")
	b.follow(func() { b.clickOn("main .rows a") })
	b.write("name", "Telephone")
	b.follow(b.submit)
	b.arrive("/account/passkeys")
	b.is(text("main .rows h2"), "Telephone")
	b.open("/account/passkeys/new")
	b.isPlain("Passkeys need JavaScript. Everything else about your passkeys works without it.")
	p.clock.Move(store.RecentAuth)
	b.openTo("/account/passkeys/new", "/confirm?next=%2Faccount%2Fpasskeys%2Fnew")
	b.isPlain("(none)")
	b.reauthenticates(ada, "/account/passkeys/new")

	// The second step is turned on, passed by a recovery code, and kept.
	b.open("/account/second")
	b.follow(func() { b.clickOn("#second-on button") })
	b.is(text("h1"), "Save your recovery codes")
	codes := ask[[]string](b, shownCodes)
	b.signOut()
	b.open("/login")
	b.write("username", ada.Username)
	b.write("password", ada.Password)
	b.follow(b.submit)
	b.arrive("/login/second")
	b.isPlain("Passkeys need JavaScript. Without it, use a recovery code.")
	b.follow(func() { b.clickOn("main a[href='/login/second/recovery']") })
	b.write("code", codes[0])
	b.follow(b.submit)
	b.arrive("/account/second")

	p.clock.Move(store.RecentAuth)
	b.open("/account/passkeys")
	b.follow(func() { b.clickOn("main .rows a") })
	b.follow(func() { b.clickOn("#passkey-remove button") })
	b.is(text("h1"), "Confirm it's you")
	b.isPlain("(none)")
	b.write("password", ada.Password)
	b.write("code", codes[1])
	b.follow(b.submit)
	b.is(text("h1"), "Your passkey")
	b.refuse(func() { b.clickOn("#passkey-remove button") })
	b.is(text("#summary"), "This passkey is all your second step has. Set up an authenticator app first, or turn the second step off.")
	b.open("/account/second")
	b.follow(func() { b.clickOn("#second-off button") })
	b.open("/account/passkeys")
	b.follow(func() { b.clickOn("main .rows a") })
	b.follow(func() { b.clickOn("#passkey-remove button") })
	b.arrive("/account/passkeys")
	b.is(text("main .rows"), "(none)")
}

// Whoever has a passkey alone, and no JavaScript, can get a password by mail.
func TestBrowserNoPasswordAndNoJavaScript(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.join(t, ada)
	b, _ := keyed(t, p, ada)
	b.follow(func() { b.clickOn("#password-remove button") })
	b.arrive("/account/passkeys")
	b.losesScript()
	p.clock.Move(store.RecentAuth)
	b.openTo("/account/delete", "/confirm?next=%2Faccount%2Fdelete")
	b.isPlain("Passkeys need JavaScript. Without it, choose a password first:")
	b.is(`document.querySelector("main a[href='/password/forgot']").innerText`, "Choose a password by email")
}

// Who asked for no password and has no JavaScript chooses one after all.
func TestBrowserRegistersWithoutAPasswordAndWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := serveProgram(t, "--registration", "confirm")
	b := openPlainTab(t, p)
	b.open("/register")
	b.write("username", ada.Username)
	b.write("email", ada.Email)
	b.follow(func() { b.clickOn("button[name=without]") })
	b.opensLetter(ada.Email, letterRegister, "/email/verify")
	b.isPlain("Passkeys need JavaScript. Without it, choose a password.")
	b.write("password", ada.Password)
	b.follow(func() { b.clickOn("#verify button[type=submit]") })
	b.arrive("/")
	b.is(who, "ada")
	b.signOut()
	b.signIn(ada)
}
