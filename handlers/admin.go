package handlers

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// AdminRoot is where the administration is, unless the Site says otherwise.
const AdminRoot components.AdminRoot = "/admin"

// The guards of the administration. What does something takes recent authentication as well.
var (
	seePeople    = May(store.SeePeople)
	helpPeople   = May(store.HelpPeople).And(Recent)
	managePeople = May(store.ManagePeople).And(Recent)
	erasePeople  = May(store.ErasePeople).And(Recent)
	changeRoles  = May(store.ChangeRoles).And(Recent)
	seeActivity  = May(store.SeeActivity)
	takeActivity = May(store.SeeActivity).And(Recent)
	lookAsThem   = May(store.LookAsThem).And(Recent)
)

// administration are the pages of the people who run the site.
func (s *Site) administration() []route {
	root := string(s.Admin)
	return []route{
		{get, root, seePeople, s.overview, drawn},
		{get, root + "/people", seePeople, s.people, drawn},
	}
}

// idShape is the format of the number of an account.
var idShape = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// subject is the person whom an address of the administration names. Without an account of that
// number it is the page that says so. The access log names them from then on.
func (s *Site) subject(r *http.Request) (store.User, error) {
	text := chi.URLParam(r, "id")
	if !idShape.MatchString(text) {
		return store.User{}, components.NotFound
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return store.User{}, components.NotFound
	}
	scopeOf(r).subject = id
	user, err := s.Store.UserByID(r.Context(), id)
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, components.NoPerson(id)
	}
	return user, err
}

// asAdmin is the origin of what an administrator does. reason is what they gave, for the audit.
func (s *Site) asAdmin(r *http.Request, reason string) store.Origin {
	from := s.Origin(r)
	from.By, from.Reason = scopeOf(r).user.ID, reason
	return from
}
