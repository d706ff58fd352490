package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"gatehouse/components"
)

// themeLasts is how long the choice of a theme is remembered.
const themeLasts = 365 * 24 * time.Hour

// chooseTheme stores the choice in its own cookie, because visitors without a session choose
// too. htmx only needs to know that it was stored: the page changes in place, and nothing typed
// is lost.
func (s *Site) chooseTheme(w http.ResponseWriter, r *http.Request) error {
	theme := r.PostForm.Get("theme")
	if !isTheme(theme) {
		return components.Unreadable
	}
	if theme == components.ThemeAuto {
		s.dropCookie(w, r, themeCookie, isTheme)
	} else {
		s.setCookie(w, themeCookie, theme, themeLasts)
	}
	if partial(r) {
		return noContent(w)
	}
	return s.Redirect(w, r, s.back(r.PostForm.Get("next")))
}

// theme is what the visitor chose, or auto.
func (s *Site) theme(r *http.Request) string {
	return cmp.Or(s.cookie(r, themeCookie, isTheme), components.ThemeAuto)
}

func isTheme(value string) bool { return slices.Contains(components.Themes, value) }
