package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// guards are those that a product's pages may have, by the page.
var guards = map[string]Guard{"/members": Members, "/verified": Verified, "/recent": Recent, "/both": Verified.And(Recent)}

// withPages gives the site a page with a form for each of the guards.
func withPages(s *Site) {
	do := func(w http.ResponseWriter, r *http.Request) error {
		form := &components.Form{ID: "note", Action: r.URL.Path, Title: "A page of a product", Submit: "Save"}
		return s.ShowForm(w, r, http.StatusOK, form, templ.Join(templ.Raw("<h1>A page of a product</h1>"), components.FormBox(form)))
	}
	for path, g := range guards {
		s.Product.Routes = append(s.Product.Routes,
			Route{Method: get, Path: path, Guard: g, Do: do}, Route{Method: post, Path: path, Guard: g, Do: do})
	}
	ada := func(user store.User) bool { return user.Username == "ada" }
	s.Product.Routes = append(s.Product.Routes,
		Route{Method: get, Path: "/ada/{id}", Guard: Verified, Allow: ada, Do: do}, Route{Method: post, Path: "/ada/{id}", Guard: Verified, Allow: ada, Do: do})
}

// What guards ask combines, is asked in one order, and leads back to the page.
func TestGuardsCombine(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		asks := func(want map[string]string) {
			t.Helper()
			for path := range guards {
				for _, answer := range []*page{v.get(path), v.post(path, url.Values{})} {
					if got := answer.destination(); got != want[path] {
						t.Errorf("%s leads to %q, want %q", path, got, want[path])
					}
					if want[path] == "" {
						answer.is(200)
					}
				}
			}
		}
		to := func(way string) map[string]string {
			want := map[string]string{}
			for path := range guards {
				want[path] = way + "?" + url.Values{"next": {path}}.Encode()
			}
			return want
		}
		asks(to("/login"))
		v.registers()
		const how = "/email/verify"
		asks(map[string]string{"/verified": how, "/both": how})
		v.get("/verified").goesTo(how).is(200).says("Confirm your email address")
		h.clock.Move(store.RecentAuth)
		want := to("/confirm")
		asks(map[string]string{"/verified": how, "/both": how, "/recent": want["/recent"]})
		v.follows(h.link(t, "ada@example.com")).submit(nil)
		asks(map[string]string{"/recent": want["/recent"], "/both": want["/both"]})
		v.get("/both").goesTo(want["/both"]).submit(map[string]string{"password": "x" + storetest.Password}).is(422)
		v.get("/both").goesTo(want["/both"]).submit(map[string]string{"password": storetest.Password}).goesTo("/both")
		asks(map[string]string{})
	}, withMail, withPages)
}

// A product's own condition is asked before what its guard asks, and after who it is.
func TestAProductAllowsWhomItLikes(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/ada/1").goesTo("/login?next=%2Fada%2F1")
		v.post("/register", person("grace")).goesTo("/")
		for _, answer := range []*page{v.get("/ada/1"), v.post("/ada/1", url.Values{}), v.get("/ada/2")} {
			answer.is(403).says(components.Forbidden.Title).says("Sign out")
		}
		other := v.another()
		other.registers()
		other.get("/ada/1").goesTo("/email/verify")
		other.follows(h.link(t, "ada@example.com")).submit(nil)
		other.get("/ada/1").is(200)
		other.post("/ada/1", url.Values{}).is(200)
		other.get("/ada/1/").is(404)
	}, withMail, withPages)
}

func TestARouteThatCannotBeStopsTheSite(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	do := func(http.ResponseWriter, *http.Request) error { return nil }
	allow := func(store.User) bool { return true }
	for want, routes := range map[string][]Route{
		"two pages want GET /login":                                             {{Method: get, Path: "/login", Guard: Everyone, Do: do}},
		"two pages want GET /password/reset/{token}":                            {{Method: get, Path: "/password/reset/{token}", Guard: Everyone, Do: do}},
		"two pages want GET /invite/latest":                                     {{Method: get, Path: "/invite/latest", Guard: Everyone, Do: do}},
		"two pages want GET /books/{id}":                                        {{Method: get, Path: "/books/{number}", Guard: Everyone, Do: do}, {Method: get, Path: "/books/{id}", Guard: Everyone, Do: do}},
		"GET /books: it states no guard":                                        {{Method: get, Path: "/books", Do: do}},
		"GET /books: it does nothing":                                           {{Method: get, Path: "/books", Guard: Members}},
		"PUT /books: the method is neither GET nor POST":                        {{Method: "PUT", Path: "/books", Guard: Members, Do: do}},
		"GET /books/: the path must be like /books/{id}":                        {{Method: get, Path: "/books/", Guard: Members, Do: do}},
		"GET /{page}: the path must be like /books/{id}":                        {{Method: get, Path: "/{page}", Guard: Members, Do: do}},
		"GET /books: it asks who somebody is, so its guard must be for members": {{Method: get, Path: "/books", Guard: Everyone, Allow: allow, Do: do}},
	} {
		h.Product.Routes = routes
		if _, err := h.Handler(); err == nil || err.Error() != want {
			t.Errorf("%v, want %q", err, want)
		}
	}
	h.Product.Routes = []Route{{Method: get, Path: "/books/{id}", Guard: Members, Do: do}, {Method: post, Path: "/buy", Guard: Members, Do: do}}
	for _, path := range []string{"/login", "/books", "/books/1", "/books/{id}", "/buy", ""} {
		h.Product.Links = []Link{{Label: "Books", Path: path}}
		if _, err := h.Handler(); err == nil || !strings.Contains(err.Error(), "leads to no page of the product") {
			t.Errorf("a link to %q: %v", path, err)
		}
	}
	h.Product.Links = nil
	h.Product.Routes = []Route{
		{Method: get, Path: "/books", Guard: Members, Do: do},
		{Method: post, Path: "/books", Guard: Members, Do: do},
		{Method: get, Path: "/books/{id}", Guard: Members, Do: do},
		{Method: get, Path: "/account/books", Guard: Members, Do: do},
		{Method: get, Path: "/books/new", Guard: Members, Do: do},
	}
	if _, err := h.Handler(); err != nil {
		t.Error(err)
	}
}

// The navigation shows to each person what they may open.
func TestAProductHasItsNavigationAndFrontPage(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		shows := func(path string, want ...string) {
			t.Helper()
			var got []string
			page := v.get(path)
			page.Find("nav.product-links a").Each(func(_ int, a *goquery.Selection) {
				got = append(got, a.AttrOr("href", "")+a.AttrOr("aria-current", ""))
			})
			if !slices.Equal(got, want) {
				t.Errorf("%s shows links to %q, want %q", path, got, want)
			}
		}
		v.get("/").is(200).says("The front of a product").hides("Welcome to")
		shows("/", "/open")
		shows("/login", "/open")
		shows("/nowhere", "/open")
		v.post("/register", person("grace")).goesTo("/").says("The front of a product")
		shows("/", "/open", "/members")
		shows("/members", "/open", "/memberspage")
		v.post("/logout", url.Values{})
		v.registers()
		shows("/open", "/openpage", "/members", "/ada")
		shows("/account", "/open", "/members", "/ada")

		// A form of somebody else's page changes the links around it as well.
		v.htmx = true
		values := url.Values{"name": {"Grace"}, "username": {"grace"}, "account": {"AAAAAAAAAAAAAAAA"}}
		refused := v.post("/account/profile", values).is(422)
		if got := refused.Find(`nav#product-links[hx-swap-oob=true] a[href="/ada"]`).Length(); got != 1 {
			t.Errorf("the links stay those of somebody else:\n%s", refused.body)
		}
	}, withPages, func(s *Site) {
		do := s.Product.Routes[0].Do
		s.Product.Routes = append(s.Product.Routes,
			Route{Method: get, Path: "/open", Guard: Everyone, Do: do},
			Route{Method: get, Path: "/ada", Guard: Members, Allow: func(user store.User) bool { return user.Username == "ada" }, Do: do})
		s.Product.Links = []Link{{Label: "Open", Path: "/open"}, {Label: "Members", Path: "/members"}, {Label: "Ada", Path: "/ada"}}
		s.Product.Front = func(w http.ResponseWriter, r *http.Request) error {
			return s.Show(w, r, http.StatusOK, "", templ.Raw("<h1>The front of a product</h1>"))
		}
	})
}
