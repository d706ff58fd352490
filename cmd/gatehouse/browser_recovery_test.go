package main

import "testing"

// newer is a password that is chosen in place of an old one.
const newer = "a lantern by the harbour"

func TestBrowserForgetsThePassword(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.join(t, ada)
			elsewhere := p.caller(t)
			elsewhere.signIn(ada)
			if !elsewhere.signedIn() {
				t.Fatal("Ada is not signed in elsewhere")
			}
			b := mode.open(t, p)
			b.open("/login")
			b.follow(func() { b.clickOn("main a[href='/password/forgot']") })
			b.arrive("/password/forgot")
			b.refuse(b.submit)
			b.is(text("#summary"), "Enter your username or email address.")
			b.write("username", "ADA@example.com")
			b.follow(b.submit)
			b.arrive("/password/forgot?sent=1")
			b.is(title, "Check your inbox · Gatehouse")

			b.opensLetter(ada.Email, letterReset, "/password/reset")
			b.is(passwordFields, "username text username, password password new-password")
			b.is(`document.querySelector("main [name=username]").value`, "ada")
			b.write("password", "ada lovelace")
			b.refuse(b.submit)
			b.is(text("#summary a[href='#password']"), ask[string](b, message("password")))
			b.is(value("password"), mode.password("ada lovelace"))
			b.write("password", newer)
			if !b.plain {
				b.until(message("password") + `.includes("strong")`)
			}
			b.follow(b.submit)
			b.arrive("/login")
			b.is(text("[role=status]"), "Your new password is saved, and every device is signed out. Sign in with it.")

			if elsewhere.signedIn() {
				t.Error("Ada is still signed in elsewhere")
			}
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.refuse(b.submit)
			b.write("password", newer)
			b.submit()
			b.arrive("/")
			b.is(who, "Ada Lovelace")
		})
	}
}
