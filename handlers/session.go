package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/alexedwards/scs/v2"

	"gatehouse/store"
)

// NewSessions configures scs on a session store, for a site that people reach at
// the base URL.
func NewSessions(sessions scs.Store, base *url.URL) *scs.SessionManager {
	manager := scs.New()
	manager.Store = sessions
	manager.Codec = codec{}
	manager.Lifetime = store.AbsoluteRemembered
	manager.HashTokenInStore = true
	// With an idle timeout every request would write its session, and one in
	// flight during a sign-out would bring it back.
	manager.IdleTimeout = 0
	manager.Cookie.Persist = false
	manager.Cookie.Name = cookieName(sessionCookie, base)
	manager.Cookie.Secure = base.Scheme == "https"
	return manager
}

// load finds the session of a request and who is signed in, within ctx.
func (s *Site) load(ctx context.Context, r *http.Request) (*http.Request, error) {
	sc := scopeOf(r)
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
		// A visit that is not noted is no reason to refuse the page.
		s.Log.Warn("visit not noted", "request", sc.id, "error", err.Error())
	}
	return r, nil
}

// findSession loads the session of a request. Of several that its cookies may
// name it is the first with a live sign-in, or else the first that exists.
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
		signIn, user, err := s.currentSignIn(session)
		if err == nil {
			sc.session, sc.user, sc.signIn = token, user, signIn
			return session, nil
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

func (s *Site) currentSignIn(ctx context.Context) (*store.SignIn, *store.User, error) {
	id := s.session(ctx).signIn()
	if id == "" {
		return nil, nil, store.ErrNotFound
	}
	signIn, user, err := s.Store.Current(ctx, id)
	return &signIn, &user, err
}

// save writes a changed session and its cookie. It must come before the first
// byte of the answer.
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
	// Under its former name the cookie would bring back what it names. One that is
	// not ours stays.
	former := s.formerName(sessionCookie)
	if cookie, err := r.Cookie(former); former != "" && err == nil && cookie.Value == scopeOf(r).session {
		s.writeCookie(w, former, "", -1)
	}
	return nil
}

// arrival is where a person goes once they are signed in, and what they are told there.
type arrival struct{ next, greeting string }

// admit takes an entry on, to a sign-in or to what it still lacks. It is the only
// way in.
func (s *Site) admit(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	if e.Missing() == store.Reopening {
		return s.offerReopening(w, r, e)
	}
	return s.signIn(w, r, e, a)
}

// admitNew admits somebody whose account was made or opened just now. If it was
// disabled in the meantime, the sign-in page will say so.
func (s *Site) admitNew(w http.ResponseWriter, r *http.Request, e store.Entry, a arrival) error {
	err := s.admit(w, r, e, a)
	if isRefusal(err) {
		return s.Redirect(w, r, "/login")
	}
	return err
}

// signIn begins a sign-in with a session that shares nothing with the one
// before, and sends the person where they wanted to go.
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
	s.Flash(r, a.greeting)
	sc.user, sc.signIn = &e.User, &signIn
	return s.Redirect(w, r, s.next(a.next))
}

// clearSiteData has the browser forget what scripts of the site keep in it. Its cache holds
// no page, because none may be stored, and emptying it would take seconds: a browser
// looks for what is to go among what all other sites left.
func clearSiteData(w http.ResponseWriter) {
	w.Header().Set("Clear-Site-Data", `"storage"`)
}

// renewSession begins the session anew for a sign-in: at its beginning, and whenever
// its id changed. Only what the same person was typing is carried over.
func (s *Site) renewSession(r *http.Request, user store.User, signIn store.SignIn) error {
	ctx := r.Context()
	if err := s.carryDraft(r, user); err != nil {
		return err
	}
	// scs counts by the wall clock, whatever clock the store has.
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

// Flash keeps a sentence for the next page.
func (s *Site) Flash(r *http.Request, sentence string) {
	s.session(r.Context()).setFlash(sentence)
}

// takeFlash returns the sentence kept for this page, once.
func (s *Site) takeFlash(r *http.Request) string {
	held := s.session(r.Context())
	sentence := held.flash()
	if r.Method != http.MethodGet || sentence == "" {
		return ""
	}
	held.dropFlash()
	return sentence
}
