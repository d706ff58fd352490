package handlers

import (
	"cmp"
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// fieldOf fills the form of an inline check and returns the field to check. A field that does
// not exist or has no check is a page that does not exist.
func fieldOf(r *http.Request, form *components.Form) (*components.Field, error) {
	form.Fill(r.PostForm)
	field := form.Field(chi.URLParam(r, "field"))
	if field == nil || !field.Live {
		return nil, components.NotFound
	}
	return field, nil
}

// isCheck says whether htmx checks a single field. The answer may only replace that field, or
// be empty. Somebody who is typing is never redirected; they see the problem when they submit.
func isCheck(r *http.Request) bool { return partial(r) && chi.URLParam(r, "field") != "" }

// noContent makes htmx leave the page as it is.
func noContent(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// Refuse returns the status for a refused form: 422, or 429 if its sender must wait.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, err error) int {
	refusal, _ := rules.AsRefusal(err)
	if refusal.Wait == 0 {
		return http.StatusUnprocessableEntity
	}
	s.event(r, store.EventLimited)
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(refusal.Wait.Seconds()))))
	return http.StatusTooManyRequests
}

// ShowForm answers with the page of a form. A form that was sent for another account, or for an
// unknown link, is shown again with everything that was typed.
func (s *Site) ShowForm(w http.ResponseWriter, r *http.Request, status int, form *components.Form, body templ.Component) error {
	sc := scopeOf(r)
	if sc.refusal != "" {
		form.Fill(r.PostForm)
		form.Problem, sc.refusal = sc.refusal, ""
		status = cmp.Or(sc.refusedAs, http.StatusUnprocessableEntity)
	}
	if form.Link = sc.link; sc.link == "" && sc.shown() != nil {
		form.Account = sc.shown().FormID()
	}
	form.Next = s.next(form.Next)
	page := s.page(r, form.Title)
	page.Refused, page.Here = form.IsRefused(), form.WithNext(form.Action)
	return s.show(w, r, status, page, body)
}

// CheckField answers the inline check of a field.
func (s *Site) CheckField(w http.ResponseWriter, r *http.Request, form *components.Form) error {
	return s.checkNamed(w, r, form, nil, store.User{}, nil)
}

// checkNamed is check for a form with a username. The username must be free for user, or for a
// new account if user is zero. free is called if it is.
func (s *Site) checkNamed(w http.ResponseWriter, r *http.Request, form *components.Form, username *components.Field, user store.User, free func()) error {
	field, err := fieldOf(r, form)
	if err != nil {
		return err
	}
	if field.CheckLive() && field == username {
		return s.checkUsername(w, r, form, field, user, free)
	}
	return s.showField(w, r, http.StatusOK, form, field)
}

// checkUsername answers the inline check of a well-formed username. Past the limit the check
// waits until the form is sent.
func (s *Site) checkUsername(w http.ResponseWriter, r *http.Request, form *components.Form, field *components.Field, user store.User, free func()) error {
	if !partial(r) {
		return s.Redirect(w, r, form.Action)
	}
	from := source(r)
	if err := spend(s.budgets.usernameChecks, from); err != nil {
		field.CheckLater()
		return s.showField(w, r, s.Refuse(w, r, err), form, field)
	}
	err := s.Store.UsernameFree(r.Context(), field.Value, user, s.browser(r))
	if err == nil {
		free()
	} else if !form.TakeRefusal(err) {
		if !errors.Is(err, context.Canceled) { // a client that has gone was answered anyway
			s.budgets.usernameChecks.giveBack(from)
		}
		return err
	}
	return s.showField(w, r, http.StatusOK, form, field)
}

// chargeUsername makes a refused username cost as much as an inline check. Otherwise sending
// forms would bypass that limit.
func (s *Site) chargeUsername(r *http.Request, err error) error {
	if refusal, refused := rules.AsRefusal(err); refused && refusal.Field == "username" {
		if limited := spend(s.budgets.usernameChecks, source(r)); limited != nil {
			return limited
		}
	}
	return err
}

// showField answers an inline check, and only to htmx.
func (s *Site) showField(w http.ResponseWriter, r *http.Request, status int, form *components.Form, field *components.Field) error {
	if !partial(r) {
		return s.Redirect(w, r, form.Action)
	}
	form.Focus = false // the person is somewhere in the form already
	text, err := render(r.Context(), components.Input(form, field))
	if err != nil {
		return err
	}
	defer release(text)
	writePage(w, r, status, text.Bytes())
	return nil
}
