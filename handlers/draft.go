package handlers

import (
	"cmp"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"gatehouse/store"
)

// draft is a form that was sent but not processed, because its sender had to sign in or
// reauthenticate first. It holds the owner, the path of the page, and the typed values as a
// query string.
type draft struct{ by, path, form string }

// draftMax is the largest form that is saved, in bytes.
const draftMax = 4 << 10

// secretFields are never saved.
var secretFields = []string{"password", "current", "code", "codes", "passkey", "ceremony"}

// formPage is the page with the form that is posted to a path, or the front page.
func (s *Site) formPage(posted string) string {
	for ; posted != "/"; posted = path.Dir(posted) {
		if page := s.next(posted); page != "/" {
			return page
		}
	}
	return "/"
}

// formMetadata are the fields that say for whom a form is. Nobody types them.
var formMetadata = []string{"account", "link", "ticket", "batch", "next"}

// saveDraft saves a form until its page is shown again. It belongs to the account that the form
// was drawn for. If the form names none, it belongs to the given user. It is never submitted on
// their behalf. It returns false where there is nothing to save.
func (s *Site) saveDraft(r *http.Request, userID string) bool {
	values := url.Values{}
	for name, value := range r.PostForm {
		if !slices.Contains(formMetadata, name) && !slices.Contains(secretFields, name) {
			values[name] = value
		}
	}
	if slices.ContainsFunc(secretFields, r.PostForm.Has) {
		values.Del("username") // it is there for password managers alone
	}
	form := values.Encode()
	page := strings.TrimSuffix(r.URL.Path, optionsSuffix)
	if form == "" || len(form) > draftMax || s.formPage(page) != page {
		return false
	}
	s.session(r.Context()).setDraft(draft{cmp.Or(accountOf(r), userID), page, form})
	return true
}

// Draft returns the saved values for this page, once.
func (s *Site) Draft(r *http.Request) (url.Values, bool) {
	sess := s.session(r.Context())
	d, user := sess.draft(), scopeOf(r).user
	if r.Method != get || user == nil || scopeOf(r).lookedAt != nil || d.path != r.URL.Path || !d.belongsTo(*user) {
		return nil, false
	}
	sess.dropDraft()
	values, err := url.ParseQuery(d.form)
	if err != nil || len(values) == 0 {
		return nil, false
	}
	s.Flash(r, "Nothing was changed yet. This is what you typed: check it and send it again.")
	return values, true
}

// belongsTo says whether the draft is the user's.
func (d draft) belongsTo(user store.User) bool {
	return d.by == user.FormID() || d.by == strconv.FormatInt(user.ID, 10)
}

// carryDraft resets the session, and keeps only a draft of this user.
func (s *Site) carryDraft(r *http.Request, user store.User) error {
	sess := s.session(r.Context())
	d := sess.draft()
	if err := s.resetSession(r); err != nil {
		return err
	}
	if d.belongsTo(user) {
		sess.setDraft(d)
	}
	return nil
}
