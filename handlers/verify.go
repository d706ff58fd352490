package handlers

import (
	"errors"
	"fmt"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

// newVerify is where links to verify an address lead. Without a link it explains how to get
// one.
func (s *Site) newVerify(w http.ResponseWriter, r *http.Request) error {
	if len(s.opened(r, verifyPage)) > 0 {
		return s.withLink(verifyPage, s.newVerification)(w, r)
	}
	if scopeOf(r).user == nil && !s.hasCookies(r) {
		return s.invalidLink(w, r)
	}
	return s.showUnverified(w, r, http.StatusOK, "")
}

func (s *Site) newVerification(w http.ResponseWriter, r *http.Request, token string) error {
	form, email, err := s.verifyForm(r, token)
	if err != nil {
		return err
	}
	return s.showVerify(w, r, http.StatusOK, form, email)
}

func (s *Site) blankVerify(w http.ResponseWriter, r *http.Request) error {
	return s.showVerify(w, r, http.StatusOK, components.NewVerifyForm(false, ""), "")
}

// verifyForm is the form for the token of an account or of a pending registration.
func (s *Site) verifyForm(r *http.Request, token string) (*components.VerifyForm, string, error) {
	t, err := s.Store.Token(r.Context(), token, store.PurposeVerify, store.PurposeNewEmail)
	if err == nil {
		return components.NewVerifyForm(false, t.User.Username), t.Email, nil
	}
	if !errors.Is(err, store.ErrInvalidLink) {
		return nil, "", err
	}
	p, mine, err := s.Store.FindPending(r.Context(), token, s.browser(r))
	form := components.NewVerifyForm(!mine, p.Username)
	if err == nil && p.WithoutPassword() {
		form = components.NewPasskeyVerifyForm(s.Passwords, s.Store.Passkeys(), store.User{Name: p.Name, Username: p.Username, Email: p.Email})
	}
	form.Next = p.Next
	return form, p.Email, err
}

func (s *Site) verify(w http.ResponseWriter, r *http.Request, token string) error {
	form, email, err := s.verifyForm(r, token)
	if err != nil {
		return err
	}
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showVerify(w, r, http.StatusUnprocessableEntity, form, email)
	}
	_, err = s.Store.VerifyEmail(r.Context(), token, s.Origin(r))
	if err == nil {
		s.closeLink(w, r, verifyPage, token)
		s.Flash(r, fmt.Sprintf("Thank you. The address %s is confirmed.", email))
		if scopeOf(r).user == nil {
			return s.Redirect(w, r, "/login")
		}
		return s.Redirect(w, r, "/account")
	}
	if !errors.Is(err, store.ErrInvalidLink) {
		return err
	}
	return s.openAccount(w, r, token, form, email)
}

// openAccount creates the account of a pending registration. Only the browser that registered
// is signed in.
func (s *Site) openAccount(w http.ResponseWriter, r *http.Request, token string, form *components.VerifyForm, email string) error {
	var user store.User
	open := func(password string) (err error) {
		user, err = s.Store.CompleteRegistration(r.Context(), token, password, s.browser(r), s.Origin(r))
		return err
	}
	var err error
	switch {
	case form.Password == nil:
		err = open("")
	case form.Chooses:
		err = open(form.Password.Value)
	default:
		err = s.tryProof(r, func() error { return open(form.Password.Value) })
	}
	if form.TakeRefusal(err) {
		return s.showVerify(w, r, s.Refuse(w, r, err), form, email)
	}
	if err != nil {
		return err
	}
	return s.leadInto(w, r, token, form, store.ByPassword(user), form.Password == nil || form.Chooses)
}

// makePasskey creates the account of a registration without a password, with its passkey.
func (s *Site) makePasskey(w http.ResponseWriter, r *http.Request, token string) error {
	form, email, err := s.verifyForm(r, token)
	if err != nil {
		return err
	}
	if form.Passkey == nil {
		return store.ErrInvalidLink
	}
	form.Next = r.PostForm.Get("next")
	answer, ok := answerOf(r)
	if !ok {
		form.Problem = components.NoPasskeyCame
		return s.showVerify(w, r, http.StatusUnprocessableEntity, form, email)
	}
	entry, err := s.Store.CompleteWithPasskey(r.Context(), token, answer.ceremony, answer.passkey, components.PasskeyName("", r.UserAgent()), s.Origin(r))
	if form.TakeRefusal(err) {
		return s.showVerify(w, r, s.Refuse(w, r, err), form, email)
	}
	if err != nil {
		return err
	}
	return s.leadInto(w, r, token, form, entry, true)
}

// makePasskeyOptions begins to make the passkey of a registration without a password.
func (s *Site) makePasskeyOptions(w http.ResponseWriter, r *http.Request, token string) error {
	return s.options(w, r, func() (store.Ceremony, error) { return s.Store.BeginPendingPasskey(r.Context(), token) })
}

// leadInto leads into an account that was made just now. Whoever is signed in to another one here
// stays that, and who was not known here before signs in.
func (s *Site) leadInto(w http.ResponseWriter, r *http.Request, token string, form *components.VerifyForm, e store.Entry, known bool) error {
	s.closeLink(w, r, verifyPage, token)
	s.dropCookie(w, r, pendingCookie, browserToken.MatchString)
	if !known || scopeOf(r).user != nil {
		form.Next = s.next(form.Next)
		s.Flash(r, "Your account is open. Sign in with it.")
		return s.Redirect(w, r, form.WithNext("/login"))
	}
	return s.admitNew(w, r, e, arrival{form.Next, fmt.Sprintf("Welcome, %s. Your account is open.", e.User.DisplayName())})
}

// resend writes again to an unverified address: that of the signed-in user, or of the pending
// registration of this browser. Who is not signed in gets the same answer whether or not there
// is anything to send.
func (s *Site) resend(w http.ResponseWriter, r *http.Request) error {
	if scopeOf(r).user == nil && accountOf(r) != "" {
		return s.mustSignIn(w, r) // the page was drawn for somebody who is not signed in any more
	}
	if !s.Store.Mails() {
		return components.NotFound
	}
	user := scopeOf(r).user
	if user != nil && user.Verified() {
		s.Flash(r, fmt.Sprintf("The address %s is confirmed already.", user.Email))
		return s.Redirect(w, r, "/account")
	}
	enough := false
	err := s.askLetter(r, func() error {
		if user == nil {
			return s.Store.SendPending(r.Context(), s.browser(r), s.Origin(r))
		}
		err := s.Store.SendVerification(r.Context(), *user, s.Origin(r))
		if enough = errors.Is(err, store.ErrEnoughLetters); enough {
			return nil // it costs what a letter costs
		}
		return err
	})
	if enough {
		err = store.ErrEnoughLetters
	}
	if isRefusal(err) {
		return s.showUnverified(w, r, s.Refuse(w, r, err), err.Error())
	}
	if err != nil {
		return err
	}
	sentence := "An email is on its way, unless you've had several within the last hour."
	if user != nil { // their own address, so nothing is given away
		sentence = fmt.Sprintf("Sent to %s.", user.Email)
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, "/email/verify")
}

// redirectToVerify answers GET at the addresses of forms below the page. Without it the route for
// tokens would take them for a link.
func (s *Site) redirectToVerify(w http.ResponseWriter, r *http.Request) error {
	return s.Redirect(w, r, "/email/verify")
}

func (s *Site) showVerify(w http.ResponseWriter, r *http.Request, status int, form *components.VerifyForm, email string) error {
	return s.ShowForm(w, r, status, &form.Form, components.Verify(form, email))
}

func (s *Site) showUnverified(w http.ResponseWriter, r *http.Request, status int, refusal string) error {
	user := scopeOf(r).user
	switch {
	case user == nil && s.Registration == store.RegistrationConfirm:
		email, err := s.Store.RegisteredEmail(r.Context(), s.browser(r))
		if err != nil {
			return err
		}
		page := s.page(r, components.InboxTitle)
		page.Refused = refusal != ""
		return s.show(w, r, status, page, components.CheckInbox(email, refusal))
	case user == nil:
		return s.Redirect(w, r, s.via("/login", r))
	case user.Verified():
		return s.Redirect(w, r, "/account")
	}
	page := s.page(r, components.ConfirmAddress)
	page.Refused = refusal != ""
	return s.show(w, r, status, page, components.Unverified(*user, s.Store.Mails(), refusal))
}
