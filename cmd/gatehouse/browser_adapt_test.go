package main

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// Drawings keep their colours in forced ones, and those of a theme that was chosen may be dark on dark.
func TestBrowserForcedColoursReachWhatIsDrawn(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.signIn(ada)
	b.clickOn(".theme [value=light]")
	b.becomes("document.documentElement.dataset.bsTheme", "light")
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}, {Name: "prefers-color-scheme", Value: "dark"}},
	})
	b.open("/account/activity")
	for _, drawn := range []string{`getComputedStyle(document.querySelector(".logo path")).fill`, `getComputedStyle(document.querySelector(".entry-mark")).stroke`} {
		b.is(drawn+` === getComputedStyle(document.querySelector("h1")).color ? "" : `+drawn, "")
	}
	b.open("/account/signins")
	b.is(`getComputedStyle(document.querySelector(".tag")).borderTopColor === getComputedStyle(document.querySelector("h1")).color ? "" : "no border"`, "")
}

// On paper nothing can be pressed, and a time stays true.
func TestBrowserPaperSaysWhenAndOffersNothing(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.signIn(ada)
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
	for _, path := range []string{"/", "/account", "/account/signins", "/account/activity", "/nowhere"} {
		if path == "/nowhere" {
			b.report.expect("status of 404")
		}
		b.open(path)
		b.is(`[...document.querySelectorAll("button, .btn, .picture, nav")].filter(e => e.checkVisibility()).map(e => e.outerHTML).join()`, "")
		b.is(`[...document.querySelectorAll("main time[title]")].filter(e => !/\d{4}/.test(e.title) || !getComputedStyle(e, "::after").content.includes("(")).map(e => e.outerHTML).join()`, "")
	}
	b.is(`getComputedStyle(document.body).backgroundColor`, "rgb(255, 255, 255)")
}
