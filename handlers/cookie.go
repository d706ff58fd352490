package handlers

import (
	"net/http"
	"regexp"
	"time"
)

// Cookies beside that of the session.
const (
	// deviceCookie outlives sign-outs and opens nothing: it only tells apart who
	// has signed in here before, so that guesses from elsewhere cannot lock them out.
	deviceCookie = "device"
	themeCookie  = "theme"
	// These hold the token of a link between its page and its button.
	verifyCookie = "verify"
	resetCookie  = "reset"
	undoCookie   = "undo"
	inviteCookie = "invite"
	// pendingCookie is that of a browser whose registration waits to be confirmed.
	pendingCookie = "pending"
)

var (
	// linkToken is at least the shape of the token of a link.
	linkToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	// browserToken is the shape of what crypto/rand.Text makes: 130 bits in base32.
	browserToken = regexp.MustCompile(`^[A-Z2-7]{26}$`)
)

// cookieName gives a cookie the prefix that binds it to this very host, which
// browsers accept over https only.
func cookieName(name string, https bool) string {
	if https {
		return "__Host-" + name
	}
	return name
}

func (s *Site) cookieName(name string) string { return cookieName(name, s.https()) }

// setCookie keeps a value in the browser, where no script finds it.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	s.writeCookie(w, name, value, int(lasts/time.Second))
}

// dropCookie has the browser forget a cookie.
func (s *Site) dropCookie(w http.ResponseWriter, name string) { s.writeCookie(w, name, "", -1) }

func (s *Site) writeCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteLaxMode,
	})
}

// cookie is the value of a cookie if it has that shape, and otherwise empty.
func (s *Site) cookie(r *http.Request, name string, shape *regexp.Regexp) string {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil || !shape.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// device is the token of a browser in which somebody has signed in, or empty.
func (s *Site) device(r *http.Request) string { return s.cookie(r, deviceCookie, browserToken) }

// browser is the token of a browser whose registration waits, or empty.
func (s *Site) browser(r *http.Request) string { return s.cookie(r, pendingCookie, browserToken) }
