package main

import "testing"

// Ada's page is open when Grace signs in in another tab of the same browser.
func TestBrowserFormActsForWhomItWasDrawn(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.join(t, ada)
			p.join(t, grace)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account/profile")
			b.enter(grace)
			b.write("name", "Ada, Countess of Lovelace")
			b.refuse(b.submit)
			b.is(focused, "summary")
			b.is(text("#summary"), "You're signed in as grace now, and this page was opened by somebody else. Nothing was changed. Look at it again before you send it.")
			b.is(value("name"), "Ada, Countess of Lovelace")
			b.is(text("#links a"), grace.Name)
		})
	}
}
