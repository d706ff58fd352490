package main

import (
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

const firstTime = `document.querySelector("main time").title.replace(/.*\d /, "")`

// zoneIsKept waits for the script of the page, and for the browser, which stores cookies when it likes.
const zoneIsKept = `cookieStore.getAll().then((all) => all.some(({name}) => name.startsWith("zone-")))`

// The first page of a browser says UTC and the next its own zone, Without
// script it stays UTC until its person chooses.
func TestBrowserTimesAreThoseOfTheBrowser(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			command(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"})
			b.enter(ada)
			b.open("/account/signins")
			b.is(firstTime, "UTC")
			if !b.plain {
				b.until(zoneIsKept)
			}
			b.open("/account/signins")
			want := "UTC+5:45"
			if b.plain {
				want = "UTC"
			}
			b.is(firstTime, want)
			b.open("/account/profile")
			b.script(`document.getElementById("zone").value = "Asia/Tokyo"`)
			b.follow(func() { b.clickOn("#times button") })
			b.arrive("/account/profile")
			b.open("/account/signins")
			b.is(firstTime, "JST")
		})
	}
}

// From the second page on times are drawn in the zone of the reader by the server, so nothing is written anew and
// nothing moves.
func TestBrowserTimesInTheZoneOfTheReaderKeepStill(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	command(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Kathmandu"})
	b.signIn(ada)
	b.until(zoneIsKept)
	for _, width := range []int64{wide, phone} {
		b.window(width, 1200)
		for path, said := range map[string]string{"/account": `time[title$="UTC+5:45"]`, "/account/signins": `time[title$="UTC+5:45"]`, "/account/activity": `p:has(a[href$="#times"])`} {
			b.open(path)
			b.watchShifts()
			b.until(`document.querySelector("main ` + strings.ReplaceAll(said, `"`, `\"`) + `").outerHTML.includes("UTC+5:45")`)
			b.keepsStill()
		}
	}
}

// Of all cookies only the zone is readable by scripts, because one writes it.
func TestBrowserZoneIsTheOneCookieOfAScript(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	command(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Europe/Berlin"})
	b.open("/login")
	b.signIn(ada)
	b.until(zoneIsKept)
	b.is(`cookieStore.getAll().then((all) => all.map(({name, value}) => name.replace(/\d+/, "") + value).join())`, "zone-Europe/Berlin")
}
