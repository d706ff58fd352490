package handlers

import (
	"log/slog"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newRegister(w http.ResponseWriter, r *http.Request) error {
	form := components.NewRegisterForm(s.Passwords)
	form.Next = r.URL.Query().Get("next")
	return s.showRegister(w, r, http.StatusOK, form)
}

func (s *Site) register(w http.ResponseWriter, r *http.Request) error {
	if !s.Open {
		return s.showRegister(w, r, http.StatusForbidden, nil)
	}
	form := components.NewRegisterForm(s.Passwords)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showRegister(w, r, http.StatusUnprocessableEntity, form)
	}
	user, err := s.Store.Register(r.Context(), form.Registration())
	if form.Refused(err) {
		return s.showRegister(w, r, http.StatusUnprocessableEntity, form)
	}
	if err != nil {
		return err
	}
	s.event(r, "user_created", slog.Int64("user", user.ID))
	err = s.signIn(w, r, user, arrival{next: form.Next, greeting: "Welcome, " + user.Called() + ". Your account is ready."})
	if _, refused := store.AsRefusal(err); refused {
		// Disabled in the meantime: signing in will say so.
		return s.redirect(w, r, "/login")
	}
	return err
}

func (s *Site) checkRegister(w http.ResponseWriter, r *http.Request) error {
	if !s.Open {
		return components.NotFound
	}
	form := components.NewRegisterForm(s.Passwords)
	field, err := fieldOf(r, &form.Form)
	if err != nil {
		return err
	}
	if field.CheckLive() && field == form.Username && partial(r) {
		err := s.Store.UsernameFree(r.Context(), field.Value)
		if err == nil {
			form.UsernameIsFree()
		} else if !form.Refused(err) {
			return err
		}
	}
	return s.showField(w, r, &form.Form, field)
}

func (s *Site) showRegister(w http.ResponseWriter, r *http.Request, status int, form *components.RegisterForm) error {
	if !s.Open {
		page := s.page(r, "Registration is closed")
		page.Entry = true
		return s.show(w, r, status, page, components.RegisterClosed())
	}
	form.Next = s.next(form.Next)
	page := s.page(r, form.Title)
	page.Entry, page.Indexed, page.Refused = true, true, form.IsRefused()
	page.Here = form.Carry(form.Action)
	return s.show(w, r, status, page, components.Register(form))
}
