package handlers

import (
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"gatehouse/components"
	"gatehouse/store"
)

// sought reads the conditions of a list from the address. A form that was posted to the page has none.
func (s *Site) sought(r *http.Request, form *components.SoughtForm) (store.Sought, error) {
	if r.Method == post {
		return store.Sought{}, nil
	}
	query := r.URL.Query()
	var before int64
	if text := query.Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return store.Sought{}, components.NotFound
		}
	}
	form.Fill(query)
	if !form.Check() {
		return store.Sought{}, nil
	}
	sought := form.Sought(before)
	if form.Who.Value == "" {
		return sought, nil
	}
	var err error
	sought.Who, err = s.Store.Whom(r.Context(), form.Who.Value)
	if form.TakeRefusal(err) {
		err = nil
	}
	return sought, err
}

// showSought answers with a list, or with what is wrong with its conditions or the days of its file.
func (s *Site) showSought(w http.ResponseWriter, r *http.Request, form *components.SoughtForm, download *components.DownloadForm, body templ.Component) error {
	page := s.page(r, form.Title)
	page.Here, page.Refused = form.Action, form.IsRefused()
	if download != nil {
		download.Account = scopeOf(r).user.FormID()
		page.Refused = page.Refused || download.IsRefused()
	}
	status := http.StatusOK
	if page.Refused {
		status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, status, page, body)
}
