package handlers

import (
	"net/http"

	"gatehouse/components"
)

func (s *Site) newProfile(w http.ResponseWriter, r *http.Request) error {
	form := components.NewProfileForm(*scopeOf(r).shown())
	if values, ok := s.Draft(r); ok && !values.Has("zone") { // that is the other form of the page
		form.Fill(values)
	}
	signal, err := s.changedDetails(r)
	if err != nil {
		return err
	}
	return s.showProfile(w, r, http.StatusOK, form, signal)
}

// changedDetails tells the password manager what somebody with passkeys is called, right after they
// changed it.
func (s *Site) changedDetails(r *http.Request) (components.Signal, error) {
	user := *scopeOf(r).shown()
	if scopeOf(r).lookedAt != nil || user.Passkeys == 0 || !s.Store.Passkeys() || s.session(r.Context()).flash() != components.Saved {
		return "", nil
	}
	list, err := s.Store.ListPasskeys(r.Context(), user)
	return components.OwnDetails(s.Store.PasskeyDomain(), user, list), err
}

func (s *Site) profile(w http.ResponseWriter, r *http.Request) error {
	user := *scopeOf(r).user
	form := components.NewProfileForm(user)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showProfile(w, r, http.StatusUnprocessableEntity, form, "")
	}
	_, err := s.Store.UpdateProfile(r.Context(), user, form.Name.Value, form.Username.Value, s.Origin(r))
	err = s.chargeUsername(r, err)
	if form.TakeRefusal(err) {
		return s.showProfile(w, r, s.Refuse(w, r, err), form, "")
	}
	if err != nil {
		return err
	}
	s.Flash(r, components.Saved)
	return s.Redirect(w, r, form.Action)
}

func (s *Site) checkProfile(w http.ResponseWriter, r *http.Request) error {
	user := *scopeOf(r).user
	form := components.NewProfileForm(user)
	return s.checkNamed(w, r, &form.Form, form.Username, user, func() { form.UsernameIsFree(user) })
}

func (s *Site) showProfile(w http.ResponseWriter, r *http.Request, status int, form *components.ProfileForm, signal components.Signal) error {
	zone := components.NewZoneForm(*scopeOf(r).shown(), s.browserZone(r))
	return s.ShowForm(w, r, status, &form.Form, components.Profile(s.page(r, form.Title), form, zone, signal))
}
