package handlers

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// invitations lists the open invitations, below the form of a further one.
func (s *Site) invitations(w http.ResponseWriter, r *http.Request) error {
	form := components.NewInvitationForm(s.Admin, *scopeOf(r).user)
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	return s.showInvitations(w, r, http.StatusOK, form, "")
}

// inviteSomebody writes an invitation. The limit of letters by source is for people who may be anybody; that
// of an address holds for everybody.
func (s *Site) inviteSomebody(w http.ResponseWriter, r *http.Request) error {
	form := components.NewInvitationForm(s.Admin, *scopeOf(r).user)
	form.Fill(r.PostForm)
	if !s.Store.Mails() {
		return s.refusedInvitation(w, r, store.ErrNoMail)
	}
	if !form.Check() {
		return s.showInvitations(w, r, http.StatusUnprocessableEntity, form, "")
	}
	err := s.Store.Invite(r.Context(), form.Email.Value, form.Given(), s.asAdmin(r, ""))
	if form.TakeRefusal(err) {
		return s.showInvitations(w, r, s.Refuse(w, r, err), form, "")
	}
	if err != nil {
		return err
	}
	return s.didInvite(w, r, components.Invited(rules.DeliverableEmail(form.Email.Value)))
}

// revokeInvitation voids one.
func (s *Site) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	return s.onInvitation(w, r, s.Store.RevokeInvite, components.InvitationRevoked)
}

// inviteAgain voids one and writes another.
func (s *Site) inviteAgain(w http.ResponseWriter, r *http.Request) error {
	return s.onInvitation(w, r, s.Store.InviteAgain, components.Invited)
}

// onInvitation does something to the invitation that the address names, and says so.
func (s *Site) onInvitation(w http.ResponseWriter, r *http.Request, do invitationVerb, says func(email string) string) error {
	handle := chi.URLParam(r, "handle")
	if !handleShape.MatchString(handle) {
		return components.NotFound
	}
	email, err := do(r.Context(), handle, s.asAdmin(r, ""))
	if errors.Is(err, store.ErrNotFound) {
		return components.NoInvitation
	}
	if err != nil {
		return s.refusedInvitation(w, r, err)
	}
	return s.didInvite(w, r, says(email))
}

// invitationVerb does something to an invitation and returns to whom it was.
type invitationVerb func(ctx context.Context, handle string, from store.Origin) (email string, err error)

// didInvite reports what was done. htmx gets the list as it is now.
func (s *Site) didInvite(w http.ResponseWriter, r *http.Request, sentence string) error {
	if partial(r) {
		return s.showInvitations(w, r, http.StatusOK, components.NewInvitationForm(s.Admin, *scopeOf(r).user), sentence)
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, s.Admin.Invitations())
}

// refusedInvitation shows the list with why nothing was done, where no field is to blame.
func (s *Site) refusedInvitation(w http.ResponseWriter, r *http.Request, err error) error {
	refusal, refused := rules.AsRefusal(err)
	if !refused {
		return err
	}
	scopeOf(r).refusal = refusal.Sentence
	return s.showInvitations(w, r, http.StatusUnprocessableEntity, components.NewInvitationForm(s.Admin, *scopeOf(r).user), "")
}

func (s *Site) showInvitations(w http.ResponseWriter, r *http.Request, status int, form *components.InvitationForm, notice string) error {
	var mark store.InviteMark
	if text := r.URL.Query().Get("before"); text != "" && r.Method != post {
		var ok bool
		if mark, ok = store.ParseInviteMark(text); !ok {
			return components.NotFound
		}
	}
	list, more, err := s.Store.Invitations(r.Context(), mark)
	if err != nil {
		return err
	}
	body := components.Invitations(components.InvitationsPage{
		List: list, By: *scopeOf(r).user, Form: form, Mails: s.Store.Mails(), More: more, Later: mark != store.InviteMark{}, Notice: notice,
	})
	if !s.Store.Mails() { // then there is no form
		return s.show(w, r, status, s.page(r, form.Title), body)
	}
	return s.ShowForm(w, r, status, &form.Form, body)
}
