package handlers

import (
	"net/http"
	"strings"

	"gatehouse/components"
)

// cookieMarker marks the address after a form that arrived without cookies and whose answer
// sets one. If the next request has none, the browser blocks cookies and a page says so.
// Otherwise the marker is removed at once.
const cookieMarker = "cookies=needed"

// hasCookies says whether a request has any cookie of this site.
func (s *Site) hasCookies(r *http.Request) bool {
	ours := []string{sessionCookie, deviceCookie, themeCookie, pendingCookie, zoneCookie}
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

// withCookieMarker is the path after a form, with the marker if cookies must be checked.
func (s *Site) withCookieMarker(r *http.Request, path string) string {
	if r.Method != post || !scopeOf(r).needsCookies || s.hasCookies(r) {
		return path
	}
	if strings.Contains(path, "?") {
		return path + "&" + cookieMarker
	}
	return path + "?" + cookieMarker
}

// checkCookies answers a request with the marker in its address.
func (s *Site) checkCookies(w http.ResponseWriter, r *http.Request) error {
	if s.hasCookies(r) {
		path := strings.TrimSuffix(strings.TrimSuffix(r.URL.RequestURI(), cookieMarker), "&")
		return s.Redirect(w, r, s.back(strings.TrimSuffix(path, "?")))
	}
	if r.URL.Path == verifyPage.path {
		return s.showNoCookies(w, r, http.StatusOK, components.CookiesToOpen)
	}
	return s.showNoCookies(w, r, http.StatusOK, components.CookiesToSignIn)
}

func (s *Site) showNoCookies(w http.ResponseWriter, r *http.Request, status int, advice string) error {
	page := s.page(r, components.CookielessTitle)
	page.Indexed = false
	return s.show(w, r, status, page, components.NoCookies(advice))
}
