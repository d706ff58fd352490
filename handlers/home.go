package handlers

import (
	"net/http"

	"gatehouse/components"
)

func (s *Site) home(w http.ResponseWriter, r *http.Request) error {
	page := s.page(r, "")
	page.Entry, page.Reminds = true, true
	sc := scopeOf(r)
	hall := components.Hall{Devices: sc.summary.Devices, MustSetUp: sc.shown() != nil && s.Store.MustSetUp(*sc.shown()), Local: s.Mailbox != nil}
	return s.show(w, r, http.StatusOK, page, components.Home(page, hall))
}

func (s *Site) account(w http.ResponseWriter, r *http.Request) error {
	sc := scopeOf(r)
	overview := components.Overview{User: *sc.shown(), SignIn: sc.shownSignIn(), Summary: sc.summary, Words: s.Product.Events, Mails: s.Store.Mails()}
	return s.show(w, r, http.StatusOK, s.page(r, "Your account"), components.Account(overview))
}
