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
		{get, root + "/people/{id}/activity", seePeople, s.personActivity, drawn},
		{get, root + "/activity", seeActivity, s.activities, drawn},
		{post, root + "/activity/download", takeActivity, s.downloadActivity, drawn},
		{get, root + "/audit", seeActivity, s.audit, drawn},
		{post, root + "/audit/download", takeActivity, s.downloadAudit, drawn},
		{get, root + "/people", seePeople, s.people, drawn},
		{get, root + "/people/{id}", seePeople, s.person, drawn},
		{post, root + "/people/{id}/signins/end", helpPeople, s.endAllSignIns, drawn},
		{post, root + "/people/{id}/signins/{handle}/end", helpPeople, s.endSignInOf, drawn},
		{post, root + "/people/{id}/reset", helpPeople, s.sendReset, drawn},
		{post, root + "/people/{id}/confirm", helpPeople, s.askToVerify, drawn},
		{get, root + "/people/{id}/factors", helpPeople, s.newDeed(s.resettingFactors()), drawn},
		{post, root + "/people/{id}/factors", helpPeople, s.deed(s.resettingFactors()), drawn},
		{get, root + "/people/{id}/disable", managePeople, s.newDeed(s.disabling()), drawn},
		{post, root + "/people/{id}/disable", managePeople, s.deed(s.disabling()), drawn},
		{post, root + "/people/{id}/enable", managePeople, s.enable, drawn},
		{get, root + "/people/{id}/close", managePeople, s.newDeed(s.closing()), drawn},
		{post, root + "/people/{id}/close", managePeople, s.deed(s.closing()), drawn},
		{get, root + "/people/{id}/erase", erasePeople, s.newDeed(s.erasing()), drawn},
		{post, root + "/people/{id}/erase", erasePeople, s.deed(s.erasing()), drawn},
		{get, root + "/people/{id}/role", changeRoles, s.newDeed(s.changingRole()), drawn},
		{post, root + "/people/{id}/role", changeRoles, s.deed(s.changingRole()), drawn},
		{get, root + "/people/{id}/look", lookAsThem, s.newLook, drawn},
		{post, root + "/people/{id}/look", lookAsThem, s.look, drawn},
		{post, s.Admin.StopLooking(), entered, s.stopLooking, drawn},
	}
}

// idShape is the format of the number of an account.
var idShape = regexp.MustCompile(`^[1-9][0-9]{0,17}$`)

// subjectID is the number that an address of the administration names. The access log says it from
// then on.
func (s *Site) subjectID(r *http.Request) (int64, error) {
	text := chi.URLParam(r, "id")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !idShape.MatchString(text) {
		return 0, components.NotFound
	}
	scopeOf(r).subject = id
	return id, nil
}

// subject is the person of that number. Without an account it is the page that says so.
func (s *Site) subject(r *http.Request) (store.User, error) {
	id, err := s.subjectID(r)
	if err != nil {
		return store.User{}, err
	}
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
