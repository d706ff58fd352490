package handlers

import (
	"context"
	"net/http"
	"net/url"

	"gatehouse/store"
)

// guard states who may use a route.
type guard int

const (
	// unstated is the mistake of saying nothing.
	unstated guard = iota
	// static routes know nothing of sessions and never touch the database,
	// readyz excepted.
	static
	// everyone may use the route.
	everyone
	// visitors only: who is signed in is sent on.
	visitors
	// members only: who is not signed in is asked to, and then comes back.
	members
)

// AnswerWait is how long a page may take altogether: the wait for the password
// gate, and as much again for a database that is slow to answer.
const AnswerWait = 2 * store.GateWait

// dynamic wraps a handler in what every page needs: its form, the session, the
// current user, and its guard.
func (s *Site) dynamic(g guard, do handler) http.HandlerFunc {
	return s.serve(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Cookie, HX-Request, HX-Request-Type")
		ctx, cancel := context.WithTimeout(r.Context(), s.AnswerWait)
		defer cancel()
		r, err := s.load(r.WithContext(ctx))
		if err != nil {
			return err
		}
		if r.Method == post {
			if err := readForm(r); err != nil {
				return err
			}
		}
		user := visitOf(r).user
		switch {
		case g == members && user == nil:
			return s.redirect(w, r, s.loginPath(r))
		case g == visitors && user != nil:
			return s.alreadySignedIn(w, r)
		}
		return do(w, r)
	})
}

// loginPath leads to sign-in and back to the page that was asked for.
func (s *Site) loginPath(r *http.Request) string {
	next := s.next(r.URL.RequestURI())
	if r.Method == post || next == "/" {
		return "/login"
	}
	return "/login?" + url.Values{"next": {next}}.Encode()
}

// alreadySignedIn sends a signed-in person on from a page for visitors. What
// was posted is not acted upon: an identity never changes without a sign-out.
func (s *Site) alreadySignedIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if r.Method == post {
		next = r.PostForm.Get("next")
		s.flash(r, "You are signed in already, as "+visitOf(r).user.Username+". Sign out first to use another account.")
	}
	return s.redirect(w, r, s.next(next))
}
