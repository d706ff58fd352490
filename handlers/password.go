package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

// proven wraps a handler that changes the password. Where there is none yet, or more than a password
// signs the person in, it takes recent authentication.
func (s *Site) proven(do handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc := scopeOf(r)
		if (!sc.user.HasPassword || sc.user.SecondStep()) && !s.Store.RecentlyAuthenticated(*sc.signIn) {
			return s.mustReauthenticate(w, r)
		}
		return do(w, r)
	}
}

func (s *Site) newPassword(w http.ResponseWriter, r *http.Request) error {
	return s.showPassword(w, r, http.StatusOK, components.NewPasswordForm(s.Passwords, *scopeOf(r).user))
}

func (s *Site) password(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	form := components.NewPasswordForm(s.Passwords, *sc.user)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showPassword(w, r, http.StatusUnprocessableEntity, form)
	}
	var signIn store.SignIn
	err := s.tryProof(r, func() (err error) {
		if sc.user.HasPassword {
			signIn, err = s.Store.ChangePassword(r.Context(), *sc.signIn, form.Current.Value, form.Password.Value, s.Origin(r))
		} else {
			signIn, err = s.Store.ChoosePassword(r.Context(), *sc.signIn, *sc.user, form.Password.Value, s.Origin(r))
		}
		return err
	})
	if form.TakeRefusal(err) {
		return s.showPassword(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	if err := s.renewSession(r, *sc.user, signIn); err != nil {
		return err
	}
	s.Flash(r, "Your password is changed. Every other device is signed out.")
	return s.Redirect(w, r, "/account")
}

func (s *Site) checkPassword(w http.ResponseWriter, r *http.Request) error {
	return s.CheckField(w, r, &components.NewPasswordForm(s.Passwords, *scopeOf(r).user).Form)
}

func (s *Site) showPassword(w http.ResponseWriter, r *http.Request, status int, form *components.PasswordForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Password(form))
}

// changePassword is where password managers look for the page.
func (s *Site) changePassword(w http.ResponseWriter, r *http.Request) error {
	return s.Redirect(w, r, "/account/password")
}
