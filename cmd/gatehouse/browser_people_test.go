package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// People are found while their name is being typed, and what is typed stays with the cursor in it. The
// address is that of what is shown. Without JavaScript the same takes Enter.
func TestBrowserPeopleAreFoundWhileTyping(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			p.add(t, grace)
			p.command(t, "", "user", "role", "ada", "support")
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/admin/people")
			b.is(text("#shown"), "2 people are shown.")
			b.clickOn("#q")
			b.press("hopp")
			if b.plain {
				b.follow(func() { b.press(kb.Enter) })
			}
			b.becomes(text("#shown"), "1 person is shown.")
			b.is(text(".rows .username"), "grace")
			b.becomes(address, "/admin/people?q=hopp")
			b.is(value("q"), "hopp")
			if b.plain {
				return
			}
			b.is(focused, "q")
			b.press("x")
			b.becomes(text("#shown"), "Nobody found. The search looks at how usernames, addresses, names and surnames begin.")
			b.is(value("q"), "hoppx")
			b.press(kb.Backspace)
			b.becomes(text("#shown"), "1 person is shown.")
			b.becomes(address, "/admin/people?q=hopp")
			b.is(focused, "q")
			b.follow(func() { b.script(`location.reload()`) })
			b.is(text(".rows .username"), "grace")
		})
	}
}
