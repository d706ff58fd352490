package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newSetup(w http.ResponseWriter, r *http.Request, token string) error {
	if _, err := s.Store.Token(r.Context(), token, store.PurposeSetup); err != nil {
		return err
	}
	if has, err := s.Store.HasAdmin(r.Context()); err != nil {
		return err
	} else if has {
		return store.ErrInvalidLink
	}
	return s.blankSetup(w, r)
}

func (s *Site) blankSetup(w http.ResponseWriter, r *http.Request) error {
	return s.showSetup(w, r, http.StatusOK, components.NewSetupForm(s.Passwords))
}

// setup makes the account of the first administrator, whatever the mode of registration.
func (s *Site) setup(w http.ResponseWriter, r *http.Request, token string) error {
	if _, err := s.Store.Token(r.Context(), token, store.PurposeSetup); err != nil {
		return err
	}
	form := components.NewSetupForm(s.Passwords)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showSetup(w, r, http.StatusUnprocessableEntity, form)
	}
	user, err := s.Store.Setup(r.Context(), token, form.Registration(), s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showSetup(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	s.closeLink(w, r, setupPage, token)
	return s.admitNew(w, r, store.ByPassword(user), arrival{greeting: components.Welcome(user)})
}

func (s *Site) checkSetup(w http.ResponseWriter, r *http.Request, token string) error {
	if _, err := s.Store.Token(r.Context(), token, store.PurposeSetup); err != nil {
		return err
	}
	form := components.NewSetupForm(s.Passwords)
	return s.checkNamed(w, r, &form.Form, form.Username, store.User{}, form.UsernameIsFree)
}

func (s *Site) showSetup(w http.ResponseWriter, r *http.Request, status int, form *components.RegisterForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Setup(form))
}
