package handlers

import (
	"errors"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// tokenLasts is how long a token stays in its cookie.
const tokenLasts = 10 * time.Minute

// takeToken takes the token of a link out of the address, so that it stays in
// no history and no log, and goes on to the page. It neither looks at the
// token nor uses it: mail scanners open links too.
func (s *Site) takeToken(cookie, page string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := chi.URLParam(r, "token")
		if !linkToken.MatchString(token) {
			token = "-"
		}
		s.setCookie(w, cookie, token, tokenLasts)
		return s.redirect(w, r, page)
	}
}

// linked runs what needs the token of a link, within the limit for tokens that
// are not good. Whatever is wrong with the token, the answer is the same page.
func (s *Site) linked(cookie string, do func(w http.ResponseWriter, r *http.Request, token string) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		token := s.cookie(r, cookie, linkToken)
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
	s.dropCookie(w, cookie)
	page := s.page(r, "This link does not work")
	return s.show(w, r, http.StatusUnprocessableEntity, page, components.StaleLink(page.User))
}
