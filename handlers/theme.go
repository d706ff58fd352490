package handlers

import (
	"cmp"
	"net/http"
	"slices"
	"time"

	"gatehouse/components"
)

// themeLasts is how long a choice of theme is kept.
const themeLasts = 365 * 24 * time.Hour

// chooseTheme keeps the choice in a cookie of its own, because visitors
// without a session choose as well. htmx only wants to know that it was kept:
// the page changes where it stands, and nothing typed is lost.
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
		return sayNothing(w)
	}
	return s.Redirect(w, r, s.back(r.PostForm.Get("next")))
}

// theme is what the visitor chose, or auto.
func (s *Site) theme(r *http.Request) string {
	return cmp.Or(s.cookie(r, themeCookie, isTheme), components.ThemeAuto)
}

func isTheme(value string) bool { return slices.Contains(components.Themes, value) }
