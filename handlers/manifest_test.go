package handlers

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"gatehouse/components"
)

// Somebody puts the site on their home screen and finds its name and icons, which are there.
func TestTheManifestHasTheNameAndIconsOfTheSite(t *testing.T) {
	t.Parallel()
	const name = `Quill & "Ink"`
	h := newHouse(t, func(s *Site) { s.Name = name })
	v := h.visitor(t)
	answer := v.get("/manifest.webmanifest").is(200)
	if got := answer.header.Get("Content-Type"); got != "application/manifest+json; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	var got struct {
		Name, Display string
		StartURL      string `json:"start_url"`
		Icons         []struct{ Src, Sizes, Purpose string }
	}
	if err := json.Unmarshal([]byte(answer.body), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != name || got.StartURL != "/" || got.Display != "browser" {
		t.Errorf("the manifest is %+v", got)
	}
	var icons []string
	for _, icon := range got.Icons {
		icons = append(icons, icon.Sizes+icon.Purpose)
		if file := v.get(icon.Src).is(200); file.header.Get("Content-Type") != "image/png" {
			t.Errorf("%s is %q", icon.Src, file.header.Get("Content-Type"))
		}
	}
	if want := "192x192 512x512 512x512maskable"; strings.Join(icons, " ") != want {
		t.Errorf("the icons are %v, want %s", icons, want)
	}
	v.get("/apple-touch-icon.png").is(200)
}

// A browser fetches the manifest with each page that names it, so it is spared to whoever only passes.
func TestOnlyTheFrontPageOfMembersNamesTheManifest(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	for path, want := range map[string]int{"/login": 0, "/": 0, "/nowhere": 0} {
		if got := v.get(path).Find("link[rel=manifest]").Length(); got != want {
			t.Errorf("%s names the manifest %d times to a stranger, want %d", path, got, want)
		}
	}
	v.registers()
	for path, want := range map[string]string{"/": "/manifest.webmanifest", "/account": ""} {
		if got := v.get(path).Find("link[rel=manifest]").AttrOr("href", ""); got != want {
			t.Errorf("%s names %q to a member, want %q", path, got, want)
		}
	}
}

// Other sites show a card beside a link to a page that is listed, and of no other page.
func TestListedPagesHaveAShareCard(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail, func(s *Site) { s.BaseURL, _ = url.Parse("https://accounts.example.org") })
	v := h.visitor(t)
	v.client.Jar = secureJar{v.client.Jar}
	says := func(p *page, property string) string {
		return p.Find(`meta[property="og:`+property+`"]`).AttrOr("content", "")
	}
	for _, path := range listed {
		p := v.get(path).is(200)
		if got := says(p, "title"); got == "" || got != p.Find("title").Text() {
			t.Errorf("%s: the title of the card is %q", path, got)
		}
		if got := says(p, "description"); got == "" || got != p.Find("meta[name=description]").AttrOr("content", "") {
			t.Errorf("%s: the description of the card is %q", path, got)
		}
		if got := says(p, "site_name"); got != h.Name {
			t.Errorf("%s: the site of the card is %q", path, got)
		}
		image, ours := strings.CutPrefix(says(p, "image"), "https://accounts.example.org/assets/card.")
		if !ours {
			t.Fatalf("%s: the card is %q", path, says(p, "image"))
		}
		v.get("/assets/card." + image).is(200)
	}
	for _, path := range []string{"/password/forgot", "/nowhere"} {
		if got := v.get(path).Find(`meta[property^="og:"]`).Length(); got != 0 {
			t.Errorf("%s says %d things about itself to other sites", path, got)
		}
	}
}

// The browser's bars have the colour of the theme that was chosen, whatever the system's is.
func TestTheColourOfTheBrowsersBarsFollowsTheTheme(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for theme, want := range map[string]string{
		components.ThemeAuto: "(prefers-color-scheme: light)", components.ThemeLight: "all", components.ThemeDark: "not all",
	} {
		v := h.visitor(t)
		v.post("/theme", url.Values{"theme": {theme}, "next": {"/login"}}).is(303)
		metas := v.get("/login").Find("meta[name=theme-color]")
		day, evening := metas.Eq(0), metas.Eq(1)
		if day.AttrOr("media", "") != want || day.AttrOr("content", "") != components.DayGround {
			t.Errorf("%s: the first colour is %s for %q, want the day for %q", theme, day.AttrOr("content", ""), day.AttrOr("media", ""), want)
		}
		if _, conditional := evening.Attr("media"); conditional || evening.AttrOr("content", "") != components.EveningGround {
			t.Errorf("%s: the second colour is %s, conditional %v", theme, evening.AttrOr("content", ""), conditional)
		}
	}
}
