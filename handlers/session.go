package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"

	"gatehouse/components"
	"gatehouse/store"
)

// NewSessions configures scs with a session store for the site at the base URL.
func NewSessions(sessions scs.Store, base *url.URL) *scs.SessionManager {
	manager := scs.New()
	manager.Store = sessions
	manager.Codec = codec{}
	manager.Lifetime = store.AbsoluteRemembered
	manager.HashTokenInStore = true
	// With an idle timeout every request would write its session. A request in flight during a
	// sign-out would then restore it.
	manager.IdleTimeout = 0
	manager.Cookie.Persist = false
	manager.Cookie.Name = cookieName(sessionCookie, base)
	manager.Cookie.Secure = base.Scheme == "https"
	return manager
}

// load finds the session of a request and who is signed in.
func (s *Site) load(ctx context.Context, r *http.Request) (*http.Request, error) {
	sc := scopeOf(r)
	sc.bare = ctx
	defer sc.timing.part("session")()
	session, err := s.findSession(ctx, r, sc)
	if err != nil {
		return r, err
	}
	sc.loaded = true
	r = r.WithContext(session)
	if sc.signIn == nil {
		return r, nil
	}
	if err := s.Store.Seen(session, *sc.signIn); err != nil {
		// Failing to record activity is no reason to refuse the page.
		s.Log.Warn("visit not noted", "request", sc.id, "error", err.Error())
	}
	return r, nil
}

// findSession loads the session of a request. If its cookies name several, it is the first with
// a live sign-in, or else the first that exists.
func (s *Site) findSession(ctx context.Context, r *http.Request, sc *scope) (context.Context, error) {
	var found context.Context
	for _, token := range s.sessionTokens(r) {
		session, err := s.Sessions.Load(ctx, token)
		if err != nil {
			return nil, fmt.Errorf("load the session: %w", err)
		}
		if s.Sessions.Token(session) == "" {
			continue // it is not ours, or has ended
		}
		signIn, user, err := s.currentSignIn(session, r, sc)
		if err == nil {
			sc.session, sc.user, sc.signIn = token, user, signIn
			return session, s.findLookedAt(session, r, sc)
		}
		if !errors.Is(err, store.ErrNotFound) {
			return nil, err
		}
		if found == nil {
			found, sc.session = session, token
		}
	}
	if found != nil {
		return found, nil
	}
	return s.Sessions.Load(ctx, "")
}

// summed are the pages that say how things are with the account. They take no query more for it.
var summed = []string{"/", "/account"}

func isSummed(r *http.Request) bool { return r.Method != post && slices.Contains(summed, r.URL.Path) }

func (s *Site) currentSignIn(ctx context.Context, r *http.Request, sc *scope) (*store.SignIn, *store.User, error) {
	id := s.session(ctx).signIn()
	if id == "" {
		return nil, nil, store.ErrNotFound
	}
	if isSummed(r) {
		signIn, user, summary, err := s.Store.CurrentOverview(ctx, id)
		sc.summary = summary
		return &signIn, &user, err
	}
	signIn, user, err := s.Store.Current(ctx, id)
	return &signIn, &user, err
}

// save writes a changed session and its cookie. It must run before the first byte of the
// answer.
func (s *Site) save(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	switch s.Sessions.Status(ctx) {
	case scs.Modified:
		token, expiry, err := s.Sessions.Commit(ctx)
		if err != nil {
			return fmt.Errorf("save the session: %w", err)
		}
		s.Sessions.WriteSessionCookie(ctx, w, token, expiry)
		scopeOf(r).needsCookies = true
	case scs.Destroyed:
		s.Sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	default:
		return nil
	}
	// The cookie under its former name would restore the old session. A cookie that is not ours
	// stays.
	former := s.formerName(sessionCookie)
	if cookie, err := r.Cookie(former); former != "" && err == nil && cookie.Value == scopeOf(r).session {
		s.writeCookie(w, former, "", -1)
	}
	return nil
}

// arrival is where a person goes after signing in, and the greeting there.
type arrival struct{ next, greeting string }

// admit continues an entry: to a sign-in, or to what it still needs. It is the only way in.
func (s *Site) admit(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	switch e.Missing() {
	case store.SecondStep:
		return s.askSecondStep(w, r, e, a)
	case store.Reopening:
		return s.offerReopening(w, r, e)
	}
	return s.signIn(w, r, e, a)
}

// admitNew admits the owner of an account that was just created or reopened. If it was disabled
// meanwhile, the sign-in page says so.
func (s *Site) admitNew(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	err := s.admit(w, r, e, a)
	if isRefusal(err) {
		return s.Redirect(w, r, "/login")
	}
	return err
}

// signIn begins a sign-in with a new session, and sends the person where they wanted to go.
func (s *Site) signIn(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	sc, from := scopeOf(r), s.Origin(r)
	from.Device = cmp.Or(from.Device, rand.Text())
	signIn, err := s.Store.SignIn(r.Context(), e, from)
	if err != nil {
		return err
	}
	if err := s.renewSession(r, e.User, signIn); err != nil {
		return err
	}
	s.setCookie(w, deviceCookie, from.Device, store.DeviceLifetime)
	if e.Trust != "" {
		s.rememberTrust(w, r, e.Trust)
	}
	s.rememberUsername(w, r, e.User, e.Remembered)
	sc.user, sc.signIn = &e.User, &signIn
	if s.Store.MustSetUp(e.User) {
		s.Flash(r, a.greeting+" "+components.MustSetUp)
		form := components.Form{Next: s.next(a.next)}
		return s.Redirect(w, r, form.WithNext(secondPage))
	}
	s.Flash(r, a.greeting)
	return s.Redirect(w, r, s.next(a.next))
}

// clearSiteData makes the browser delete the storage of the site's scripts. Its cache contains
// no page, because none may be stored, and clearing the cache can be slow.
func clearSiteData(w http.ResponseWriter) {
	w.Header().Set("Clear-Site-Data", `"storage"`)
}

// renewSession starts a new session for a sign-in, at its start and whenever its id changes.
// Only a draft of the same person is carried over.
func (s *Site) renewSession(r *http.Request, user store.User, signIn store.SignIn) error {
	ctx := r.Context()
	if err := s.carryDraft(r, user); err != nil {
		return err
	}
	// scs uses the wall clock, whatever clock the store has.
	s.Sessions.SetDeadline(ctx, time.Now().Add(signIn.EndsAt.Sub(s.Clock())).UTC())
	s.Sessions.RememberMe(ctx, signIn.Remembered)
	s.session(ctx).begin(signIn.ID, signIn.UserID)
	return nil
}

// resetSession empties the session and gives it a new token.
func (s *Site) resetSession(r *http.Request) error {
	if err := s.Sessions.Clear(r.Context()); err != nil {
		return fmt.Errorf("clear the session: %w", err)
	}
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	return nil
}

// Flash saves a message for the next page. Whoever looks at an account has nothing done that one could
// speak of.
func (s *Site) Flash(r *http.Request, sentence string) {
	if scopeOf(r).lookedAt != nil {
		return
	}
	s.session(r.Context()).setFlash(sentence)
}

// takeFlash returns the saved message, once.
func (s *Site) takeFlash(r *http.Request) string {
	sess := s.session(r.Context())
	sentence := sess.flash()
	if r.Method != http.MethodGet || sentence == "" || scopeOf(r).lookedAt != nil {
		return ""
	}
	sess.dropFlash()
	return sentence
}
