package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// handleShape is the format of handles. PostgreSQL refuses text with a NUL.
var handleShape = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)

func (s *Site) signIns(w http.ResponseWriter, r *http.Request) error {
	return s.showSignIns(w, r, "")
}

// endSignIn ends one of the person's sign-ins. The answer is the same for one that does not
// exist and one of somebody else.
func (s *Site) endSignIn(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	handle := chi.URLParam(r, "handle")
	if !handleShape.MatchString(handle) {
		return components.NotFound
	}
	if handle == sc.signIn.Handle {
		return s.logout(w, r)
	}
	err := s.Store.EndSignIn(r.Context(), *sc.signIn, handle, s.Origin(r))
	if errors.Is(err, store.ErrNotFound) {
		return components.NoDevice
	}
	if err != nil {
		return err
	}
	return s.ended(w, r, components.DeviceSignedOut)
}

func (s *Site) endOtherSignIns(w http.ResponseWriter, r *http.Request) error {
	n, err := s.Store.EndOtherSignIns(r.Context(), *scopeOf(r).signIn, s.Origin(r))
	if err != nil {
		return err
	}
	sentence := "There was no other device."
	if n == 1 {
		sentence = "The other device is signed out."
	} else if n > 1 {
		sentence = fmt.Sprintf("%d other devices are signed out.", n)
	}
	return s.ended(w, r, sentence)
}

// ended reports what was ended. htmx gets the current list, so that the row disappears in
// place.
func (s *Site) ended(w http.ResponseWriter, r *http.Request, sentence string) error {
	if partial(r) {
		return s.showSignIns(w, r, sentence)
	}
	s.Flash(r, sentence)
	return s.Redirect(w, r, "/account/signins")
}

func (s *Site) showSignIns(w http.ResponseWriter, r *http.Request, notice string) error {
	sc := scopeOf(r)
	list, err := s.Store.SignIns(r.Context(), *sc.shown())
	if err != nil {
		return err
	}
	current := sc.shownSignIn()
	// When a device was seen last is exact to a minute, so the one at hand need not be the first.
	if i := slices.IndexFunc(list, func(n store.SignIn) bool { return n.ID == current.ID }); i > 0 {
		list = slices.Insert(slices.Delete(list, i, i+1), 0, current)
	}
	return s.show(w, r, http.StatusOK, s.page(r, "Devices"), components.SignIns(list, current, sc.shown().FormID(), notice))
}
