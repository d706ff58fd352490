package main

import (
	"testing"

	"gatehouse/store"
)

const countess = "countess@example.com"

// Somebody else moves the account to an address of theirs. The letter to the old
// one takes it back, out of their hands.
func TestBrowserChangesTheAddressAndUndoesIt(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.join(t, ada)
			b, owner := mode.open(t, p), mode.open(t, p)
			b.enter(ada)
			p.clock.Move(store.RecentAuth)
			b.openTo("/account/email", "/confirm?next=%2Faccount%2Femail")
			b.reauthenticates(ada, "/account/email")
			b.write("email", "ADA@example.com")
			b.refuse(b.submit)
			b.is(text("#summary"), "That's the address you have.")
			b.is(value("email"), "ADA@example.com")
			b.write("email", countess)
			b.follow(b.submit)
			b.arrive("/account/email")
			b.is(text("[role=status]"), "We've emailed countess@example.com. Your address changes once you confirm it there.")
			b.is(text(".facts dd"), ada.Email)

			b.opensLetter(countess, letterMove, "/email/verify")
			b.is(text("main .lead"), "Is countess@example.com yours?")
			b.follow(b.submit)
			b.arrive("/account")
			b.is(text("[role=status]"), "Thank you. The address countess@example.com is confirmed.")
			b.until(aboutYou + `.includes("countess@example.com")`)

			owner.opensLetter(ada.Email, letterMoved, "/email/undo")
			owner.is(title, "Put the old address back? · Gatehouse")
			owner.is(text("main .lead strong"), ada.Email)
			owner.follow(owner.submit)
			owner.arrive("/")
			owner.is(text("[role=status]"), "Your old address is back, and every device is signed out. We've emailed it a link to choose a new password.")
			b.follow(func() { b.clickOn(".account-nav a[href='/account']") })
			b.arrive("/login?next=%2Faccount")
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.refuse(b.submit) // the password is void

			owner.opensLetter(ada.Email, letterBack, "/password/reset")
			owner.write("password", newer)
			owner.follow(owner.submit)
			owner.arrive("/login")
			owner.write("username", ada.Email)
			owner.write("password", newer)
			owner.submit()
			owner.arrive("/")
			owner.open("/account")
			owner.until(aboutYou + `.includes("Ada@example.com")`)
		})
	}
}
