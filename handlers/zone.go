package handlers

import (
	"net/http"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
)

// zoneCookie is the time zone of the browser. It is the one cookie that a script writes: site.js,
// which alone knows the zone. So it is not HttpOnly, and its value is checked like any input.
const zoneCookie = "zone"

// browserZone is the time zone of the browser, or empty.
func (s *Site) browserZone(r *http.Request) string {
	for _, cookie := range r.CookiesNamed(s.cookieName(zoneCookie)) {
		if rules.Zone(cookie.Value) != nil {
			return cookie.Value
		}
	}
	return ""
}

// times is how a page says moments to who asks for it: in the zone that they chose, or else in that
// of their browser.
func (s *Site) times(r *http.Request, user *store.User) components.Times {
	times := components.Times{Now: s.Store.Now()}
	if user != nil {
		times.Zone = rules.Zone(user.Zone)
	}
	if times.Zone == nil {
		times.Zone = rules.Zone(s.browserZone(r))
	}
	return times
}

func (s *Site) chooseZone(w http.ResponseWriter, r *http.Request) error {
	zone := r.PostForm.Get("zone")
	if rules.CheckZone(zone) != nil {
		return components.Unreadable // the form offers no such zone
	}
	if err := s.Store.ChooseZone(r.Context(), *scopeOf(r).user, zone); err != nil {
		return err
	}
	s.Flash(r, components.Saved)
	return s.Redirect(w, r, "/account/profile")
}
