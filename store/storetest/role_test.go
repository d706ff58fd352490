package storetest_test

import (
	"regexp"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// A product may have roles of its own: one of staff who may less than administrators, and one that is
// nobody's staff. No product calls its own so.
func init() {
	store.Roles = append(store.Roles,
		store.Role{
			Name: "test-manager", Label: "Test manager", Guarded: true,
			May: store.SeePeople | store.HelpPeople | store.ManagePeople | store.ErasePeople | store.ChangeRoles,
		},
		store.Role{Name: "test-closer", Label: "Test closer", Guarded: true, May: store.SeePeople | store.ManagePeople},
		store.Role{Name: "test-writer", Label: "Test writer", May: store.FirstOwn})
}

// asOperator is whoever runs the site, from there.
func asOperator(from store.Origin) store.Origin {
	from.Operator = true
	return from
}

// by is an administrator, at their browser.
func by(user store.User) store.Origin {
	from := From
	from.By = user.ID
	return from
}

// staff is somebody with a role, as the origin of what they do.
func (h house) staff(t *testing.T, name, role string) store.Origin {
	t.Helper()
	user := Register(t, h.Store, store.Registration{Username: name, Email: name + "@staff.example", Password: Password})
	h.exec(t, `UPDATE users SET role = $1 WHERE id = $2`, role, user.ID)
	return by(user)
}

// member is somebody new without a role.
func (h house) member(t *testing.T, name string) store.User {
	t.Helper()
	return Register(t, h.Store, store.Registration{Username: name, Email: name + "@example.com", Password: Password})
}

// The contract of roles.
func TestRoleContract(t *testing.T) {
	contract(t, []promise{
		{"gives a role, which ends all sign-ins and counts from then on", givesRole},
		{"ROL-04 counts a change on every copy at once, also one by hand", countsEverywhere},
		{"refuses a role that there is not, and one that changed since the form was drawn", refusesRole},
		{"shows a role that it does not know, which allows nothing", unknownRole},
		{"writes to who may do more, and to nobody else", tellsWhoGained},
		{"voids what an earlier role was good for", voidsBefore},
	})
}

// ROL-02: roles and permissions fit each other.
func TestROL02RolesFit(t *testing.T) {
	t.Parallel()
	fits := regexp.MustCompile(`^[a-z][a-z0-9-]{1,31}$`)
	named, labelled := map[string]bool{}, map[string]bool{}
	var everything store.Permission
	for _, role := range store.Roles {
		if role.Name != "" && !fits.MatchString(role.Name) || named[role.Name] {
			t.Errorf("the role %q has no name that fits, or one that another has", role.Name)
		}
		if role.Label == "" || labelled[role.Label] || role.Name == "member" {
			t.Errorf("people cannot tell the role %q from another", role.Name)
		}
		named[role.Name], labelled[role.Label] = true, true
		everything |= role.May
		if ours := role.May & (store.FirstOwn - 1); ours != 0 && !role.Guarded {
			t.Errorf("%q acts on people, and the rules for staff do not hold for it", role.Name)
		}
		if found, known := store.FindRole(role.Name); !known || found != role || found.Called() != role.Label {
			t.Errorf("FindRole(%q) = %+v, %v", role.Name, found, known)
		}
	}
	admin, _ := store.FindRole(store.RoleAdmin)
	for _, p := range []store.Permission{
		store.SeePeople, store.HelpPeople, store.ManagePeople, store.ErasePeople, store.ChangeRoles, store.SeeActivity, store.LookAsThem, everything,
	} {
		if !admin.May.Has(p) {
			t.Errorf("administrators lack %b", p)
		}
	}
	if member, known := store.FindRole(""); !known || member.May != 0 || member.Guarded {
		t.Errorf("a member is %+v", member)
	}
	used := map[store.Permission]bool{}
	for _, a := range actings {
		used[a.may] = true
	}
	for _, p := range []store.Permission{store.HelpPeople, store.ManagePeople, store.ErasePeople, store.ChangeRoles} {
		if !used[p] {
			t.Errorf("no verb asks for %b", p)
		}
	}
}

func givesRole(t *testing.T, h house) {
	n, other := h.signIn(t, true), h.signInAs(t, Register(t, h.Store, grace()), false)
	ada := h.find(t, "ada")
	h.clock.Move(1)
	for _, want := range []bool{true, false} {
		changed, err := h.ChangeRole(h.ctx, ada, store.RoleAdmin, "", Operator)
		if err != nil || changed != want {
			t.Fatalf("ChangeRole = %v, %v; want %v", changed, err, want)
		}
	}
	h.gone(t, n.ID)
	h.visit(t, other.ID)
	if ada = h.find(t, "ada"); !ada.May(store.ChangeRoles) || !ada.Staff() || ada.Role != store.RoleAdmin {
		t.Errorf("%+v", ada)
	}
	if grace := h.find(t, "grace"); grace.May(store.SeePeople) || grace.Staff() || grace.Role != "" {
		t.Errorf("%+v", grace)
	}
	must(t, h.makeRole(t, "grace", store.RoleAdmin))
	must(t, h.makeRole(t, "ada", "support"))
	must(t, h.makeRole(t, "ada", ""))
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	var details []string
	for _, e := range events {
		if e.Name == store.EventRoleChanged {
			details = append(details, e.Detail)
		}
	}
	if want := []string{"support member", "admin support", "member admin"}; !slices.Equal(details, want) {
		t.Errorf("recorded %q, want %q", details, want)
	}
}

// makeRole gives a role on the command line.
func (h house) makeRole(t *testing.T, username, role string) error {
	t.Helper()
	user := h.find(t, username)
	_, err := h.ChangeRole(h.ctx, user, role, user.Role, Operator)
	return err
}

func countsEverywhere(t *testing.T, h house) {
	other := h.copied(t)
	boss, chief := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "chief", store.RoleAdmin)
	ada := Register(t, h.Store, Ada())
	n := other.signInAs(t, other.find(t, "chief"), false)
	must(t, h.makeRole(t, "chief", ""))
	other.gone(t, n.ID)
	forbidden(t, "chief, who was demoted on another copy,", other.Disable(h.ctx, ada, chief))

	n = other.signInAs(t, other.find(t, "boss"), false)
	h.exec(t, `UPDATE users SET role = 'support' WHERE username = 'boss'`)
	_, user, err := other.Current(h.ctx, n.ID)
	must(t, err)
	if user.May(store.ManagePeople) || !user.May(store.HelpPeople) {
		t.Errorf("by hand the role became %q", user.Role)
	}
	forbidden(t, "boss, who was demoted by hand,", other.Disable(h.ctx, ada, boss))
	if h.find(t, "ada").Disabled() {
		t.Error("it was done all the same")
	}
}

func refusesRole(t *testing.T, h house) {
	boss := h.staff(t, "boss", store.RoleAdmin)
	ada := Register(t, h.Store, Ada())
	must(t, h.makeRole(t, "ada", "support"))
	before := h.dump(t)
	for _, c := range []struct{ role, was, sentence string }{
		{"long-gone", "support", `There is no role "long-gone".`},
		{"Admin", "support", `There is no role "Admin".`},
		{"member", "support", `There is no role "member".`},
		{"test-manager", "", "The role is Support by now. Check and send again."},
		{"", "test-manager", "The role is Support by now. Check and send again."},
	} {
		for _, from := range []store.Origin{boss, Operator} {
			changed, err := h.ChangeRole(h.ctx, ada, c.role, c.was, from)
			if r := refused(t, err); changed || r.Field != "role" || r.Sentence != c.sentence {
				t.Errorf("from %q to %q: %+v", c.was, c.role, r)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	// Who sends it twice wants what is there already.
	if changed, err := h.ChangeRole(h.ctx, ada, "support", "", boss); err != nil || changed {
		t.Errorf("a second time: %v, %v", changed, err)
	}
}

func unknownRole(t *testing.T, h house) {
	boss, veteran := h.staff(t, "boss", store.RoleAdmin), h.staff(t, "veteran", "long-gone")
	user := h.find(t, "veteran")
	if user.May(store.SeePeople) || user.May(store.FirstOwn) || user.Staff() || user.TheRole().Called() != "unknown role “long-gone”" {
		t.Errorf("%+v is called %s", user, user.TheRole().Called())
	}
	ada := Register(t, h.Store, Ada())
	forbidden(t, "an unknown role", h.Disable(h.ctx, ada, veteran))
	_, err := h.ChangeRole(h.ctx, user, "support", "", boss)
	if r := refused(t, err); r.Sentence != "The role is unknown role “long-gone” by now. Check and send again." {
		t.Errorf("%+v", r)
	}
	_, err = h.ChangeRole(h.ctx, user, "support", "long-gone", boss)
	must(t, err)
	if got := h.find(t, "veteran").Role; got != "support" {
		t.Errorf("the role is %q", got)
	}
}

func tellsWhoGained(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.post(t)
	boss.Zone = "Asia/Tokyo"
	role := ""
	for _, c := range []struct {
		role   string
		gained bool
	}{
		{"support", true},
		{"test-writer", true},
		{"", false},
		{"test-manager", true},
		{"support", false},
		{store.RoleAdmin, true},
		{"test-manager", false},
	} {
		h.clock.Move(2 * time.Hour)
		_, err := h.ChangeRole(h.ctx, ada, c.role, role, boss)
		must(t, err)
		post := h.post(t)
		if want := map[bool]string{true: store.LetterRoleGained}[c.gained]; kinds(post) != want {
			t.Fatalf("from %q to %q wrote %q, want %q", role, c.role, kinds(post), want)
		}
		// Where the administrator sits is nothing about her.
		for _, l := range post {
			if l.To != "Ada@example.com" || l.Username != "ada" || l.Role != c.role || l.From != "" || l.Agent != "" || l.Zone != "" || l.Token != "" {
				t.Errorf("wrote %+v", l)
			}
		}
		role = c.role
	}
	// An address that was never confirmed may be anybody's.
	Register(t, h.Store, grace())
	h.post(t)
	must(t, h.makeRole(t, "grace", store.RoleAdmin))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
}

func voidsBefore(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	entry := h.authenticated(t)
	link, err := h.ResetToken(h.ctx, entry.User, Operator)
	must(t, err)
	must(t, h.makeRole(t, "ada", store.RoleAdmin))
	if _, err := h.SignIn(h.ctx, entry, From); err == nil {
		t.Error("a password that was given before signs an administrator in")
	}
	if _, err := h.Token(h.ctx, link, store.PurposeReset); err == nil {
		t.Error("a link from before is good")
	}
}
