package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
)

// activities lists what happened to everybody.
func (s *Site) activities(w http.ResponseWriter, r *http.Request) error {
	return s.showActivities(w, r, nil, s.newDownload(r, s.Admin.Activity()))
}

// personActivity lists what happened to one person.
func (s *Site) personActivity(w http.ResponseWriter, r *http.Request) error {
	user, err := s.subject(r)
	if err != nil {
		return err
	}
	return s.showActivities(w, r, &user, nil)
}

func (s *Site) showActivities(w http.ResponseWriter, r *http.Request, person *store.User, download *components.DownloadForm) error {
	form := components.NewActivitySought(s.Admin, person, s.Product.Events)
	sought, err := s.sought(r, form)
	if err != nil {
		return err
	}
	page := components.ActivitiesPage{Sought: form, Person: person, Download: download, Words: s.Product.Events, Later: sought.Before > 0, Retention: s.Store.EventRetention()}
	if person != nil {
		sought.Who = person.ID
	}
	if !form.IsRefused() {
		if page.Listed, err = s.Store.Activity(r.Context(), sought); err != nil {
			return err
		}
	}
	return s.showSought(w, r, form, download, components.Activities(page))
}
