package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// staffRoom is a product with a page that takes a permission.
func staffRoom(s *Site) {
	page := func(w http.ResponseWriter, r *http.Request) error {
		return s.Show(w, r, http.StatusOK, "People", components.AccountBox("/staff"))
	}
	s.Product = Product{
		Routes: []Route{
			{Method: get, Path: "/staff", Guard: May(store.SeePeople), Do: page},
			{Method: post, Path: "/staff", Guard: May(store.ManagePeople), Do: page},
			{Method: get, Path: "/staff/careful", Guard: May(store.ChangeRoles).And(Recent), Do: page},
		},
		Links: []Link{{Label: "People", Path: "/staff"}},
	}
}

// gives gives somebody a role.
func (h *house) gives(t *testing.T, username, role string) {
	t.Helper()
	user := h.user(t, username)
	if _, err := h.Store.ChangeRole(t.Context(), user, role, user.Role, storetest.Operator); err != nil {
		t.Fatal(err)
	}
}

// ROL-01, ROL-03, ROL-04: a page that takes a permission is for whose role has it, from the next request on.
func TestROL03PagesAreForWhoseRoleAllowsThem(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/staff").goesTo("/login?next=%2Fstaff")
		v.registers()
		for role, may := range map[string]map[string]int{
			"":              {get: 403, post: 403},
			"support":       {get: 200, post: 403},
			store.RoleAdmin: {get: 200, post: 200},
			"unknown":       {get: 403, post: 403},
		} {
			if role == "unknown" {
				if _, err := h.data.Write.Exec(`UPDATE users SET role = 'unknown'`); err != nil {
					t.Fatal(err)
				}
			} else if h.user(t, "ada").Role != role {
				h.gives(t, "ada", role)
			}
			ada := h.visitor(t)
			ada.signsIn()
			ada.get("/staff").is(may[get])
			ada.post("/staff", url.Values{}).is(may[post])
			if shown := strings.Contains(ada.get("/").body, `href="/staff"`); shown != (may[get] == 200) {
				t.Errorf("%q sees the link: %v", role, shown)
			}
			// Demoted by hand, on another copy: the very next request is refused.
			if _, err := h.data.Write.Exec(`UPDATE users SET role = ''`); err != nil {
				t.Fatal(err)
			}
			refused := ada.get("/staff").is(403).says("This page is for the people who run this site")
			if refused.Find("main a").Length() == 0 {
				t.Error("no way home")
			}
			ada.post("/staff", url.Values{}).is(403)
		}
		if got := strings.Count(h.log.String(), store.EventForbidden); got == 0 {
			t.Error("nothing was logged")
		}
	}, staffRoom)
}

// FAC-01: staff without the second step that the site asks of them reach where they set it up, and
// nothing else of theirs.
func TestFAC01StaffSetUpASecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.gives(t, "ada", store.RoleAdmin)
		v.tries("ada", storetest.Password).goesTo("/account/second").is(200)
		v.get("/staff").goesTo("/account/second?next=%2Fstaff")
		v.get("/account/signins").is(200)
		v.setsUp()
		v.get("/staff").is(200)
		v.post("/account/second/off", url.Values{}).is(422).says("can't be turned off")
		storetest.Register(t, h.Store, registration("grace"))
		v.another().tries("grace", storetest.Password).goesTo("/")
	}, staffRoom, withRules(func(r *store.Rules) { r.SecondStepStaff = true }))
}

// ROL-09: staff are not kept signed in, and prove more often who they are.
func TestROL09StaffSignInsAreShort(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.another().signsIn("remember")
		h.gives(t, "ada", store.RoleAdmin)
		if got := v.signedIn(); got != "" {
			t.Errorf("still signed in as %q", got)
		}
		v.signsIn("remember")
		v.get("/account").says("30 minutes after your last visit").says("Administrator")
		h.clock.Move(store.RecentAuthStaff - time.Second)
		v.get("/staff/careful").is(200)
		h.clock.Move(time.Second)
		v.get("/staff/careful").goesTo("/confirm?next=%2Fstaff%2Fcareful").is(200).says("We ask again after 5 minutes.")
		h.clock.Move(store.IdleStaff)
		if got := v.signedIn(); got != "" {
			t.Errorf("signed in as %q after half an hour", got)
		}
	}, staffRoom)
}

// ROL-12, ROL-11: the first administrator comes by a link that is good once, while there is none.
func TestROL12TheFirstAdministratorComesByLink(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register/first").is(422)
		v.post("/register/first", person("mallory")).is(422)
		link := func() string {
			token, err := h.Store.SetupToken(t.Context(), storetest.Operator)
			if err != nil {
				t.Fatal(err)
			}
			return "/register/first/" + token
		}
		first, second := link(), link()
		v.follows(first).says("Set this site up")
		form := person("ada")
		form.Set("role", "support") // ROL-14
		form.Set("password", "short")
		v.post("/register/first", form).is(422)
		form.Set("password", storetest.Password)
		v.post("/register/first", form).goesTo("/").is(200).says("Welcome, ada")
		if user := h.user(t, "ada"); user.Role != store.RoleAdmin || user.Verified() {
			t.Errorf("%+v", user)
		}
		for _, link := range []string{first, second} {
			other := v.another()
			other.follows(link).is(422).says(components.StaleTitle)
			other.post("/register/first", person("mallory")).is(422)
		}
		if h.rows(t, "users") != 1 {
			t.Error("there is somebody else")
		}
	}, func(s *Site) { s.Registration = store.RegistrationClosed })
}

// ROL-14: nobody gives themselves a role.
func TestROL14NoFormTakesARole(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		form := person("ada")
		for _, name := range []string{"role", "is_admin", "by_id"} {
			form.Set(name, store.RoleAdmin)
		}
		v.post("/register", form).goesTo("/")
		v.post("/account/profile", url.Values{"name": {"Ada"}, "username": {"ada"}, "role": {store.RoleAdmin}})
		if got := h.user(t, "ada").Role; got != "" {
			t.Errorf("Ada is %q", got)
		}
	})
}

// An invitation says what role comes with it, and the account has that role.
func TestAnInvitationCarriesARole(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		if err := h.Store.Invite(t.Context(), "ada@example.com", "support", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		page := v.follows(h.link(t, "ada@example.com")).says("You're invited as Support.").hides("Continue without a password")
		page.submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/")
		if got := h.user(t, "ada").Role; got != "support" {
			t.Errorf("Ada is %q", got)
		}
		form := url.Values{"username": {"grace"}, "without": {"password"}}
		if err := h.Store.Invite(t.Context(), "grace@example.com", "support", storetest.Operator); err != nil {
			t.Fatal(err)
		}
		other := v.another()
		other.follows(h.link(t, "grace@example.com"))
		other.post("/invite", form).is(422)
	}, withMail)
}

// ROL-05: pages of somebody with a role take what they take of anybody.
func TestROL05ARoleTakesNoQuery(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			v := h.visitor(t)
			v.registers()
			h.gives(t, "ada", store.RoleAdmin)
			v.signsIn()
			v.get("/")
			h.costs(t, "home", 2, func() { v.get("/").is(200) })
			h.costs(t, "account", 2, func() { v.get("/account").is(200) })
		})
	}
}
