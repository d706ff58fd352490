package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newLogin(w http.ResponseWriter, r *http.Request) error {
	form := s.loginForm()
	form.Next = r.URL.Query().Get("next")
	form.Username.Value, form.Greets = s.knownUsername(r)
	return s.showLogin(w, r, http.StatusOK, form)
}

func (s *Site) login(w http.ResponseWriter, r *http.Request) error {
	form := s.loginForm()
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showLogin(w, r, http.StatusUnprocessableEntity, form)
	}
	var entry store.Entry
	err := s.tryProof(r, func() (err error) {
		entry, err = s.Store.Authenticate(r.Context(), form.Username.Value, form.Password.Value, s.Origin(r))
		return err
	})
	if err == nil {
		entry.Remembered = form.Remembered()
		err = s.admit(w, r, entry, arrival{form.Next, components.WelcomeBack(entry.User)})
	}
	if form.TakeRefusal(err) {
		if errors.Is(err, store.ErrWrongLogin) {
			form.LeadForgetful()
		}
		s.carryUsername(w, form.Username.Value)
		return s.showLogin(w, r, s.Refuse(w, r, err), form)
	}
	return err
}

func (s *Site) loginForm() *components.LoginForm { return components.NewLoginForm(s.Store.Passkeys()) }

func (s *Site) checkLogin(w http.ResponseWriter, r *http.Request) error {
	return s.CheckField(w, r, &s.loginForm().Form)
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request, status int, form *components.LoginForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Login(form, s.loginPage(form, "")))
}

// notMe forgets who was at this browser.
func (s *Site) notMe(w http.ResponseWriter, r *http.Request) error {
	s.forgetUsername(w, r)
	form := s.loginForm()
	form.Next = s.next(r.PostForm.Get("next"))
	return s.Redirect(w, r, form.WithNext(form.Action))
}

// loginPage is what the sign-in page says beside its form, and to the password manager.
func (s *Site) loginPage(form *components.LoginForm, signal components.Signal) components.LoginPage {
	return components.LoginPage{
		Open: s.Registration.Open(), Confirms: s.Registration == store.RegistrationConfirm, ToSee: s.toSee(form.Next), Signal: signal,
	}
}

// toSee says what a page of this site is that somebody asked for before they signed in, or is
// empty.
func (s *Site) toSee(next string) string {
	path, _, _ := strings.Cut(s.next(next), "?")
	for _, link := range s.Product.Links {
		if link.Path == path {
			return link.Label
		}
	}
	if path == "/account" || strings.HasPrefix(path, "/account/") {
		return "your account"
	}
	return ""
}

// logout ends the sign-in first. Once its row is gone, no request in flight can restore the
// session.
func (s *Site) logout(w http.ResponseWriter, r *http.Request) error {
	if sc := scopeOf(r); sc.signIn != nil {
		if err := s.Store.SignOut(r.Context(), *sc.signIn, s.Origin(r)); err != nil {
			return err
		}
	}
	if err := s.endOthers(r); err != nil {
		return err
	}
	if s.Sessions.Token(r.Context()) != "" {
		if err := s.Sessions.Destroy(r.Context()); err != nil {
			return fmt.Errorf("end the session: %w", err)
		}
	}
	clearSiteData(w)
	if scopeOf(r).user == nil && r.PostForm.Has("again") {
		return s.Redirect(w, r, s.viaNext("/login", r))
	}
	return s.Redirect(w, r, signedOutPage)
}

// signedOutPage says that signing out worked, without a session that remembers to say so.
const signedOutPage = "/?" + signedOut

const signedOut = "signed-out"

// endOthers ends the sign-ins of further session cookies in the request. Otherwise the next
// request would be signed in by one of them.
func (s *Site) endOthers(r *http.Request) error {
	sc := scopeOf(r)
	for _, token := range s.sessionTokens(r) {
		if token == sc.session {
			continue
		}
		session, err := s.Sessions.Load(sc.bare, token)
		if err != nil {
			return fmt.Errorf("load the session: %w", err)
		}
		signIn, _, err := s.currentSignIn(session, r, scopeOf(r))
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err == nil {
			err = s.Store.SignOut(r.Context(), *signIn, s.Origin(r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
