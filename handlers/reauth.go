package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newReauth(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	next := r.URL.Query().Get("next")
	if s.Store.RecentlyAuthenticated(*sc.signIn) && sc.refusal == "" {
		return s.Redirect(w, r, s.next(next))
	}
	form := components.NewReauthForm(*sc.user)
	form.Next = next
	return s.showReauth(w, r, http.StatusOK, form)
}

func (s *Site) reauth(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := components.NewReauthForm(*sc.user)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showReauth(w, r, http.StatusUnprocessableEntity, form)
	}
	var signIn store.SignIn
	err := s.tryProof(r, func() (err error) {
		signIn, err = s.Store.Reauthenticate(r.Context(), *sc.signIn, form.Password.Value, form.TypedCode(), s.Origin(r))
		return err
	})
	if form.TakeRefusal(err) {
		return s.showReauth(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(r, *sc.user, signIn); err != nil {
		return err
	}
	next := s.next(form.Next)
	if next == dataPage {
		s.Flash(r, "Thank you. You can download your data now.")
	}
	return s.Redirect(w, r, next)
}

func (s *Site) showReauth(w http.ResponseWriter, r *http.Request, status int, form *components.ReauthForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Reauth(form))
}
