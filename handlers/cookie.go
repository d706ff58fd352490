package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"time"
)

// Cookies other than the session cookie.
const (
	// deviceCookie outlives sign-outs and grants no access. It only identifies a browser in
	// which somebody has signed in before, so that guesses from elsewhere cannot lock them out.
	deviceCookie = "device"
	themeCookie  = "theme"
	// pendingCookie identifies the browser of a registration whose address is not verified yet.
	pendingCookie = "pending"
	// ceremonyCookie identifies the browser that begins to sign in with a passkey, so that no other can end it.
	ceremonyCookie = "ceremony"
)

const (
	sessionCookie = "sid"
	// cookiesMax is how many cookies of one name are read. There can be several if other
	// programs share the host.
	cookiesMax = 3
)

// browserToken is the shape of what crypto/rand.Text makes: 130 bits in base32.
var browserToken = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// cookieName is the name of a cookie at a site. Over https a prefix binds it to this exact host
// (RFC 6265bis, 4.1.3.2). Browsers share the cookies of localhost between ports, so there the
// name includes the port.
func cookieName(name string, base *url.URL) string {
	if base.Scheme == "https" {
		return "__Host-" + name
	}
	return name + "-" + cmp.Or(base.Port(), "80")
}

func (s *Site) cookieName(name string) string { return cookieName(name, s.BaseURL) }

// formerName is the name that a cookie had in the previous release, or empty if it has not
// changed. Such cookies are still read. The next release removes this.
func (s *Site) formerName(name string) string {
	if s.https() {
		return ""
	}
	return name
}

// setCookie stores a value in the browser, where scripts cannot read it.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, lasts time.Duration) {
	s.writeCookie(w, s.cookieName(name), value, int(lasts/time.Second))
}

// dropCookie makes the browser delete a cookie. The one under its former name is deleted only
// if its value is valid: another program on the host may use that name.
func (s *Site) dropCookie(w http.ResponseWriter, r *http.Request, name string, valid func(string) bool) {
	s.writeCookie(w, s.cookieName(name), "", -1)
	former := s.formerName(name)
	if cookie, err := r.Cookie(former); former != "" && err == nil && valid(cookie.Value) {
		s.writeCookie(w, former, "", -1)
	}
}

func (s *Site) writeCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge,
		HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteLaxMode,
	})
}

// cookies are the valid values of the cookies of one name, those under its current name first.
// Another program on the same host may have set some of them.
func (s *Site) cookies(r *http.Request, name string, valid func(string) bool) []string {
	var values []string
	for _, name := range []string{s.cookieName(name), s.formerName(name)} {
		if name == "" {
			continue
		}
		for _, cookie := range r.CookiesNamed(name) {
			if valid(cookie.Value) && len(values) < cookiesMax && !slices.Contains(values, cookie.Value) {
				values = append(values, cookie.Value)
			}
		}
	}
	return values
}

// cookie is the first valid value of a cookie, or empty.
func (s *Site) cookie(r *http.Request, name string, valid func(string) bool) string {
	if values := s.cookies(r, name, valid); len(values) > 0 {
		return values[0]
	}
	return ""
}

// device is the token of a browser in which somebody has signed in, or empty.
func (s *Site) device(r *http.Request) string {
	return s.cookie(r, deviceCookie, browserToken.MatchString)
}

// browser is the token of a browser with a pending registration, or empty.
func (s *Site) browser(r *http.Request) string {
	return s.cookie(r, pendingCookie, browserToken.MatchString)
}

// sessionTokens are the tokens of the sessions that a request may belong to.
func (s *Site) sessionTokens(r *http.Request) []string { return s.cookies(r, sessionCookie, isToken) }

// tokenLength is the length of session and link tokens: 256 bits in base64url.
const tokenLength = 43

// isToken says whether text has the shape of the token of a session or a link.
func isToken(text string) bool {
	if len(text) != tokenLength {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}
