package main

import (
	"slices"
	"testing"

	"gatehouse/store"
)

// aboutYou is what the page of an account says that outlasts a sign-in.
const aboutYou = `[...document.querySelectorAll(".link-row")].slice(0, 2).map((row) => row.innerText).join()`

func TestBrowserClosesAnAccountAndReopensIt(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			b.enter(ada)
			b.open("/account")
			before := ask[string](b, aboutYou)

			b.open("/account/delete")
			b.write("username", "grace")
			b.refuse(b.submit)
			b.is(text("#summary"), "Type ada to close your account.")
			b.is(value("username"), "grace")
			b.write("username", "ada")
			b.follow(b.submit)
			b.arrive("/")
			b.is(text("[role=status]"), "Your account is closed. Sign in within 14 days if you want it back.")
			b.is(who, nobody)
			b.openTo("/account", "/login?next=%2Faccount")

			b.offered(ada)
			b.follow(func() { b.clickOn("main form[action='/logout'] button") })
			b.arrive("/?signed-out")
			b.openTo("/reopen", "/login")

			b.offered(ada)
			b.follow(func() { b.clickOn("main form[action='/reopen'] button") })
			b.arrive("/account")
			b.is(text("[role=status]"), "Welcome back, Ada Lovelace. Your account is open again.")
			b.is(aboutYou, before)
			b.open("/account/signins")
			b.is(devices, "1")
		})
	}
}

// offered signs in to a closed account and waits for the offer to reopen it.
func (b *tab) offered(who store.Registration) {
	b.t.Helper()
	b.open("/login")
	b.write("username", who.Username)
	b.write("password", who.Password)
	b.follow(b.submit)
	b.arrive("/reopen")
	b.is(title, "Your account is closed · Gatehouse")
	b.is(text("header form"), "(none)") // nobody is signed in
}

// SES-16: what was shown to somebody signed in is gone with the sign-in, out of the
// browser's history too.
func TestBrowserBackAfterSignOutShowsNothingPrivate(t *testing.T) {
	t.Parallel()
	pages := []string{
		"/", "/account", "/account/profile", "/account/email", "/account/password", "/account/signins", "/account/activity", "/account/data", "/account/delete",
	}
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			for _, page := range pages {
				b.open(page)
			}
			b.signOut()
			b.is(who, nobody)
			ends := []string{}
			for _, page := range slices.Backward(pages[1:]) {
				ends = append(ends, signInFor(page))
			}
			b.leavesNothing([]string{ada.Name, ada.Email, `"ada"`, "Type ada", "127.0.0.1", "Sign out"}, append(ends, "/")...)
		})
	}
}
