package handlers

import (
	"net/http"
	"strconv"

	"gatehouse/components"
)

func (s *Site) activity(w http.ResponseWriter, r *http.Request) error {
	var before int64
	if text := r.URL.Query().Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseInt(text, 10, 64); err != nil || before < 1 {
			return components.NotFound
		}
	}
	events, more, err := s.Store.Events(r.Context(), *scopeOf(r).shown(), before)
	if err != nil {
		return err
	}
	page := components.ActivityPage{Events: events, Words: s.Product.Events, More: more, Later: before > 0, Contacts: s.Contacts}
	body := components.Activity(page, s.Store.EventRetention())
	return s.show(w, r, http.StatusOK, s.page(r, "Activity"), body)
}
