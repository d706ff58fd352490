package main

import "testing"

// That something is saved is said at the heading, until something else is typed, and nothing moves for it.
func TestBrowserSavedIsSaidAtTheHeading(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.signIn(ada)
	b.open("/account/profile")
	heading, field := b.box("h1"), b.box("#name")
	b.follow(func() { b.clickOn("main button.submit") })
	b.arrive("/account/profile")
	b.is(text(".panel > .flash[role=status]"), "Saved.")
	if saved := b.box(".flash"); saved.Top > heading.Bottom || saved.Left < heading.Left {
		t.Errorf("it is said at %+v, the heading is %+v", saved, heading)
	}
	if now := b.box("#name"); now != field {
		t.Errorf("the field was at %+v and is at %+v", field, now)
	}
	b.write("name", "Augusta")
	b.until("getComputedStyle(document.querySelector('.flash')).visibility === 'hidden'")
	if now := b.box("#name"); now != field {
		t.Errorf("the field was at %+v and is at %+v", field, now)
	}
}
