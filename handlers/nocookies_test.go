package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// blocked is the jar of a browser that blocks cookies.
type blocked struct{}

func (blocked) SetCookies(*url.URL, []*http.Cookie)  {}
func (blocked) Cookies(*url.URL) []*http.Cookie      { return nil }
func (v *visitor) keepsNoCookies() *visitor          { v.client.Jar = blocked{}; return v }
func (p *page) leadsOn() *page                       { p.v.t.Helper(); return p.v.get(p.leads()) }
func (v *visitor) carriesExactly(name string) string { return carried(v, name) }

func carried(v *visitor, name string) string {
	for _, cookie := range v.client.Jar.Cookies(v.h.BaseURL) {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	return ""
}

func TestWhoeverKeepsNoCookiesIsToldAfterSigningIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.keepsNoCookies()
		for _, next := range []string{"", "/account", "/account?tab=1"} {
			answer := v.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "next": {next}})
			answer.leadsOn().is(200).says("Your browser keeps no cookies").says("Allow cookies for this site, then sign in again.")
		}
		v.get("/register").submit(map[string]string{"username": "grace", "email": "grace@example.com", "password": storetest.Password}).
			leadsOn().says("Your browser keeps no cookies")
		if err := h.Store.CloseAccount(t.Context(), h.user(t, "grace"), storetest.From); err != nil {
			t.Fatal(err)
		}
		v.tries("grace", storetest.Password).leadsOn().says("Your browser keeps no cookies")
	}, withMail)
}

func TestWhoeverKeepsNoCookiesIsToldBehindALink(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		v.keepsNoCookies()
		for _, p := range buttons {
			v.follows(links[p.purpose]).is(422).says("your browser may block cookies").says("open the link in the email again")
		}
		if !h.good(t, store.PurposeReset, links[store.PurposeReset]) {
			t.Error("the link was used")
		}
	}, withMail)
}

func TestWhoeverKeepsNoCookiesStillRegistersByMail(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.keepsNoCookies()
		v.get("/register").submit(map[string]string{"username": "grace", "email": "grace@example.com", "password": storetest.Password}).
			leadsOn().says("then open the link in the email")
		if got := h.subjects(t, "grace@example.com"); len(got) != 1 {
			t.Errorf("the letters are %q", got)
		}
	}, withConfirm)
}

// Where cookies are allowed, the first sign-in takes one step more, and the address is
// clean after it.
func TestTheMarkerLeavesTheAddress(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		answer := v.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "next": {"/account?tab=1"}})
		if got := answer.leads(); got != "/account?tab=1&"+cookieMarker {
			t.Fatalf("leads to %q", got)
		}
		if got := answer.leadsOn().is(303).leads(); got != "/account?tab=1" {
			t.Errorf("then to %q", got)
		}
		v.get("/account?tab=1").says("Welcome back, Ada Lovelace.")
		v.post("/logout", url.Values{})
		// The device is known by its cookie now.
		if got := v.tries("ada", storetest.Password).leads(); got != "/" {
			t.Errorf("the second time it leads to %q", got)
		}
		for _, path := range []string{"//evil.example/?", `/\evil.example?`, "/%2fevil.example?", "/login/?", "/no-such-page?"} {
			if got := v.get(path + cookieMarker).leads(); got != "/" {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		if got := v.get("/?" + cookieMarker).leads(); got != "/" {
			t.Errorf("the front page leads to %q", got)
		}
	})
}

// Pages of strangers set no cookie and leave no row, and a refused sign-in neither.
func TestNothingIsMarkedThatNeedsNoCookie(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		v.keepsNoCookies()
		for _, answer := range []*page{
			v.tries("ada", "wrong"), v.post("/logout", url.Values{}), v.post("/theme", url.Values{"theme": {"dark"}}),
			v.post("/password/forgot", url.Values{"username": {"ada"}}), v.get("/"), v.get("/account"),
		} {
			if strings.Contains(answer.leads(), cookieMarker) {
				t.Errorf("%s leads to %q", answer.path, answer.leads())
			}
		}
		if h.rows(t, "sessions") != 0 {
			t.Error("a session was made")
		}
	}, withMail)
}
