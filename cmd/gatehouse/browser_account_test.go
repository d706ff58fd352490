package main

import (
	"testing"

	"gatehouse/store"
)

func TestBrowserChangesTheProfile(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			p.add(t, grace)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account/profile")
			b.is(value("name"), "Ada Lovelace")
			b.write("name", "Ada King")
			b.write("username", "Grace")
			if !b.plain {
				b.becomes(message("username"), "This username is taken.")
			}
			b.refuse(b.submit)
			b.is(text("#summary"), "This username is taken.")
			b.is(value("name"), "Ada King")
			b.write("username", "Countess")
			if !b.plain {
				b.becomes(message("username"), "This username is free, as countess.")
			}
			b.follow(b.submit)
			b.arrive("/account/profile")
			b.is(text("[role=status]"), "Saved.")
			b.is(title, "Profile · Gatehouse")
			b.is(value("name"), "Ada King")
			b.is(value("username"), "countess")
			b.is(who, "Ada King")

			b.write("name", "")
			b.write("username", "ada")
			b.refuse(b.submit)
			b.is(text("#summary"), "You can change your username once a day. Your old one is still yours.")
			b.is(text(".flash"), "(none)") // nothing is saved any more
			b.is(value("name"), "")
			b.signOut()
			p.clock.Move(store.UsernameEvery)
			b.signIn(store.Registration{Username: "countess", Password: ada.Password})
			b.open("/account/profile")
			b.is(value("name"), "Ada King") // a refused form changes nothing
			b.write("username", "ada")
			b.follow(b.submit)
			b.is(text("[role=status]"), "Saved.")
		})
	}
}

// There are two choices of theme on the page of the profile, and both say the
// same.
func TestBrowserProfileChoosesTheTheme(t *testing.T) {
	t.Parallel()
	const allChosen = `[...document.querySelectorAll(".theme [aria-pressed=true]")].map(button => button.value).join()`
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account/profile")
			b.is(allChosen, "auto")
			for _, theme := range []string{"dark", "light"} {
				button := "main .theme [value=" + theme + "]"
				if b.plain {
					b.follow(func() { b.clickOn(button) })
					b.arrive("/account/profile")
				} else {
					b.write("name", "Ada King")
					b.clickOn(button)
				}
				b.becomes(worn, theme)
				b.is(allChosen, theme)
			}
			if !b.plain {
				b.is(value("name"), "Ada King")
			}
		})
	}
}

func TestBrowserChangesThePassword(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b, other := mode.open(t, p), mode.open(t, p)
			b.enter(ada)
			other.enter(ada)
			other.open("/account")
			b.openTo("/.well-known/change-password", "/account/password")
			b.is(passwordFields, "username text username, current password current-password, password password new-password")
			b.is(`document.querySelector("main [name=username]").value`, "ada")
			b.write("current", "not her password")
			b.write("password", newer)
			if !b.plain {
				b.until(message("password") + `.includes("strong")`)
			}
			b.refuse(b.submit)
			b.is(text("#summary"), "That's not your password.")
			b.is(value("password"), mode.password(newer))
			b.write("current", ada.Password)
			b.write("password", ada.Password)
			b.refuse(b.submit)
			b.is(text("#summary a[href='#password']"), ask[string](b, message("password")))
			b.write("current", ada.Password)
			b.write("password", newer)
			b.follow(b.submit)
			b.arrive("/account")
			b.is(text("[role=status]"), "Your password is changed. Every other device is signed out.")
			b.open("/account/signins")
			b.is(devices, "1")

			other.follow(func() { other.clickOn(".account-nav a[href='/account']") })
			other.arrive("/login?next=%2Faccount")
			other.is(text("[role=status]"), "You've been signed out. Sign in to go on.")
			other.write("username", ada.Username)
			other.write("password", ada.Password)
			other.refuse(other.submit)
			other.write("password", newer)
			other.submit()
			other.arrive("/account")
		})
	}
}
