package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/alexedwards/scs/v2"

	"gatehouse/store"
)

// What a session holds. The sign-in row in the store decides who is signed in;
// the session only names it.
const (
	sessionSignIn = "signin"
	sessionFlash  = "flash"
	// sessionUser is who was signed in, also after that has ended.
	sessionUser = "user"
)

// NewSessions configures scs on a session store. https says whether people
// reach the site over TLS.
func NewSessions(sessions scs.Store, https bool) *scs.SessionManager {
	manager := scs.New()
	manager.Store = sessions
	manager.Codec = codec{}
	manager.Lifetime = store.AbsoluteKept
	manager.HashTokenInStore = true
	// With an idle timeout every request would write its session, and one in
	// flight during a sign-out would bring it back.
	manager.IdleTimeout = 0
	manager.Cookie.Persist = false
	manager.Cookie.Name = cookieName("sid", https)
	manager.Cookie.Secure = https
	return manager
}

// load finds the session of a request and who is signed in, within ctx.
func (s *Site) load(ctx context.Context, r *http.Request) (*http.Request, error) {
	defer visitOf(r).timing.part("session")()
	token := ""
	if cookie, err := r.Cookie(s.Sessions.Cookie.Name); err == nil {
		token = cookie.Value
	}
	ctx, err := s.Sessions.Load(ctx, token)
	if err != nil {
		return r, fmt.Errorf("load the session: %w", err)
	}
	r = r.WithContext(ctx)
	v := visitOf(r)
	v.loaded = true
	id := s.Sessions.GetString(ctx, sessionSignIn)
	if id == "" {
		return r, nil
	}
	signIn, user, err := s.Store.Current(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return r, nil
	}
	if err != nil {
		return r, err
	}
	v.user, v.signIn = &user, &signIn
	if err := s.Store.Seen(ctx, signIn); err != nil {
		// A visit that is not noted is no reason to refuse the page.
		s.Log.Warn("visit not noted", "request", v.id, "error", err.Error())
	}
	return r, nil
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
	case scs.Destroyed:
		s.Sessions.WriteSessionCookie(ctx, w, "", time.Time{})
	}
	return nil
}

// arrival is how a person comes in.
type arrival struct {
	kept           bool
	next, greeting string
}

// signIn begins a sign-in with a session that shares nothing with the one
// before, and sends the person where they wanted to go.
func (s *Site) signIn(w http.ResponseWriter, r *http.Request, user store.User, a arrival) error {
	v, from := visitOf(r), s.origin(r)
	from.Device = cmp.Or(from.Device, rand.Text())
	signIn, err := s.Store.SignIn(r.Context(), user, store.Visit{Origin: from, Kind: store.KindPassword, Kept: a.kept})
	if err != nil {
		return err
	}
	if err := s.renew(r, signIn); err != nil {
		return err
	}
	s.setCookie(w, deviceCookie, from.Device, store.DeviceKept)
	s.flash(r, a.greeting)
	v.user, v.signIn = &user, &signIn
	return s.redirect(w, r, s.next(a.next))
}

// enter signs in somebody whose account was made or opened just now. If it was
// disabled in the meantime, the sign-in page will say so.
func (s *Site) enter(w http.ResponseWriter, r *http.Request, user store.User, a arrival) error {
	err := s.signIn(w, r, user, a)
	if isRefusal(err) {
		return s.redirect(w, r, "/login")
	}
	return err
}

// forgetSite has the browser forget what scripts of the site keep in it. Its cache holds
// no page, because none may be stored, and emptying it would take seconds: a browser
// looks for what is to go among what all other sites left.
func forgetSite(w http.ResponseWriter) {
	w.Header().Set("Clear-Site-Data", `"storage"`)
}

// renew begins the session anew for a sign-in: at its beginning, and whenever
// its id changed. Only what the same person was typing is carried over.
func (s *Site) renew(r *http.Request, signIn store.SignIn) error {
	ctx := r.Context()
	if err := s.carryKept(r, signIn.UserID); err != nil {
		return err
	}
	// scs counts by the wall clock, whatever clock the store has.
	s.Sessions.SetDeadline(ctx, time.Now().Add(signIn.EndsAt.Sub(s.Clock())).UTC())
	s.Sessions.RememberMe(ctx, signIn.Kept)
	s.Sessions.Put(ctx, sessionSignIn, signIn.ID)
	s.Sessions.Put(ctx, sessionUser, strconv.FormatInt(signIn.UserID, 10))
	return nil
}

// startAfresh empties the session and gives it a new token.
func (s *Site) startAfresh(r *http.Request) error {
	if err := s.Sessions.Clear(r.Context()); err != nil {
		return fmt.Errorf("clear the session: %w", err)
	}
	if err := s.Sessions.RenewToken(r.Context()); err != nil {
		return fmt.Errorf("renew the session: %w", err)
	}
	return nil
}

// flash keeps a sentence for the next page.
func (s *Site) flash(r *http.Request, sentence string) {
	s.Sessions.Put(r.Context(), sessionFlash, sentence)
}

// takeFlash returns the sentence kept for this page, once.
func (s *Site) takeFlash(r *http.Request) string {
	if r.Method != http.MethodGet || s.Sessions.GetString(r.Context(), sessionFlash) == "" {
		return ""
	}
	return s.Sessions.PopString(r.Context(), sessionFlash)
}
