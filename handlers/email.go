package handlers

import (
	"fmt"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

func (s *Site) newEmail(w http.ResponseWriter, r *http.Request) error {
	form := components.NewEmailForm()
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	return s.showEmail(w, r, http.StatusOK, form)
}

func (s *Site) email(w http.ResponseWriter, r *http.Request) error {
	form := components.NewEmailForm()
	if !s.Store.Mails() {
		return s.showEmail(w, r, http.StatusForbidden, form)
	}
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showEmail(w, r, http.StatusUnprocessableEntity, form)
	}
	err := s.askLetter(r, func() error {
		return s.Store.ChangeEmail(r.Context(), *scopeOf(r).user, form.Email.Value, s.Origin(r))
	})
	if form.TakeRefusal(err) {
		return s.showEmail(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	s.Flash(r, fmt.Sprintf("We've emailed %s. Your address changes once you confirm it there.", rules.DeliverableEmail(form.Email.Value)))
	return s.Redirect(w, r, form.Action)
}

func (s *Site) cancelEmail(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.CancelEmail(r.Context(), *scopeOf(r).user, s.Origin(r)); err != nil {
		return err
	}
	s.Flash(r, "Cancelled. Your address stays as it is.")
	return s.Redirect(w, r, "/account/email")
}

func (s *Site) checkEmail(w http.ResponseWriter, r *http.Request) error {
	return s.CheckField(w, r, &components.NewEmailForm().Form)
}

func (s *Site) showEmail(w http.ResponseWriter, r *http.Request, status int, form *components.EmailForm) error {
	user := *scopeOf(r).user
	waiting, until, err := s.Store.PendingEmail(r.Context(), user)
	if err != nil {
		return err
	}
	return s.ShowForm(w, r, status, &form.Form, components.Email(form, user, s.Store.Mails(), waiting, until, s.Contacts))
}

func (s *Site) newUndo(w http.ResponseWriter, r *http.Request, token string) error {
	t, err := s.Store.Token(r.Context(), token, store.PurposeUndo)
	if err != nil {
		return err
	}
	return s.showUndo(w, r, t.Email)
}

func (s *Site) blankUndo(w http.ResponseWriter, r *http.Request) error { return s.showUndo(w, r, "") }

func (s *Site) showUndo(w http.ResponseWriter, r *http.Request, email string) error {
	form := components.NewUndoForm()
	return s.ShowForm(w, r, http.StatusOK, form, components.UndoAddress(form, email))
}

func (s *Site) undo(w http.ResponseWriter, r *http.Request, token string) error {
	if err := s.Store.UndoEmail(r.Context(), token, s.Origin(r)); err != nil {
		return err
	}
	s.closeLink(w, r, undoPage, token)
	s.Flash(r, "Your old address is back, and every device is signed out. We've emailed it a link to choose a new password.")
	return s.Redirect(w, r, "/") // the old password no longer works
}
