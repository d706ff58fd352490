package main

import "testing"

func TestBrowserThemeStaysChosen(t *testing.T) {
	t.Parallel()
	const ground = "getComputedStyle(document.body).backgroundColor"
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := mode.open(t, serveProgram(t))
			b.view(wide, dark)
			b.open("/login?next=%2Faccount")
			evening := ask[string](b, ground)
			b.view(wide, light)
			day := ask[string](b, ground)
			if day == evening {
				t.Errorf("by day and by night: got the same ground, %s", day)
			}
			b.write("username", "ada")
			b.choose("dark")
			b.becomes(ground, evening)
			if !b.plain {
				b.is(value("username"), "ada")
			}
			b.open("/register")
			b.is(ground, evening)
			b.choose("light")
			b.becomes(ground, day)
			b.view(wide, dark)
			b.is(ground, day)
			b.choose("auto")
			b.becomes(ground, evening)
			b.is(address, "/register")
		})
	}
}

// choose takes a theme and waits until its button says that it is chosen.
func (b *tab) choose(theme string) {
	b.t.Helper()
	act := func() { b.clickOn(".theme [value=" + theme + "]") }
	if b.plain {
		b.follow(act)
	} else {
		act()
	}
	b.becomes(`[...document.querySelectorAll(".theme [aria-pressed=true]")].map(e => e.value).join()`, theme)
}
