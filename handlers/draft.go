package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"

	"gatehouse/store"
)

// What a session keeps of a form that was refused because its sender had to
// sign in, or prove who they are, first: whose it is, where it belongs, and
// what was typed.
const (
	sessionDraftBy   = "kept-by"
	sessionDraftPath = "kept-path"
	sessionDraftForm = "kept-form"
)

// draftMax bounds what is kept of a form, in bytes.
const draftMax = 4 << 10

// secretFields are never kept.
var secretFields = []string{"password", "current"}

// formPage is the page that a form posted to path stands on, or the front page.
func (s *Site) formPage(posted string) string {
	for ; posted != "/"; posted = path.Dir(posted) {
		if page := s.next(posted); page != "/" {
			return page
		}
	}
	return "/"
}

// aboutForms are the fields that say for whom a form is, and nothing that was typed.
var aboutForms = []string{"account", "link", "next"}

// saveDraft remembers a form until its page is shown again: to the person whom it was
// drawn for, or where it does not say that, to the one with that id. It is never
// sent on their behalf.
func (s *Site) saveDraft(r *http.Request, userID string) {
	values := url.Values{}
	for name, value := range r.PostForm {
		if !slices.Contains(aboutForms, name) && !slices.Contains(secretFields, name) {
			values[name] = value
		}
	}
	if slices.ContainsFunc(secretFields, r.PostForm.Has) {
		values.Del("username") // it is there for password managers alone
	}
	form := values.Encode()
	if form == "" || len(form) > draftMax || s.formPage(r.URL.Path) != r.URL.Path {
		return
	}
	ctx := r.Context()
	s.Sessions.Put(ctx, sessionDraftBy, cmp.Or(accountOf(r), userID))
	s.Sessions.Put(ctx, sessionDraftPath, r.URL.Path)
	s.Sessions.Put(ctx, sessionDraftForm, form)
}

// takeDraft returns what was kept of the form on this page, once.
func (s *Site) takeDraft(r *http.Request) (url.Values, bool) {
	ctx := r.Context()
	user := scopeOf(r).user
	if r.Method != get || user == nil || s.Sessions.GetString(ctx, sessionDraftPath) != r.URL.Path ||
		!draftFor(s.Sessions.GetString(ctx, sessionDraftBy), *user) {
		return nil, false
	}
	values, err := url.ParseQuery(s.Sessions.PopString(ctx, sessionDraftForm))
	s.Sessions.Remove(ctx, sessionDraftBy)
	s.Sessions.Remove(ctx, sessionDraftPath)
	if err != nil || len(values) == 0 {
		return nil, false
	}
	s.flash(r, "Nothing was changed yet. This is what you typed: check it and send it again.")
	return values, true
}

// draftFor says whether what was kept is that user's.
func draftFor(by string, user store.User) bool {
	return by == user.FormID() || by == strconv.FormatInt(user.ID, 10)
}

// carryDraft starts the session afresh but for what was kept for this person.
func (s *Site) carryDraft(r *http.Request, user store.User) error {
	ctx := r.Context()
	by := s.Sessions.GetString(ctx, sessionDraftBy)
	page, form := s.Sessions.GetString(ctx, sessionDraftPath), s.Sessions.GetString(ctx, sessionDraftForm)
	if err := s.resetSession(r); err != nil {
		return err
	}
	if draftFor(by, user) {
		s.Sessions.Put(ctx, sessionDraftBy, by)
		s.Sessions.Put(ctx, sessionDraftPath, page)
		s.Sessions.Put(ctx, sessionDraftForm, form)
	}
	return nil
}
