package handlers

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"gatehouse/components"
	"gatehouse/store"
)

// seenPages are the pages of this site that an administrator sees who looks at an account. A page that is
// not listed is not seen.
var seenPages = []string{
	"/", "/account", "/account/profile", "/account/signins", "/account/activity", "/account/data",
	secondPage, passkeysPage, passkeysPage + "/{handle}", preferencesPage,
}

// stillDone are the forms that are processed meanwhile. Signing out signs the administrator out.
var stillDone = []string{"/logout", "/theme"}

// anywhere is for pages that are the same whatever the address, such as that there is none.
var anywhere = Guard{who: forEveryone, open: true}

// mayBeSeen says whether a route of this site is for whoever looks at an account as well.
func (s *Site) mayBeSeen(r route) bool {
	if r.method == post {
		return r.path == s.Admin.StopLooking() || slices.Contains(stillDone, r.path)
	}
	return slices.Contains(seenPages, r.path)
}

// shows says whether a page of a product is for whoever looks at an account: unless it takes a permission
// or a proof, which are the administrator's own, or says that it is not.
func (g Guard) shows() bool {
	return (g.who == forEveryone || g.who == forMembers) && g.may == 0 && !g.recent && !g.unseen
}

// onlyLooks answers what is not for whoever looks at an account. Nothing is done for anybody.
func (s *Site) onlyLooks(w http.ResponseWriter, r *http.Request) error {
	if isCheck(r) {
		return noContent(w)
	}
	return components.OnlyLooking(*scopeOf(r).lookedAt)
}

// findLookedAt finds the person at whose account the user looks.
func (s *Site) findLookedAt(ctx context.Context, r *http.Request, sc *scope) error {
	if sc.signIn.LooksAt == 0 {
		return nil
	}
	var user store.User
	var err error
	summary := sc.summary
	if isSummed(r) {
		user, summary, err = s.Store.LookedAtOverview(ctx, *sc.signIn, *sc.user)
	} else {
		user, err = s.Store.LookedAt(ctx, *sc.signIn, *sc.user)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		sc.lookedAt, sc.summary = &user, summary
	}
	return err
}

// looking is what the banner of a page says, or nil.
func (s *Site) looking(r *http.Request) *components.Looking {
	sc := scopeOf(r)
	if sc.lookedAt == nil {
		return nil
	}
	return &components.Looking{
		Username: sc.lookedAt.Username, Until: sc.signIn.LooksUntil, Times: s.times(r, sc.user), Stop: s.Admin.StopLooking(), Account: sc.user.FormID(),
	}
}

func (s *Site) newLook(w http.ResponseWriter, r *http.Request) error {
	user, err := s.subject(r)
	if err != nil {
		return err
	}
	if err := scopeOf(r).user.MayLookAt(user); err != nil && scopeOf(r).refusal == "" {
		return err
	}
	form := components.NewLookForm(s.Admin, user)
	if values, ok := s.Draft(r); ok {
		form.Fill(values)
	}
	return s.showDeed(w, r, http.StatusOK, form)
}

func (s *Site) look(w http.ResponseWriter, r *http.Request) error {
	user, err := s.subject(r)
	if err != nil {
		return err
	}
	form := components.NewLookForm(s.Admin, user)
	form.Fill(r.PostForm)
	if !form.Check() {
		return s.showDeed(w, r, http.StatusUnprocessableEntity, form)
	}
	err = s.Store.Look(r.Context(), *scopeOf(r).signIn, user.ID, s.asAdmin(r, form.Reason.Value))
	if form.TakeRefusal(err) {
		return s.showDeed(w, r, s.Refuse(w, r, err), form)
	}
	if err != nil {
		return gone(user.ID, err)
	}
	return s.Redirect(w, r, "/")
}

// stopLooking leads back to the page of the person.
func (s *Site) stopLooking(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	next := "/"
	if user := *sc.user; user.May(store.SeePeople) {
		next = s.Admin.Overview()
		if sc.signIn.LooksAt != 0 {
			next = s.Admin.Person(sc.signIn.LooksAt, "")
		}
	}
	if err := s.Store.StopLooking(r.Context(), *sc.signIn, s.asAdmin(r, "")); err != nil {
		return err
	}
	if sc.signIn.LooksAt != 0 {
		sc.lookedAt = nil
		s.Flash(r, components.StoppedLooking)
	}
	return s.Redirect(w, r, next)
}
