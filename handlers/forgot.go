package handlers

import (
	"net/http"

	"gatehouse/components"
)

func (s *Site) newForgot(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Query().Has("sent") && s.Store.Mails() {
		page := s.page(r, components.InboxTitle)
		return s.show(w, r, http.StatusOK, page, components.ForgotSent(scopeOf(r).user != nil))
	}
	form := forgotForm(r)
	form.Username.Value, _ = s.knownUsername(r)
	if user := scopeOf(r).user; user != nil {
		form.Username.Value = user.Username
	}
	return s.showForgot(w, r, http.StatusOK, form)
}

// forgotForm is the form as the link that led here asks for it.
func forgotForm(r *http.Request) *components.ForgotForm {
	if "?"+r.URL.RawQuery == components.WhySecure {
		return components.NewSecureForm()
	}
	return components.NewForgotForm()
}

// forgot gives everybody the same answer. Whether the account exists is looked up only when the
// letter is written.
func (s *Site) forgot(w http.ResponseWriter, r *http.Request) error {
	form := forgotForm(r)
	if !s.Store.Mails() {
		return s.showForgot(w, r, http.StatusForbidden, form)
	}
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showForgot(w, r, http.StatusUnprocessableEntity, form)
	}
	err := s.askLetter(r, func() error {
		return s.Store.AskReset(r.Context(), form.Username.Value, s.Origin(r))
	})
	if form.TakeRefusal(err) {
		return s.showForgot(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	return s.Redirect(w, r, "/password/forgot?sent=1")
}

func (s *Site) showForgot(w http.ResponseWriter, r *http.Request, status int, form *components.ForgotForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Forgot(form, s.Store.Mails(), scopeOf(r).user != nil, s.Contacts))
}
