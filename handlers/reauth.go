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
	form := s.reauthForm(r)
	form.Next = next
	return s.showReauth(w, r, http.StatusOK, form)
}

func (s *Site) reauth(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := s.reauthForm(r)
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
	return s.reauthenticated(w, r, signIn, form.Next)
}

// reauthenticated leads on under the new id of the sign-in.
func (s *Site) reauthenticated(w http.ResponseWriter, r *http.Request, signIn store.SignIn, target string) error {
	if err := s.renewSession(r, *scopeOf(r).user, signIn); err != nil {
		return err
	}
	next := s.next(target)
	if next == dataPage {
		s.Flash(r, "Thank you. You can download your data now.")
	}
	return s.Redirect(w, r, next)
}

func (s *Site) reauthForm(r *http.Request) *components.ReauthForm {
	return components.NewReauthForm(*scopeOf(r).user, s.Store.Passkeys())
}

func (s *Site) showReauth(w http.ResponseWriter, r *http.Request, status int, form *components.ReauthForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Reauth(form))
}
