package handlers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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

// Guard states who may use a route: an audience and what is required of members. Requirements
// are a set, so guards combine.
type Guard struct {
	who audience
	// verified requires a verified email address. Others are sent to the page that says how to
	// verify it.
	verified bool
	// recent requires recent authentication. Others must reauthenticate and then return. A
	// posted form is not processed.
	recent bool
	// reachable requires a verified email address where the site sends mail.
	reachable bool
	// entered admits people who have not set up the second step that the site asks of them.
	// Others are sent to where they do.
	entered bool
	// may are the permissions that it takes; 0 is for every member.
	may store.Permission
	// allow is a product's own condition on members, or nil.
	allow *func(store.User) bool
	// unseen keeps a product's page from whoever looks at an account. open admits them, and is false
	// for all but what look.go lists.
	unseen, open bool
}

// audience is who a route is for.
type audience int

const (
	// unstated is the zero value. A test refuses it.
	unstated audience = iota
	// forPrograms is for probes and static files. These routes use no session and, except
	// readyz, no database.
	forPrograms
	// forEveryone is for all.
	forEveryone
	// forVisitors is for people who are not signed in. Others are redirected.
	forVisitors
	// forMembers is for people who are signed in. Others must sign in and then return.
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
	// Unseen is for members, and keeps the page from administrators who look at an account.
	Unseen = Guard{who: forMembers, unseen: true}

	// entered is for what nobody is kept from by a second step that they do not want: ending a
	// stolen sign-in, changing the password, mending the address, taking their data, closing the
	// account. equipping is for what sets up a factor.
	entered       = Guard{who: forMembers, entered: true}
	enteredRecent = Guard{who: forMembers, entered: true, recent: true}
	equipping     = Guard{who: forMembers, entered: true, recent: true, reachable: true}
)

// May requires members whose role allows that. Others get 403. Staff who still have to set up the
// second step that the site asks of them are sent to where they do.
func May(p store.Permission) Guard { return Guard{who: forMembers, may: p} }

// And requires what both require.
func (g Guard) And(other Guard) Guard {
	return Guard{
		who: max(g.who, other.who), verified: g.verified || other.verified, recent: g.recent || other.recent,
		reachable: g.reachable || other.reachable, entered: g.entered && other.entered, may: g.may | other.may, allow: cmp.Or(g.allow, other.allow),
		unseen: g.unseen || other.unseen,
	}
}

// Admits says whether somebody, or with nil nobody who is signed in, may open a page. What it
// asks of members besides, they can still fulfil.
func (g Guard) Admits(user *store.User) bool {
	if user == nil {
		return g.who != forMembers
	}
	return g.who != forVisitors && user.May(g.may) && (g.allow == nil || (*g.allow)(*user))
}

// leadsBack says whether somebody may be sent to the page after signing in.
func (g Guard) leadsBack() bool { return g.who == forEveryone || g.who == forMembers }

// AnswerWait is how long a page may take: the wait for the password gate, and as much again for
// a slow database.
const AnswerWait = 2 * secret.GateWait

// dynamic wraps a handler in what every page needs: the form, the session, the current user and
// the guard.
func (s *Site) dynamic(g Guard, do handler) http.HandlerFunc {
	return s.serve(func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Add("Vary", "Cookie, HX-Request, HX-Request-Type")
		var formErr error
		if r.Method == post {
			// The body comes first, because it can take long. The user who counts is the one
			// who is signed in once all of it has arrived.
			formErr = readForm(r)
		}
		ctx, end := context.WithTimeout(r.Context(), s.AnswerWait)
		defer end()
		r, err := s.load(ctx, r)
		if err != nil {
			return err
		}
		switch {
		case formErr != nil:
			return formErr
		case r.Method != post && strings.HasSuffix(r.URL.RawQuery, cookieMarker):
			return s.checkCookies(w, r)
		}
		err = s.guarded(g, do)(w, r)
		if errors.Is(err, store.ErrSignInEnded) {
			// The sign-in has ended, or the same form sent twice renewed it. Saving the session
			// here could overwrite the cookie that the other answer set.
			return s.Redirect(w, r, s.via("/login", r))
		}
		return err
	})
}

// guarded runs the handler for requests that the guard admits, if their form was drawn for the
// current user.
func (s *Site) guarded(g Guard, do handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc := scopeOf(r)
		switch {
		case g.who == forMembers && sc.user == nil:
			return s.mustSignIn(w, r)
		case sc.lookedAt != nil && !g.open:
			return s.onlyLooks(w, r)
		case g.may != 0 && !sc.user.May(g.may):
			s.event(r, store.EventForbidden)
			return components.StaffOnly
		case g.allow != nil && !(*g.allow)(*sc.shown()):
			return components.Forbidden
		case g.who == forMembers && !g.entered && s.Store.MustSetUp(*sc.shown()):
			return s.mustSetUp(w, r)
		case (g.verified || g.reachable && s.Store.Mails()) && !sc.shown().Verified():
			return s.Redirect(w, r, "/email/verify")
		case sc.refusal == "" && r.Method == post && sc.user != nil && g.who != forVisitors && !drawnFor(r, *sc.user):
			return s.wrongUser(w, r)
		case g.recent && !s.Store.RecentlyAuthenticated(*sc.signIn):
			return s.mustReauthenticate(w, r)
		case g.who == forVisitors && sc.user != nil:
			return s.alreadySignedIn(w, r)
		}
		return do(w, r)
	}
}

// drawnFor says whether a form was drawn for the user. Every form for a signed-in user names
// their account. Somebody else may have signed in since, in another tab.
func drawnFor(r *http.Request, user store.User) bool {
	account := r.PostForm.Get("account")
	return account == "" || account == user.FormID()
}

// accountShape is the format of an account id in a form.
var accountShape = regexp.MustCompile(`^[A-Za-z0-9_-]{16}$`)

// accountOf is the account that a form was drawn for, or empty.
func accountOf(r *http.Request) string {
	if account := r.PostForm.Get("account"); accountShape.MatchString(account) {
		return account
	}
	return ""
}

// wrongUser shows a form that was drawn for somebody else again, with what was typed and who is
// signed in now. Nothing is changed for either person.
func (s *Site) wrongUser(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return noContent(w)
	}
	sc := scopeOf(r)
	sc.otherUser, sc.refusal = true, components.SomebodyElse(*sc.user)
	page := s.pages[s.mux.Find(chi.NewRouteContext(), get, s.formPage(r.URL.Path))]
	return s.guarded(page.guard, page.do)(w, r)
}

// mustSignIn redirects to the sign-in page and then back. A form of somebody who was signed in
// is saved as a draft. The message that they were signed out appears once, and again whenever a
// form was not processed.
func (s *Site) mustSignIn(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return noContent(w)
	}
	sess := s.session(r.Context())
	by := ""
	if user := sess.user(); user != 0 {
		by = strconv.FormatInt(user, 10)
	}
	if r.Method == post {
		// An expired session is gone with everything in it. The form still names its account.
		by = cmp.Or(by, accountOf(r))
	}
	if by != "" && r.Method != http.MethodHead {
		told := sess.toldSignedOut()
		kept := r.Method == post && s.saveDraft(r, by)
		if r.Method == post || !told {
			sentence := "You've been signed out. Sign in to go on."
			if kept {
				sentence = "You've been signed out. What you typed is safe: sign in to go on."
			}
			s.Flash(r, sentence)
			sess.setToldSignedOut()
		}
	}
	return s.Redirect(w, r, s.via("/login", r))
}

// mustReauthenticate redirects to the reauthentication page and then back.
func (s *Site) mustReauthenticate(w http.ResponseWriter, r *http.Request) error {
	if r.Method == post {
		s.saveDraft(r, strconv.FormatInt(scopeOf(r).user.ID, 10))
	}
	return s.Redirect(w, r, s.via("/confirm", r))
}

// via is the address of a page that leads on to the requested page, or to the page of the
// posted form.
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

// alreadySignedIn redirects a signed-in person from a page for visitors. A posted form is not
// processed: nobody changes identity without signing out first.
func (s *Site) alreadySignedIn(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.Query().Get("next")
	if r.Method == post {
		next = r.PostForm.Get("next")
		sc := scopeOf(r)
		sentence := fmt.Sprintf("You're signed in already, as %s. Sign out first to use another account.", sc.user.Username)
		page, isPage := s.pages[s.mux.Find(chi.NewRouteContext(), get, r.URL.Path)]
		if isPage && r.PostForm.Get("name")+r.PostForm.Get("email") != "" && rules.CanonicalUsername(r.PostForm.Get("username")) != sc.user.Username {
			// Keep a long form on the page, so that what was typed is not lost.
			sc.refusal = sentence
			return page.do(w, r)
		}
		s.Flash(r, sentence)
	}
	return s.Redirect(w, r, s.next(next))
}
