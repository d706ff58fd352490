package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Roles that there are in tests alone: who manages people and lacks what a product needs, and who may do everything
// and is no administrator.
const (
	testManager = "test-manager"
	testChief   = "test-chief"
)

func init() {
	manages := store.SeePeople | store.HelpPeople | store.ManagePeople | store.ErasePeople | store.ChangeRoles
	store.Roles = append(
		store.Roles,
		store.Role{Name: testManager, Label: "Test manager", May: manages, Guarded: true},
		store.Role{Name: testChief, Label: "Test chief", May: ^store.Permission(0), Guarded: true},
	)
}

// serves signs a browser like this one in to a new account with a role.
func (v *visitor) serves(username, role string) *visitor {
	v.t.Helper()
	storetest.Register(v.t, v.h.Store, registration(username))
	user := v.h.user(v.t, username)
	if _, err := v.h.Store.ChangeRole(v.t.Context(), user, role, "", storetest.Operator); err != nil {
		v.t.Fatal(err)
	}
	other := v.another()
	other.tries(username, storetest.Password).goesTo("/")
	return other
}

// at is the address of the page of somebody, or of what is below it.
func (h *house) at(t *testing.T, username, below string) string {
	t.Helper()
	return h.Admin.Person(h.user(t, username).ID, below)
}

// buttons are what the page of a person offers, as those hear it who do not see it.
func (p *page) buttons() (names []string) {
	for _, b := range p.Find("#main .panel form button, #main .panel a.btn").EachIter() {
		names = append(names, strings.Join(strings.Fields(b.Text()), " "))
	}
	return names
}

// The page of a person says how things are, and nothing that opens anything.
func TestAPersonIsShownAsTheyAre(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.equips(t, "grace")
		if _, err := h.data.Write.Exec(`UPDATE users SET wrong_passwords = 3 WHERE username = 'grace'`); err != nil {
			t.Fatal(err)
		}
		boss := v.serves("boss", store.RoleAdmin)
		page := boss.get(h.at(t, "grace", "")).is(200).says("grace@example.com").says("3 in a row").says("Authenticator app").
			says("10 are unused").says("Link to confirm the address").says("Sent ·").says("Second step turned on")
		if _, err := h.data.Write.Exec(`UPDATE users SET password_scheme = 'bcrypt' WHERE username = 'grace'`); err != nil {
			t.Fatal(err)
		}
		boss.get(h.at(t, "grace", "")).says("From an earlier system")
		if _, err := h.data.Write.Exec(`UPDATE users SET password_scheme = '', password_hash = '', role = 'editor' WHERE username = 'grace'`); err != nil {
			t.Fatal(err)
		}
		boss.get(h.at(t, "grace", "")).says("unknown role “editor”")
		// Neither what is stored as a secret, nor what a browser or a letter would be known by.
		for _, column := range []string{"users.password_hash", "users.email_key", "signins.id", "signins.device", "tokens.hash", "totp.sealed", "recovery_codes.hash", "letters.token"} {
			table, name, _ := strings.Cut(column, ".")
			for _, secret := range h.values(t, table, name) {
				if secret != "" && !strings.Contains(secret, "@") && strings.Contains(page.body, secret) {
					t.Errorf("%s is on the page: %q", column, secret)
				}
			}
		}
		for _, n := range h.signIns(t, "grace") {
			if strings.Contains(page.body, n.ID) {
				t.Errorf("the id of a sign-in is on the page")
			}
		}
	}, withMail)
}

// values are what a column holds.
func (h *house) values(t *testing.T, table, column string) (list []string) {
	t.Helper()
	rows, err := h.data.Read.Query(`SELECT coalesce(` + column + `, '') FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			t.Fatal(err)
		}
		list = append(list, value)
	}
	return list
}

// A page of a person takes at most eight statements, whatever there is.
func TestAPersonTakesEightStatements(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			h.confirms(t, "ada")
			h.addsPasskey(t)
			h.equips(t, "grace")
			boss := h.visitor(t).serves("boss", store.RoleAdmin)
			boss.get("/")
			h.costs(t, "somebody with an app", 6, func() { boss.get(h.Admin.Person(2, "")).is(200) })
			h.costs(t, "somebody with a passkey", 7, func() { boss.get(h.Admin.Person(1, "")).is(200) })
		})
	}
}

// PPL-08: who sees the page is offered what their role allows, and each button names whom it is about.
func TestPPL08AButtonNamesThePerson(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "grace")
		for range 2 {
			v.another().tries("grace", storetest.Password).goesTo("/")
		}
		helps := []string{"Send a link for a new password to grace", "Sign out grace on Unknown device, signed in just now", "Sign out grace on Unknown device, signed in just now", "Sign out everywhere: grace"}
		manages := slices.Insert(slices.Clone(helps), 1, "Change the role of grace", "Disable grace", "Close the account of grace", "Erase the account of grace")
		everything := slices.Insert(slices.Clone(manages), 1, "Look at the account of grace")
		for role, want := range map[string][]string{"support": helps, testManager: manages, store.RoleAdmin: everything} {
			staff := v.serves("staff-"+role, role)
			page := staff.get(h.at(t, "grace", "")).is(200)
			if got := page.buttons(); !slices.Equal(got, want) {
				t.Errorf("%s is offered\n%q, want\n%q", role, got, want)
			}
			if link := page.Find(`a[href$="/activity"]`).Length() > 1; link != (role == store.RoleAdmin) {
				t.Errorf("%s is led to the activity: %v", role, link)
			}
		}
	}, withMail)
}

// What nobody may do is said, and offered to nobody: upward, and on one's own account.
func TestAPersonIsOutOfReach(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		boss, helper := v.serves("boss", store.RoleAdmin), v.serves("helper", "support")
		for username, staff := range map[string]*visitor{"boss": helper, "helper": helper} {
			sentence := h.user(t, "helper").ActsOn(h.user(t, username)).Error()
			page := staff.get(h.at(t, username, "")).is(200)
			if got := page.buttons(); len(got) != 0 || !strings.Contains(page.Text(), sentence) {
				t.Errorf("of %s support is offered %q, and not told %q", username, got, sentence)
			}
		}
		if got := boss.get(h.at(t, "helper", "")).buttons(); len(got) == 0 {
			t.Error("an administrator is offered nothing")
		}
	})
}

// An address without an account is a page that says so.
func TestNobodyHasThatNumber(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		boss := v.serves("boss", store.RoleAdmin)
		for _, below := range []string{"", "/disable", "/factors", "/close", "/erase", "/role"} {
			boss.get(h.Admin.Person(17, below)).is(404).says("There is no account with the number 17, or not any more.")
			for _, id := range []string{"0", "01", "-1", "1x", "1000000000000000000", "99999999999999999999", "%00", "é"} {
				boss.get(h.Admin.People() + "/" + id + below).is(404)
			}
		}
		if line := fmt.Sprintf(`"subject":%d`, 17); !strings.Contains(h.log.String(), line) {
			t.Errorf("the log lacks %s", line)
		}
	})
}
