package handlers

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// Guard states who may use a route: an audience, and what it asks of members. What
// it asks is a set, so guards combine.
type Guard struct {
	who audience
	// verified asks for a verified email address. Others are told how to verify it.
	verified bool
	// recent asks members to have proved recently who they are. Others are asked to
	// do so, and then come back. What was posted is not acted upon.
	recent bool
	// allow is a product's own condition on members, or nil.
	allow *func(store.User) bool
}

// audience is whom a route is for.
type audience int

const (
	// unstated is the mistake of saying nothing.
	unstated audience = iota
	// forPrograms routes know nothing of sessions and never touch the database,
	// readyz excepted.
	forPrograms
	// forEveryone is for all.
	forEveryone
	// forVisitors is for whoever is not signed in: others are sent on.
	forVisitors
	// forMembers is for whoever is signed in: others are asked to, and then come back.
	forMembers
)

// The guards of the table of routes.
var (
	static   = Guard{who: forPrograms}
	Everyone = Guard{who: forEveryone}
	visitors = Guard{who: forVisitors}
	Members  = Guard{who: forMembers}
	Verified = Guard{who: forMembers, verified: true}
	Recent   = Guard{who: forMembers, recent: true}
)

// And asks for what both ask.
func (g Guard) And(other Guard) Guard {
	return Guard{max(g.who, other.who), g.verified || other.verified, g.recent || other.recent, cmp.Or(g.allow, other.allow)}
}

// leadsBack says whether somebody who signs in may be sent to such a page: it is one
// for them, and not what belongs to a page.
func (g Guard) leadsBack() bool { return g.who == forEveryone || g.who == forMembers }

// AnswerWait is how long a page may take altogether: the wait for the password
// gate, and as much again for a database that is slow to answer.
const AnswerWait = 2 * secret.GateWait

// dynamic wraps a handler in what every page needs: its form, the session, the
// current user, and its guard.
func (s *Site) dynamic(g Guard, do handler) http.HandlerFunc {
	return s.serve(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Cookie, HX-Request, HX-Request-Type")
		var unread error
		if r.Method == post {
			// First, because a body can take its time: what it asks for is done by
			// whoever is signed in when all of it has come.
			unread = readForm(r)
		}
		ctx, end := withPatience(r.Context(), s.AnswerWait)
		defer end()
		r, err := s.load(ctx, r)
		if err != nil {
			return err
		}
		switch {
		case unread != nil:
			return unread
		case r.Method != post && strings.HasSuffix(r.URL.RawQuery, cookieMarker):
			return s.unmark(w, r)
		}
		err = s.guarded(g, do)(w, r)
		if errors.Is(err, store.ErrSignInEnded) {
			// Or it was renewed by the same form sent twice. The session is left alone:
			// its cookie would take the place of the one that the other answer set.
			return s.Redirect(w, r, s.via("/login", r))
		}
		return err
	})
}

// guarded lets through whom the guard admits, with a form that was drawn for them.
func (s *Site) guarded(g Guard, do handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc := scopeOf(r)
		switch {
		case g.who == forMembers && sc.user == nil:
			return s.mustSignIn(w, r)
		case g.allow != nil && !(*g.allow)(*sc.user):
			return components.Forbidden
		case g.verified && !sc.user.Verified():
			return s.Redirect(w, r, "/email/verify")
		case sc.refusal == "" && r.Method == post && sc.user != nil && g.who != forVisitors && !drawnFor(r, *sc.user):
			return s.notTheirs(w, r)
		case g.recent && !s.Store.RecentlyAuthenticated(*sc.signIn):
			return s.mustReauthenticate(w, r)
		case g.who == forVisitors && sc.user != nil:
			return s.alreadySignedIn(w, r)
		}
		return do(w, r)
	}
}

// drawnFor says whether a form was drawn for that person, as every form says that is
// drawn for somebody who is signed in. Somebody else may have signed in since, in
// another tab.
func drawnFor(r *http.Request, user store.User) bool {
	account := r.PostForm.Get("account")
	return account == "" || account == user.FormID()
}

// accountShape is that of the id of an account in a form.
var accountShape = regexp.MustCompile(`^[A-Za-z0-9_-]{16}$`)

// accountOf is the account that a form was drawn for, or empty.
func accountOf(r *http.Request) string {
	if account := r.PostForm.Get("account"); accountShape.MatchString(account) {
		return account
	}
	return ""
}

// notTheirs shows the page of a form that was drawn for somebody else, with what was
// typed and who is signed in now. Nothing is done for either.
func (s *Site) notTheirs(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return sayNothing(w)
	}
	sc := scopeOf(r)
	sc.anew, sc.refusal = true, components.SomebodyElse(*sc.user)
	page := s.pages[s.mux.Find(chi.NewRouteContext(), get, s.formPage(r.URL.Path))]
	return s.guarded(page.guard, page.do)(w, r)
}

// mustSignIn sends the person to sign in and then back to the page. A form is
// kept for whoever was signed in, so that nothing typed is lost. That they have
// been signed out is said once, and whenever a form did not get through.
func (s *Site) mustSignIn(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return sayNothing(w)
	}
	held := s.session(r.Context())
	by := ""
	if user := held.user(); user != 0 {
		by = strconv.FormatInt(user, 10)
	}
	if r.Method == post {
		// At the end of its time a session is gone with all that it knew. The form
		// still says whose it is.
		by = cmp.Or(by, accountOf(r))
	}
	if by != "" && r.Method != http.MethodHead {
		told := held.told()
		if r.Method == post {
			s.saveDraft(r, by)
		}
		if r.Method == post || !told {
			s.Flash(r, "You have been signed out. Sign in to go on.")
			held.tell()
		}
	}
	return s.Redirect(w, r, s.via("/login", r))
}

// mustReauthenticate sends the person to prove who they are and then back to the page.
func (s *Site) mustReauthenticate(w http.ResponseWriter, r *http.Request) error {
	if r.Method == post {
		s.saveDraft(r, strconv.FormatInt(scopeOf(r).user.ID, 10))
	}
	return s.Redirect(w, r, s.via("/confirm", r))
}

// via leads by way of path back to the page that was asked for, or that
// holds the form that was sent.
func (s *Site) via(path string, r *http.Request) string {
	next := s.next(r.URL.RequestURI())
	if r.Method == post {
		next = s.formPage(r.URL.Path)
		if further := s.next(r.PostForm.Get("next")); further != "/" {
			next = s.next(next + "?" + url.Values{"next": {further}}.Encode())
		}
	}
	if next == "/" {
		return path
	}
	return path + "?" + url.Values{"next": {next}}.Encode()
}

// alreadySignedIn sends a signed-in person on from a page for visitors. What
// was posted is not acted upon: an identity never changes without a sign-out.
func (s *Site) alreadySignedIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if r.Method == post {
		next = r.PostForm.Get("next")
		sc := scopeOf(r)
		sentence := "You are signed in already, as " + sc.user.Username + ". Sign out first to use another account."
		if r.PostForm.Get("name")+r.PostForm.Get("email") != "" && rules.CanonicalUsername(r.PostForm.Get("username")) != sc.user.Username {
			// A form in which much was typed stays where it is.
			sc.refusal = sentence
			return s.pages[s.mux.Find(chi.NewRouteContext(), get, r.URL.Path)].do(w, r)
		}
		s.Flash(r, sentence)
	}
	return s.Redirect(w, r, s.next(next))
}
