package handlers

import (
	"net/http"
	"strings"

	"gatehouse/components"
)

// cookieMarker is in the query of the page after a form that was sent without any
// cookie and answered with one. If none comes back the browser keeps none, and
// the person is told. Otherwise the address loses it at once.
const cookieMarker = "cookies=needed"

// hasCookies says whether a request brings any cookie of ours.
func (s *Site) hasCookies(r *http.Request) bool {
	ours := []string{sessionCookie, deviceCookie, themeCookie, pendingCookie}
	for _, p := range linkPages {
		ours = append(ours, p.cookie)
	}
	for _, name := range ours {
		if len(r.CookiesNamed(s.cookieName(name))) > 0 || len(r.CookiesNamed(s.formerName(name))) > 0 {
			return true
		}
	}
	return false
}

// marked is where a form leads on to, with the marker where that has to be found out.
func (s *Site) marked(r *http.Request, path string) string {
	if r.Method != post || !scopeOf(r).needsCookies || s.hasCookies(r) {
		return path
	}
	if strings.Contains(path, "?") {
		return path + "&" + cookieMarker
	}
	return path + "?" + cookieMarker
}

// unmark answers a page with the marker in its address.
func (s *Site) unmark(w http.ResponseWriter, r *http.Request) error {
	if s.hasCookies(r) {
		path := strings.TrimSuffix(strings.TrimSuffix(r.URL.RequestURI(), cookieMarker), "&")
		return s.Redirect(w, r, s.back(strings.TrimSuffix(path, "?")))
	}
	if r.URL.Path == verifyPage.path {
		return s.showNoCookies(w, r, http.StatusOK, blockedLink)
	}
	return s.showNoCookies(w, r, http.StatusOK, blockedSignIn)
}

// What people whose browser keeps no cookies can do.
const (
	blockedSignIn = "Allow cookies for this site, then sign in again."
	blockedLink   = "Allow cookies for this site, then open the link in the email again."
)

func (s *Site) showNoCookies(w http.ResponseWriter, r *http.Request, status int, advice string) error {
	page := s.page(r, "Your browser keeps no cookies")
	page.Indexed = false
	return s.show(w, r, status, page, components.NoCookies(advice))
}
