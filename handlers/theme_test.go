package handlers

import (
	"net/http"
	"net/url"
	"testing"
)

func TestAThemeIsKept(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		worn := func(path string) string {
			return v.get(path).is(200).Find("html").AttrOr("data-bs-theme", "auto")
		}
		if got := worn("/"); got != "auto" {
			t.Errorf("before any choice the theme is %s", got)
		}
		for _, theme := range []string{"dark", "light", "auto", "dark"} {
			answer := v.post("/theme", url.Values{"theme": {theme}, "next": {"/login?next=%2Faccount"}})
			if v.htmx {
				if answer.is(204).header.Get("HX-Redirect") != "" {
					t.Error("htmx is sent away, and what was typed is lost")
				}
			} else {
				answer.goesTo("/login?next=%2Faccount")
			}
			if got := worn("/register"); got != theme {
				t.Errorf("the theme is %s, want %s", got, theme)
			}
			if got := v.get("/").Find(".theme [aria-pressed=true]").AttrOr("value", ""); got != theme {
				t.Errorf("the pressed button is %s, want %s", got, theme)
			}
		}
		v.registers()
		if got := worn("/account"); got != "dark" {
			t.Errorf("after registering the theme is %s, want dark", got)
		}
		for _, theme := range []string{"", "neon", "<script>"} {
			v.post("/theme", url.Values{"theme": {theme}}).is(400)
		}
		if h.rows(t, "sessions") != 1 {
			t.Error("choosing a theme made a session")
		}
	})
}

func TestRED01AThemeLeadsBackToThisSite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, next := range outside {
		answer := h.visitor(t).post("/theme", url.Values{"theme": {"dark"}, "next": {next}})
		if got := answer.destination(); got != "/" && got != "/login" && got != "/login?next=/login" && got != "/register" {
			t.Errorf("next=%q leads to %q", next, got)
		}
		cookies := (&http.Response{Header: answer.header}).Cookies()
		if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode {
			t.Errorf("the cookies are %v", cookies)
		}
	}
}

func TestAnOddThemeCookieIsAuto(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.header.Set("Cookie", h.cookieName(themeCookie)+`="><script>`)
	if got := v.get("/").hides("<script>").Find("html").AttrOr("data-bs-theme", "auto"); got != "auto" {
		t.Errorf("the theme is %q", got)
	}
}
