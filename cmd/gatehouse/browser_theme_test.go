package main

import (
	"testing"

	"gatehouse/components"
)

const (
	worn   = `document.documentElement.dataset.bsTheme ?? "auto"`
	chosen = `document.querySelector(".theme [aria-pressed=true]").value`
	ground = `getComputedStyle(document.body).backgroundColor`
	// bars is the colour of the browser's own bars: the first that applies.
	bars = `[...document.querySelectorAll("meta[name=theme-color]")].find(m => !m.media || matchMedia(m.media).matches).content`
)

func TestBrowserThemeIsKeptAndLosesNothing(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := mode.open(t, serveProgram(t))
			b.view(wide, light)
			b.open("/register?next=%2Faccount")
			byDay := ask[string](b, ground)
			b.write("name", "Ada Lovelace")
			if b.plain {
				b.follow(func() { b.clickOn(".theme [value=dark]") })
				b.arrive("/register?next=%2Faccount")
			} else {
				b.clickOn(".theme [value=dark]")
				b.becomes(worn, "dark")
				b.is(value("name"), "Ada Lovelace")
			}
			b.is(worn, "dark")
			b.is(chosen, "dark")
			b.is(bars, components.EveningGround)
			if got := ask[string](b, ground); got == byDay {
				t.Errorf("the ground is %s in both themes", got)
			}
			b.open("/login")
			b.is(worn, "dark")
			b.view(wide, dark)
			if b.plain {
				b.follow(func() { b.clickOn(".theme [value=light]") })
			} else {
				b.clickOn(".theme [value=light]")
			}
			b.becomes(worn, "light")
			b.is(ground, byDay)
			b.is(bars, components.DayGround)
			b.open("/")
			b.is(worn, "light")
			b.is(chosen, "light")
			b.is(bars, components.DayGround)
		})
	}
}
