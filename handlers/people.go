package handlers

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"gatehouse/components"
	"gatehouse/store"
)

// people lists accounts, or finds them.
func (s *Site) people(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	page := components.PeoplePage{Mails: s.Store.Mails(), Me: scopeOf(r).user.ID}
	fill := s.listed
	if typed := query.Get("q"); strings.TrimSpace(typed) != "" {
		fill = s.found
		page.Query = typed
	}
	if err := fill(r, query, &page); err != nil {
		return err
	}
	return s.show(w, r, http.StatusOK, s.page(r, components.PeopleTitle), components.People(page))
}

// listed fills a page of a list.
func (s *Site) listed(r *http.Request, query url.Values, page *components.PeoplePage) error {
	before, err := position(query, "before")
	if err != nil {
		return err
	}
	page.Show, page.Later = store.Show(query.Get("show")), before > 0
	if !page.Show.Known() {
		return components.NotFound
	}
	page.People, page.More, err = s.Store.People(r.Context(), page.Show, before)
	return err
}

// found fills a page of what a search found: some of each kind, or all of one.
func (s *Site) found(r *http.Request, query url.Values, page *components.PeoplePage) (err error) {
	typed := query.Get("q")
	if page.By = store.By(query.Get("by")); page.By == "" {
		page.Found, err = s.Store.Search(r.Context(), typed)
		return err
	}
	if !page.By.Listed() {
		return components.NotFound
	}
	after := store.Mark{Key: query.Get("after")}
	if after.ID, err = position(query, "id"); err != nil {
		return err
	}
	page.Later = after != store.Mark{}
	page.People, page.Next, err = s.Store.SearchBy(r.Context(), typed, page.By, after)
	return err
}

// position is the number of an entry of a list where a page of it begins, or 0 for the first page.
func position(query url.Values, name string) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return 0, components.NotFound
	}
	return n, nil
}
