package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// inZone has the browser send a zone, as site.js does.
func (v *visitor) inZone(h *house, zone string) {
	v.header.Set("Cookie", h.cookieName(zoneCookie)+"="+zone)
}

// exact is the first time on a page in full.
func (p *page) exact() string { return p.Find("main time").First().AttrOr("title", "") }

// Whoever told nothing reads UTC; then the browser's zone counts, and what they chose before it.
func TestTimesAreSaidInTheZoneOfTheReader(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		reads := func(zone string) {
			t.Helper()
			location, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			page := v.get("/account/signins").is(200)
			if got, want := page.exact(), h.clock.Now().In(location).Format("2 January 2006, 15:04"); !strings.HasPrefix(got, want) {
				t.Errorf("the time is %q, want %q in %s", got, want, zone)
			}
			if got, want := page.Find("main time").AttrOr("datetime", ""), h.clock.Now().UTC().Format("2006-01-02T15:04Z"); got != want {
				t.Errorf("for machines it is %q, want %q", got, want)
			}
		}
		reads("UTC")
		v.inZone(h, "Asia/Kathmandu")
		reads("Asia/Kathmandu")
		v.post("/account/profile/zone", url.Values{"zone": {"America/New_York"}}).goesTo("/account/profile")
		reads("America/New_York")
		if got := v.get("/account/profile").Find("#zone option[selected]").AttrOr("value", ""); got != "America/New_York" {
			t.Errorf("the page shows %q as chosen", got)
		}
		v.post("/account/profile/zone", url.Values{"zone": {""}}).goesTo("/account/profile")
		reads("Asia/Kathmandu")
		v.get("/account/profile").says("As my browser says: Asia/Kathmandu")
	})
}

func TestINJ08AZoneIsAName(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, zone := range []string{"Local", "", "../../etc/passwd", "Europe/Nowhere", "Europe/<b>", strings.Repeat("A", 5000)} {
			v.inZone(h, zone)
			page := v.get("/account/profile").is(200)
			if zone != "" && strings.Contains(page.body, zone) {
				t.Errorf("the page repeats %q", zone)
			}
			if got := v.get("/account/signins").is(200).exact(); !strings.HasSuffix(got, " UTC") {
				t.Errorf("with %q the time is %q", zone, got)
			}
			if zone == "" {
				continue
			}
			v.post("/account/profile/zone", url.Values{"zone": {zone}}).is(400)
		}
		if got := h.user(t, "ada").Zone; got != "" {
			t.Errorf("%q was kept", got)
		}
		v.header.Set("Cookie", fmt.Sprintf("%[1]s=Local; %[1]s=Europe/Berlin", h.cookieName(zoneCookie)))
		if got := v.get("/account/signins").is(200).exact(); !strings.Contains(got, " CE") {
			t.Errorf("with two cookies the time is %q", got)
		}
	})
}

// Pages that are drawn once for all visitors know no zone, so they may say no time.
func TestCachedPagesSayNoTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	clock := regexp.MustCompile(`\d\d:\d\d`)
	for _, r := range h.routes() {
		if r.drawing != cached {
			continue
		}
		page := h.visitor(t).get(r.path).is(200)
		if page.Find("time").Length() > 0 || clock.MatchString(page.Find("body").Text()) {
			t.Errorf("%s says a time", r.path)
		}
		here := http.Header{"Cookie": {h.cookieName(zoneCookie) + "=Asia/Kathmandu"}}
		if a, b := h.ask(get, r.path, nil).Body.String(), h.ask(get, r.path, here).Body.String(); a != b {
			t.Errorf("%s is another page in Kathmandu", r.path)
		}
	}
}

// A letter says times in the zone that its reader chose, or else in that of the browser with which it happened.
func TestLettersSayTimesInTheZoneOfTheirReader(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.inZone(h, "Asia/Kathmandu")
		user := h.confirms(t, "ada")
		v.signsIn()
		choose := func(zone string) {
			t.Helper()
			if err := h.Store.ChooseZone(t.Context(), user, zone); err != nil {
				t.Fatal(err)
			}
		}
		says := func(zone string, cause func()) {
			t.Helper()
			before := len(h.letters(t))
			cause()
			location, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			letters, want := h.letters(t), h.clock.Now().In(location).Format("2 January 2006, 15:04")
			if len(letters) != before+1 || !strings.Contains(letters[0].Text, want) {
				t.Errorf("%d new letters, want one that says %s: %s", len(letters)-before, want, letters[0].Text)
			}
		}
		choose("America/New_York")
		thief := v.another()
		thief.inZone(h, "Europe/Moscow")
		says("America/New_York", func() { thief.signsIn() })
		choose("")
		says("Asia/Kathmandu", func() {
			v.post("/account/password", url.Values{"current": {storetest.Password}, "password": {newPassword}}).goesTo("/account")
		})
	}, withMail)
}
