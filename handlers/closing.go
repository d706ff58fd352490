package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newClosing(w http.ResponseWriter, r *http.Request) error {
	form := components.NewClosingForm(*scopeOf(r).user)
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	return s.showClosing(w, r, http.StatusOK, form)
}

func (s *Site) closeAccount(w http.ResponseWriter, r *http.Request) error {
	user := *scopeOf(r).user
	form := components.NewClosingForm(user)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showClosing(w, r, http.StatusUnprocessableEntity, form)
	}
	if err := s.Store.CloseAccount(r.Context(), user, s.Origin(r)); err != nil {
		return err
	}
	if err := s.resetSession(r); err != nil {
		return err
	}
	sentence := fmt.Sprintf("Your account is closed. %s", components.ErasedAtOnce)
	if reopen := s.Store.ReopenWithin(); reopen > 0 {
		sentence = fmt.Sprintf("Your account is closed. Sign in within %s if you want it back.", components.Days(reopen))
	}
	s.Flash(r, sentence)
	// Whoever closes an account leaves no name in the browser, which others may use.
	s.forgetUsername(w, r)
	clearSiteData(w)
	return s.Redirect(w, r, "/")
}

func (s *Site) showClosing(w http.ResponseWriter, r *http.Request, status int, form *components.ClosingForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Closing(form, s.Store.ReopenWithin()))
}

// offerReopening sends the owner of a closed account to the page where they can reopen it. It
// signs nobody in.
func (s *Site) offerReopening(w http.ResponseWriter, r *http.Request, e store.Entry) error {
	if err := s.resetSession(r); err != nil {
		return err
	}
	s.session(r.Context()).setTicket(s.Store.Ticket(e))
	return s.Redirect(w, r, "/reopen")
}

func (s *Site) newReopening(w http.ResponseWriter, r *http.Request) error {
	ticket := s.session(r.Context()).ticket()
	entry, err := s.Store.Resume(r.Context(), ticket)
	if errors.Is(err, store.ErrNotFound) {
		return s.Redirect(w, r, "/login")
	}
	if err != nil {
		return err
	}
	if entry.Missing() != store.Reopening {
		return s.Redirect(w, r, "/login/second")
	}
	page := s.page(r, components.AccountClosed)
	return s.show(w, r, http.StatusOK, page, components.Reopening(entry.User, s.Store.ErasedAt(entry.User), store.TicketID(ticket)))
}

func (s *Site) reopen(w http.ResponseWriter, r *http.Request) error {
	ticket := s.session(r.Context()).ticket()
	entry, err := s.Store.Resume(r.Context(), ticket)
	if err == nil && (!drawnFor(r, entry.User) || !drawnForTicket(r, ticket)) {
		scopeOf(r).refusal = components.OtherAccount
		return s.newReopening(w, r)
	}
	if err == nil {
		entry, err = s.Store.Reopen(r.Context(), ticket, s.Origin(r))
	}
	if errors.Is(err, store.ErrNotFound) {
		return s.Redirect(w, r, "/login")
	}
	if err != nil {
		return err
	}
	greeting := fmt.Sprintf("Welcome back, %s. Your account is open again.", entry.User.DisplayName())
	next := "/account"
	if entry.Kind == store.KindRecovery {
		next = secondPage // where they can set up an app anew
	}
	return s.admitNew(w, r, entry, arrival{next, greeting})
}
