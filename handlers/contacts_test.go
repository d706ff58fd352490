package handlers

import (
	"testing"

	"gatehouse/components"
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

func TestPagesPromiseNoContactThatThereIsNot(t *testing.T) {
	t.Parallel()
	v := newHouse(t).visitor(t)
	for _, path := range []string{"/", "/register", "/password/forgot"} {
		if got := v.get(path); got.Find(".foot-links, .agreement").Length() != 0 || len(got.linksIn("main .lead")) > 1 {
			t.Errorf("%s leads to %q", path, got.linksIn(".foot-links, .agreement, main .lead"))
		}
	}
}
