package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newReset(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeReset)
	if err != nil {
		return err
	}
	return s.showReset(w, r, http.StatusOK, components.NewResetForm(s.Passwords, t.User))
}

func (s *Site) reset(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeReset)
	if err != nil {
		return err
	}
	form := components.NewResetForm(s.Passwords, t.User)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showReset(w, r, http.StatusUnprocessableEntity, form)
	}
	reset := s.Store.ResetPassword
	if form.DropsPasskeys() {
		reset = s.Store.ResetPasswordAndPasskeys
	}
	err = reset(r.Context(), token, form.Password.Value, s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showReset(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	s.closeLink(w, r, resetPage, token)
	s.carryUsername(w, t.User.Username)
	s.Flash(r, "Your new password is saved, and every device is signed out. Sign in with it.")
	return s.Redirect(w, r, "/login")
}

func (s *Site) blankReset(w http.ResponseWriter, r *http.Request) error {
	return s.showReset(w, r, http.StatusOK, components.NewResetForm(s.Passwords, store.User{}))
}

func (s *Site) checkReset(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeReset)
	if err != nil {
		return err
	}
	form := components.NewResetForm(s.Passwords, t.User)
	return s.CheckField(w, r, &form.Form)
}

func (s *Site) showReset(w http.ResponseWriter, r *http.Request, status int, form *components.ResetForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Reset(form))
}
