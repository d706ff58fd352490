package handlers

import (
	"context"
	"slices"
	"strings"
	"testing"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func withContacts(s *Site) {
	s.Contacts = components.Contacts{Support: "mailto:help@example.com", Terms: "https://example.com/terms", Privacy: "/privacy"}
}

// links are the addresses that a part of a page leads to.
func (p *page) linksIn(selector string) (list []string) {
	for _, a := range p.Find(selector + " a").EachIter() {
		list = append(list, a.AttrOr("href", ""))
	}
	return list
}

func TestPagesLeadToWhoeverRunsTheSite(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, path := range []string{"/", "/login", "/register", "/nowhere"} {
			if got := v.get(path).linksIn(".foot-links"); len(got) != 3 || got[0] != "mailto:help@example.com" || got[1] != "https://example.com/terms" || got[2] != "/privacy" {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		if got := v.get("/register").linksIn(".agreement"); len(got) != 2 {
			t.Errorf("whoever registers agrees to %q", got)
		}
		if got := v.get("/password/forgot").linksIn("main .lead"); len(got) != 1 || got[0] != "mailto:help@example.com" {
			t.Errorf("without mail the way leads to %q", got)
		}
	}, withContacts)
	for name, change := range map[string]func(*Site){
		"closed": func(s *Site) { s.Registration = "closed" }, "invite": func(s *Site) { s.Registration = "invite" },
	} {
		h := newHouse(t, withContacts, change)
		if got := h.visitor(t).get("/register").linksIn("main .lead"); len(got) != 1 || got[0] != "mailto:help@example.com" {
			t.Errorf("%s: the way leads to %q", name, got)
		}
	}
}

// Where there is an address for help, nobody is sent to people without one.
func TestWhoeverRunsTheSiteIsALink(t *testing.T) {
	t.Parallel()
	const us, them = "mailto:help@example.com", "the people who run this site"
	closed := func(s *Site) { s.Registration = store.RegistrationClosed }
	invited := func(s *Site) { s.Registration = store.RegistrationInvite }
	for path, row := range map[string]struct {
		status int
		change []func(*Site)
	}{
		"/password/forgot":  {200, nil},
		"/register":         {200, []func(*Site){closed}},
		"/register?invited": {200, []func(*Site){invited}},
		"/account/email":    {200, nil},
		"/account/activity": {200, nil},
		"/ada/1":            {403, []func(*Site){withPages}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			for _, help := range []bool{true, false} {
				change := row.change
				if help {
					change = append(slices.Clone(change), withContacts)
				}
				h := newHouse(t, change...)
				grace := storetest.Register(t, h.Store, registration("grace"))
				for _, do := range []func(context.Context, store.User, store.Origin) error{h.Store.Disable, h.Store.Enable} {
					if err := do(t.Context(), grace, store.Origin{Operator: true}); err != nil {
						t.Fatal(err)
					}
				}
				v := h.visitor(t)
				if !strings.HasPrefix(path, "/register") {
					v.tries("grace", storetest.Password).is(303)
				}
				page := v.get(path).is(row.status)
				if help {
					page.hides(them)
				} else {
					page.says(them)
				}
				if got := slices.Contains(page.linksIn("main"), us); got != help {
					t.Errorf("the page leads to %q", page.linksIn("main"))
				}
			}
		})
	}
}

func TestPagesPromiseNoContactThatThereIsNot(t *testing.T) {
	t.Parallel()
	v := newHouse(t).visitor(t)
	for _, path := range []string{"/", "/register", "/password/forgot"} {
		if got := v.get(path); got.Find(".foot-links, .agreement").Length() != 0 || len(got.linksIn("main .lead")) > 1 {
			t.Errorf("%s leads to %q", path, got.linksIn(".foot-links, .agreement, main .lead"))
		}
	}
}
