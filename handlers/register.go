package handlers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

func (s *Site) newRegister(w http.ResponseWriter, r *http.Request) error {
	form := s.registerForm()
	form.Next = r.URL.Query().Get("next")
	return s.showRegister(w, r, http.StatusOK, form)
}

// registerForm offers an account without a password only where its address is confirmed first: one
// passkey would guard an account that nobody could get back.
func (s *Site) registerForm() *components.RegisterForm {
	return components.NewRegisterForm(s.Passwords, s.Registration == store.RegistrationConfirm && s.Store.Passkeys())
}

func (s *Site) register(w http.ResponseWriter, r *http.Request) error {
	if !s.Registration.Open() {
		return s.showRegister(w, r, http.StatusForbidden, nil)
	}
	form := s.registerForm()
	form.Fill(r.PostForm)
	without := form.TakeWithout(r.PostForm, form.Password)
	if !form.Check() {
		return s.showRegister(w, r, http.StatusUnprocessableEntity, form)
	}
	var user store.User
	browser := cmp.Or(s.browser(r), rand.Text())
	err := s.withinLimits(r, func() (err error) {
		if s.Registration == store.RegistrationConfirm {
			registration := form.Registration()
			registration.Next, registration.WithoutPassword = s.next(form.Next), without
			return s.Store.RegisterPending(r.Context(), registration, browser, s.Origin(r))
		}
		user, err = s.Store.Register(r.Context(), form.Registration(), s.Origin(r))
		return err
	})
	if form.TakeRefusal(err) {
		if errors.Is(err, store.ErrUsernameTaken) && s.Registration != store.RegistrationConfirm {
			// The first request may have succeeded without its answer arriving.
			s.carryUsername(w, form.Username.Value)
			form.AdviseOwner()
		}
		if errors.Is(err, store.ErrEmailTaken) {
			s.carryUsername(w, form.Email.Value)
			form.LeadOwner()
		}
		return s.showRegister(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return err
	}
	if s.Registration == store.RegistrationConfirm {
		s.setCookie(w, pendingCookie, browser, store.PendingValid)
		scopeOf(r).needsCookies = true
		return s.Redirect(w, r, "/email/verify")
	}
	return s.admitNew(w, r, store.ByPassword(user), arrival{form.Next, components.Welcome(user)})
}

// withinLimits registers within the limits. A taken username costs as much as an inline check.
// A taken email address costs as much as an account, because that answer is private. A canceled
// request costs the same, because the password was hashed anyway. A fault costs nothing.
func (s *Site) withinLimits(r *http.Request, register func() error) error {
	from := source(r)
	if err := spend(s.budgets.registrations, from); err != nil {
		return err
	}
	if err := spend(s.budgets.allRegistrations, ""); err != nil {
		s.budgets.registrations.giveBack(from)
		return err
	}
	err := register()
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	s.budgets.allRegistrations.giveBack("")
	if refusal, refused := rules.AsRefusal(err); refused && refusal.Field == "email" {
		return err
	}
	s.budgets.registrations.giveBack(from)
	return s.chargeUsername(r, err)
}

func (s *Site) checkRegister(w http.ResponseWriter, r *http.Request) error {
	if !s.Registration.Open() {
		return components.NotFound
	}
	form := s.registerForm()
	return s.checkNamed(w, r, &form.Form, form.Username, store.User{}, form.UsernameIsFree)
}

func (s *Site) showRegister(w http.ResponseWriter, r *http.Request, status int, form *components.RegisterForm) error {
	if !s.Registration.Open() {
		invited := s.Registration == store.RegistrationInvite
		page := s.page(r, components.ClosedTitle(invited))
		page.Indexed = false
		return s.show(w, r, status, page, components.RegisterClosed(invited, s.Contacts))
	}
	return s.ShowForm(w, r, status, &form.Form, components.Register(form, s.Contacts))
}
