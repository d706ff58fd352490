package handlers

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// deed is something that an administrator does to somebody once they were asked.
type deed struct {
	// form states what they are asked.
	form func(r *http.Request, user store.User) *components.DeedForm
	// do does it and says so. user is the account as it was before, from says who does it.
	do func(r *http.Request, form *components.DeedForm, user store.User, from store.Origin) (sentence string, err error)
}

// newDeed asks. It is refused at once where the deed would be.
func (s *Site) newDeed(d deed) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		user, err := s.subject(r)
		if err != nil {
			return err
		}
		if err := scopeOf(r).user.ActsOn(user); err != nil && scopeOf(r).refusal == "" {
			return err
		}
		form := d.form(r, user)
		if values, ok := s.Draft(r); ok {
			form.Fill(values)
		}
		return s.showDeed(w, r, http.StatusOK, form)
	}
}

// deed does it. Somebody who is gone afterwards has no page to go back to.
func (s *Site) deed(d deed) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		user, err := s.subject(r)
		if err != nil {
			return err
		}
		form := d.form(r, user)
		form.Fill(r.PostForm)
		if !form.Check() {
			return s.showDeed(w, r, http.StatusUnprocessableEntity, form)
		}
		sentence, err := d.do(r, form, user, s.asAdmin(r, form.Reason.Value))
		if form.TakeRefusal(err) {
			return s.showDeed(w, r, s.Refuse(w, r, err), form)
		}
		if err != nil {
			return gone(user.ID, err)
		}
		s.Flash(r, sentence)
		if _, err := s.Store.UserByID(r.Context(), user.ID); errors.Is(err, store.ErrNotFound) {
			return s.Redirect(w, r, s.Admin.People())
		} else if err != nil {
			return err
		}
		return s.Redirect(w, r, s.Admin.Person(user.ID, ""))
	}
}

func (s *Site) showDeed(w http.ResponseWriter, r *http.Request, status int, form *components.DeedForm) error {
	return s.ShowForm(w, r, status, &form.Form, components.Deed(form))
}

// disabling keeps somebody out.
func (s *Site) disabling() deed {
	return deed{
		func(_ *http.Request, user store.User) *components.DeedForm {
			return components.NewDisableForm(s.Admin, user)
		},
		func(r *http.Request, _ *components.DeedForm, user store.User, from store.Origin) (string, error) {
			return components.Disabled(user), s.Store.Disable(r.Context(), user, from)
		},
	}
}

// resettingFactors removes everything that somebody has beside a password.
func (s *Site) resettingFactors() deed {
	return deed{
		func(_ *http.Request, user store.User) *components.DeedForm {
			return components.NewFactorsForm(s.Admin, user)
		},
		func(r *http.Request, _ *components.DeedForm, user store.User, from store.Origin) (string, error) {
			_, err := s.Store.ResetFactors(r.Context(), user, from)
			if errors.Is(err, store.ErrNotFound) { // there is none, or nobody any more
				_, err = s.Store.UserByID(r.Context(), user.ID)
				return components.NoFactors(user.Username), err
			}
			return components.FactorsRemoved(user, s.Store.RequiresSecondStep(user)), err
		},
	}
}

// closing closes an account, as its owner would.
func (s *Site) closing() deed {
	return deed{
		func(_ *http.Request, user store.User) *components.DeedForm {
			return components.NewAdminCloseForm(s.Admin, user, s.Store.ReopenWithin())
		},
		func(r *http.Request, _ *components.DeedForm, user store.User, from store.Origin) (string, error) {
			if err := s.Store.CloseAs(r.Context(), user, from); err != nil {
				return "", err
			}
			after, err := s.Store.UserByID(r.Context(), user.ID)
			switch {
			case errors.Is(err, store.ErrNotFound):
				return components.Erased(user.Username), nil
			case s.Store.ReopenWithin() == 0:
				return components.ClosedForGood(user.Username), err
			}
			return components.ClosedUntil(user, s.Store.ErasedAt(after), s.times(r, scopeOf(r).user)), err
		},
	}
}

// erasing erases an account for good.
func (s *Site) erasing() deed {
	return deed{
		func(_ *http.Request, user store.User) *components.DeedForm {
			return components.NewEraseForm(s.Admin, user)
		},
		func(r *http.Request, _ *components.DeedForm, user store.User, from store.Origin) (string, error) {
			return components.Erased(user.Username), s.Store.Erase(r.Context(), user, from)
		},
	}
}

// changingRole gives somebody a role.
func (s *Site) changingRole() deed {
	return deed{
		func(r *http.Request, user store.User) *components.DeedForm {
			return components.NewRoleForm(s.Admin, user, *scopeOf(r).user)
		},
		func(r *http.Request, form *components.DeedForm, user store.User, from store.Origin) (string, error) {
			role, was := form.Given(r.PostForm.Get("was"))
			changed, err := s.Store.ChangeRole(r.Context(), user, role, was, from)
			return components.RoleGiven(user.Username, role, changed), err
		},
	}
}

// enable ends what disabling began.
func (s *Site) enable(w http.ResponseWriter, r *http.Request) error {
	return s.button(w, r, func(user store.User, from store.Origin) (string, error) {
		return components.Enabled(user), s.Store.Enable(r.Context(), user, from)
	})
}

// sendReset writes to somebody who forgot their password.
func (s *Site) sendReset(w http.ResponseWriter, r *http.Request) error {
	return s.button(w, r, func(user store.User, from store.Origin) (string, error) {
		return components.ResetSent(user.Username), s.Store.SendReset(r.Context(), user, from)
	})
}

// askToVerify writes to somebody whose address is not confirmed.
func (s *Site) askToVerify(w http.ResponseWriter, r *http.Request) error {
	return s.button(w, r, func(user store.User, from store.Origin) (string, error) {
		return components.VerificationSent(user), s.Store.AskToVerify(r.Context(), user, from)
	})
}

// endAllSignIns signs somebody out everywhere.
func (s *Site) endAllSignIns(w http.ResponseWriter, r *http.Request) error {
	return s.button(w, r, func(user store.User, from store.Origin) (string, error) {
		n, err := s.Store.EndSignIns(r.Context(), user, from)
		return components.SignedOut(user.Username, n), err
	})
}

// endSignInOf signs somebody out on one device.
func (s *Site) endSignInOf(w http.ResponseWriter, r *http.Request) error {
	handle := chi.URLParam(r, "handle")
	if !handleShape.MatchString(handle) {
		return components.NotFound
	}
	return s.button(w, r, func(user store.User, from store.Origin) (string, error) {
		err := s.Store.EndSignInOf(r.Context(), user, handle, from)
		if errors.Is(err, store.ErrNotFound) { // it is over already, or they are gone
			_, err = s.Store.UserByID(r.Context(), user.ID)
			return components.SignedOutThere(user.Username, true), err
		}
		return components.SignedOutThere(user.Username, false), err
	})
}

// button does what a button of the page of a person says, and shows the page again.
func (s *Site) button(w http.ResponseWriter, r *http.Request, do func(user store.User, from store.Origin) (string, error)) error {
	user, err := s.subject(r)
	if err != nil {
		return err
	}
	sentence, err := do(user, s.asAdmin(r, ""))
	if err != nil {
		return s.refusedTo(w, r, user.ID, err)
	}
	return s.didTo(w, r, user.ID, sentence)
}
