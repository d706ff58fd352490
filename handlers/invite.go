package handlers

import (
	"cmp"
	"crypto/rand"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

func (s *Site) newInvite(w http.ResponseWriter, r *http.Request, token string) error {
	form, email, err := s.inviteForm(r, token)
	if err != nil {
		return err
	}
	if sc := scopeOf(r); sc.user != nil && sc.refusal == "" {
		// Say why the invitation does not open.
		return s.show(w, r, http.StatusOK, s.page(r, components.SignedInTitle), components.InviteSignedIn(*sc.user))
	}
	return s.showInvite(w, r, http.StatusOK, form, email)
}

func (s *Site) inviteForm(r *http.Request, token string) (*components.InviteForm, string, error) {
	t, err := s.Store.Token(r.Context(), token, store.PurposeInvite)
	form := components.NewInviteForm(s.Passwords, t.Email, s.Store.Passkeys() && t.Role == "")
	if role, known := store.FindRole(t.Role); known && role.Name != "" {
		form.Role = role.Label
	}
	return form, t.Email, err
}

func (s *Site) invite(w http.ResponseWriter, r *http.Request, token string) error {
	form, email, err := s.inviteForm(r, token)
	if err != nil {
		return err
	}
	form.Fill(r.PostForm)
	without := form.TakeWithout(r.PostForm, form.Password)
	if !form.Check() {
		return s.showInvite(w, r, http.StatusUnprocessableEntity, form, email)
	}
	if without {
		return s.inviteWithoutPassword(w, r, token, form, email)
	}
	user, err := s.Store.AcceptInvite(r.Context(), token, form.Registration(), s.Origin(r))
	err = s.chargeUsername(r, err)
	if form.TakeRefusal(err) {
		return s.showInvite(w, r, s.Refuse(w, r, err), form, email)
	}
	if err != nil {
		return err
	}
	s.closeLink(w, r, invitePage, token)
	return s.admitNew(w, r, store.ByPassword(user), arrival{greeting: components.Welcome(user)})
}

// inviteWithoutPassword settles the username, and leads to where the passkey is made.
func (s *Site) inviteWithoutPassword(w http.ResponseWriter, r *http.Request, token string, form *components.InviteForm, email string) error {
	browser := cmp.Or(s.browser(r), rand.Text())
	registered, err := s.Store.InvitePending(r.Context(), token, form.Registration(), browser, s.Origin(r))
	err = s.chargeUsername(r, err)
	if form.TakeRefusal(err) {
		return s.showInvite(w, r, s.Refuse(w, r, err), form, email)
	}
	if err != nil {
		return err
	}
	s.setCookie(w, pendingCookie, browser, store.PendingValid)
	s.saveOpened(w, r, verifyPage, append([]string{registered}, s.opened(r, verifyPage)...))
	return s.Redirect(w, r, verifyPage.path)
}

func (s *Site) blankInvite(w http.ResponseWriter, r *http.Request) error {
	return s.showInvite(w, r, http.StatusOK, components.NewInviteForm(s.Passwords, "", s.Store.Passkeys()), "")
}

func (s *Site) checkInvite(w http.ResponseWriter, r *http.Request, token string) error {
	form, _, err := s.inviteForm(r, token)
	if err != nil {
		return err
	}
	return s.checkNamed(w, r, &form.Form, form.Username, store.User{}, form.UsernameIsFree)
}

func (s *Site) showInvite(w http.ResponseWriter, r *http.Request, status int, form *components.InviteForm, email string) error {
	return s.ShowForm(w, r, status, &form.Form, components.Invite(form, email, s.Contacts))
}
