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

// draft is a form that was not acted upon, because its sender had to sign in or prove
// who they are first: whose it is, the page it belongs to, and what was typed, as a
// query.
type draft struct{ by, path, form string }

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
	s.session(r.Context()).setDraft(draft{cmp.Or(accountOf(r), userID), r.URL.Path, form})
}

// Draft returns what was kept of the form on this page, once.
func (s *Site) Draft(r *http.Request) (url.Values, bool) {
	held := s.session(r.Context())
	d, user := held.draft(), scopeOf(r).user
	if r.Method != get || user == nil || d.path != r.URL.Path || !d.belongsTo(*user) {
		return nil, false
	}
	held.dropDraft()
	values, err := url.ParseQuery(d.form)
	if err != nil || len(values) == 0 {
		return nil, false
	}
	s.Flash(r, "Nothing was changed yet. This is what you typed: check it and send it again.")
	return values, true
}

// belongsTo says whether the draft is that user's.
func (d draft) belongsTo(user store.User) bool {
	return d.by == user.FormID() || d.by == strconv.FormatInt(user.ID, 10)
}

// carryDraft resets the session but for the draft of this person.
func (s *Site) carryDraft(r *http.Request, user store.User) error {
	held := s.session(r.Context())
	d := held.draft()
	if err := s.resetSession(r); err != nil {
		return err
	}
	if d.belongsTo(user) {
		held.setDraft(d)
	}
	return nil
}
