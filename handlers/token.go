package handlers

import (
	"crypto/rand"
	"errors"
	"net/http"
	"regexp"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// Cookies that hold the token of a link between its page and its button, and
// the one of a browser whose registration waits to be confirmed.
const (
	verifyCookie  = "verify"
	resetCookie   = "reset"
	undoCookie    = "undo"
	inviteCookie  = "invite"
	pendingCookie = "pending"
)

// tokenLasts is how long a token stays in its cookie.
const tokenLasts = 10 * time.Minute

// linkToken is at least the shape of a token.
var linkToken = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// takeToken takes the token of a link out of the address, so that it stays in
// no history and no log, and goes on to the page. It neither looks at the
// token nor uses it: mail scanners open links too.
func (s *Site) takeToken(cookie, page string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := chi.URLParam(r, "token")
		if !linkToken.MatchString(token) {
			token = "-"
		}
		s.keepToken(w, cookie, token, tokenLasts)
		return s.redirect(w, r, page)
	}
}

func (s *Site) keepToken(w http.ResponseWriter, name, token string, lasts time.Duration) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Value: token, Path: "/", MaxAge: int(lasts / time.Second),
		HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteLaxMode,
	})
}

func (s *Site) dropToken(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{
		Name: s.cookieName(name), Path: "/", MaxAge: -1, HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteLaxMode,
	})
}

// token is what a cookie of a link holds, or empty.
func (s *Site) token(r *http.Request, name string) string {
	cookie, err := r.Cookie(s.cookieName(name))
	if err != nil || !linkToken.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// browser is the token of the browser whose registration waits, or empty.
func (s *Site) browser(r *http.Request) string {
	cookie, err := r.Cookie(s.cookieName(pendingCookie))
	if err != nil || !deviceToken.MatchString(cookie.Value) {
		return ""
	}
	return cookie.Value
}

// newBrowser returns that token, a new one where there is none.
func (s *Site) newBrowser(r *http.Request) string {
	if token := s.browser(r); token != "" {
		return token
	}
	return rand.Text()
}

// linked runs what needs the token of a link, within the limit for tokens that
// are not good. Whatever is wrong with the token, the answer is the same page.
func (s *Site) linked(cookie string, do func(w http.ResponseWriter, r *http.Request, token string) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := s.token(r, cookie)
		if token == "" {
			return s.stale(w, r, cookie)
		}
		from := source(r)
		if err := spend(s.budgets.links, from); err != nil {
			return err
		}
		err := do(w, r, token)
		if errors.Is(err, store.ErrLink) {
			return s.stale(w, r, cookie)
		}
		s.budgets.links.giveBack(from)
		return err
	}
}

func (s *Site) stale(w http.ResponseWriter, r *http.Request, cookie string) error {
	if isCheck(r) {
		return sayNothing(w)
	}
	s.dropToken(w, cookie)
	page := s.page(r, "This link does not work")
	return s.show(w, r, http.StatusUnprocessableEntity, page, components.StaleLink(page.User))
}
