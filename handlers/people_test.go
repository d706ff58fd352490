package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/storetest"
)

// listed are the usernames that a page shows, in its order.
func (p *page) listed() []string {
	return p.Find("ul.rows .username").Map(func(_ int, e *goquery.Selection) string { return e.Text() })
}

// lists requires that the page shows these people.
func (p *page) lists(usernames ...string) *page {
	p.v.t.Helper()
	if got := p.listed(); !slices.Equal(got, usernames) {
		p.v.t.Errorf("%s lists %q, want %q", p.path, got, usernames)
	}
	return p
}

// shows is what the page says about how many it shows.
func (p *page) shows(text string) *page {
	p.v.t.Helper()
	if got := strings.TrimSpace(p.Find("[role=status]#shown").Text()); got != text {
		p.v.t.Errorf("%s shows %q, want %q", p.path, got, text)
	}
	return p
}

// Frances administers, and looks at everybody.
func (h *house) frances(t *testing.T, htmx bool) *visitor {
	t.Helper()
	v := h.staff(t, "frances", store.RoleAdmin)
	v.htmx = htmx
	return v
}

func TestPeopleAreListed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/admin/people").goesTo("/login?next=%2Fadmin%2Fpeople")
		admin := h.frances(t, v.htmx)
		admin.get("/admin/people").is(200).lists("frances").shows("1 person is shown.").says("You're the only one here.").follow("Invite somebody")
		ada, err := h.Store.Register(t.Context(), store.Registration{Name: "Ada <b>Lovelace</b>", Username: "ada", Email: "ada@example.com", Password: storetest.Password}, storetest.From)
		if err != nil {
			t.Fatal(err)
		}
		h.closed(t, "grace")
		if err := h.Store.Disable(t.Context(), ada, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		page := admin.get("/admin/people").lists("grace", "ada", "frances").shows("3 people are shown.").hides("only one here", "<b>")
		for username, want := range map[string]string{"ada": "Ada <b>Lovelace</b> Disabled Not confirmed", "grace": "Closed Not confirmed", "frances": "Administrator Not confirmed"} {
			user := h.user(t, username)
			row := page.Find(fmt.Sprintf("#person-%d", user.ID))
			if got := row.Find("a.username").AttrOr("href", ""); got != fmt.Sprintf("/admin/people/%d", user.ID) {
				t.Errorf("%s leads to %q", username, got)
			}
			if got := strings.Join(row.Find(".person span").Map(func(_ int, e *goquery.Selection) string { return e.Text() }), " "); got != want {
				t.Errorf("%s is %q, want %q", username, got, want)
			}
			if !strings.Contains(row.Text(), username+"@example.com") {
				t.Errorf("%s has no address", username)
			}
		}
		for filter, want := range map[string][]string{"Everybody": {"grace", "ada", "frances"}, "Staff": {"frances"}, "Disabled": {"ada"}, "Closed": {"grace"}, "Not confirmed": {"grace", "ada", "frances"}} {
			filtered := admin.get("/admin/people").follow(filter).is(200).lists(want...)
			if got := strings.TrimSpace(filtered.Find(".filters [aria-current=page]").Text()); got != filter {
				t.Errorf("of %s the current list is %q", filter, got)
			}
		}
		if err := h.Store.Enable(t.Context(), ada, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		admin.get("/admin/people?show=disabled").is(200).lists().shows("Nobody is disabled.")
		for _, path := range []string{"?show=others", "?before=0", "?before=-1", "?before=x", "?before=99999999999999999999", "?q=a&by=others", "?q=a&by=number", "?q=a&by=name&id=x"} {
			admin.get("/admin/people" + path).is(404)
		}
	}, withMail)
}

// closed makes an account that its owner has closed.
func (h *house) closed(t *testing.T, username string) store.User {
	t.Helper()
	user := storetest.Register(t, h.Store, registration(username))
	if err := h.Store.CloseAccount(t.Context(), user, storetest.From); err != nil {
		t.Fatal(err)
	}
	return user
}

// A site that sends no mail has nobody whose address could be confirmed.
func TestPeopleOfASiteWithoutMail(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		admin := h.frances(t, v.htmx)
		storetest.Register(t, h.Store, registration("ada"))
		admin.get("/admin/people").lists("ada", "frances").hides("Not confirmed")
		admin.get("/admin/people?show=unconfirmed").lists("ada", "frances")
	})
}

// Whoever only supports is not offered to invite.
func TestPeopleOfASupporter(t *testing.T) {
	either(t, func(t *testing.T, h *house, _ *visitor) {
		h.staff(t, "jean", "support").get("/admin/people").says("You're the only one here.").hides("Invite somebody")
	})
}

// PPL-04: pages follow each other while people come and go.
func TestPPL04PagesOfPeopleFollowEachOther(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := h.frances(t, v.htmx)
		storetest.Crowd(t, h.kind, h.data, 2*store.PeoplePerPage)
		var seen []string
		for page := admin.get("/admin/people"); ; page = page.follow("Older") {
			seen = append(seen, page.is(200).listed()...)
			if page.Find("a[rel=next]").Length() == 0 {
				break
			}
			storetest.Register(t, h.Store, registration(fmt.Sprintf("comes-%d", len(seen))))
			if err := h.Store.Erase(t.Context(), h.user(t, seen[len(seen)-1]), storetest.Operator); err != nil {
				t.Fatal(err)
			}
		}
		if len(seen) != 2*store.PeoplePerPage+1 || seen[len(seen)-1] != "frances" || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != len(seen) {
			t.Errorf("saw %q", seen)
		}
		admin.get("/admin/people?before=1").is(200).lists().shows("There's nobody further down.").follow("Newest").is(200)

		seen = nil
		found := admin.get("/admin/people?q=crowd").follow("All usernames that begin with “crowd”")
		for page := found; ; page = page.follow("Next") {
			seen = append(seen, page.is(200).listed()...)
			if page.Find("a[rel=next]").Length() == 0 {
				page.follow("First").lists(seen[:store.PeoplePerPage]...)
				page.follow("All that was found").says("Usernames")
				break
			}
		}
		if len(seen) != 2*store.PeoplePerPage-2 || !slices.IsSorted(seen) { // two were erased
			t.Errorf("found %q", seen)
		}
	})
}

func TestPeopleAreFound(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := h.frances(t, v.htmx)
		for username, name := range map[string]string{"grace": "Grace Hopper", "gracie-allen": "Gracie Allen", "zola": "Émile Zola", "hop-sing": ""} {
			r := registration(username)
			r.Name = name
			storetest.Register(t, h.Store, r)
		}
		form := admin.get("/admin/people").Find("form[role=search][method=get]")
		if form.AttrOr("action", "") != "/admin/people" || form.Find("button[type=submit]").Length() != 1 || form.Find("input[name=q]").AttrOr("hx-get", "") != "/admin/people" {
			t.Error("the search has no button, or asks nothing while somebody types")
		}
		search := func(typed string) *page {
			return admin.get("/admin/people?" + url.Values{"q": {typed}}.Encode()).is(200)
		}
		search("grac").lists("grace", "gracie-allen").shows("2 people are shown.").says("Usernames")
		search("HOP").lists("hop-sing", "grace").says("Surnames")
		search("émile z").lists("zola").shows("1 person is shown.")
		search("grace@").lists("grace").says("Email addresses")
		search(fmt.Sprint(h.user(t, "zola").ID)).lists("zola").says("Number")
		if got := search(`"><b>`).lists().Find("#q").AttrOr("value", ""); got != `"><b>` {
			t.Errorf("came back as %q", got)
		}
		if n := search("grac").Find(".filters [aria-current]").Length(); n != 0 {
			t.Error("a search is taken for a list")
		}
		search("  ").lists(admin.get("/admin/people").listed()...)
	})
}

// PPL-01: whatever is typed is taken literally, and what nobody can be found by is answered alike.
func TestPPL01WhatIsTypedIsTakenLiterally(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := h.frances(t, v.htmx)
		storetest.Register(t, h.Store, registration("a_b"))
		for _, typed := range []string{"%", "_", `\`, "a%b", "ab\x00", "\x00", "\xff", "a\n", "'; DROP TABLE users; --", strings.Repeat("a", rules.SearchMax+1), strings.Repeat("a", 10<<10)} {
			for _, by := range []string{"", "&by=username", "&by=email", "&by=name&after=a&id=1", "&by=surname&after=%00&id=1"} {
				page := admin.get("/admin/people?q=" + url.QueryEscape(typed) + by).is(200).lists()
				if want := "Nobody found. The search looks at how usernames, addresses, names and surnames begin."; by == "" || by == "&by=username" || by == "&by=email" {
					page.shows(want)
				}
				if strings.Contains(page.body, "\x00") || !utf8.ValidString(page.body) {
					t.Errorf("%.20q is written as it came", typed)
				}
			}
		}
		admin.get("/admin/people?q=a_").lists("a_b")
	})
}

// PPL-02, PPL-03: with a hundred thousand people a list and a search ask what they ask with ten, show
// as many, and count nothing.
func TestPPL02ManyPeopleTakeNoMore(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			admin := h.frances(t, false)
			admin.get("/")
			ask := func(path string) (taken []string, shown int) {
				h.w.Take() // what the test itself did
				shown = len(admin.get(path).is(200).listed())
				return h.taken(t), shown
			}
			paths := map[string]int{"": 3, "?show=staff": 3, "?show=disabled": 3, "?show=closed": 3, "?show=unconfirmed": 3, "?before=8": 3, "?q=crowd": 6, "?q=5": 7, "?q=crowd-1@": 3, "?q=nobody": 6, "?q=crowd&by=surname": 3, "?q=crowd&by=name": 3}
			few := map[string][]string{}
			storetest.Crowd(t, d, h.data, 10)
			for path, want := range paths {
				few[path], _ = ask("/admin/people" + path)
				if len(few[path]) != want {
					t.Errorf("%q takes %d statements, want %d: %q", path, len(few[path]), want, few[path])
				}
			}
			if _, err := h.data.Write.Exec(`DELETE FROM users WHERE name_key IS NOT NULL`); err != nil {
				t.Fatal(err)
			}
			storetest.Crowd(t, d, h.data, 100_000)
			for path := range paths {
				taken, shown := ask("/admin/people" + path)
				if !slices.Equal(taken, few[path]) {
					t.Errorf("%q takes %q, and with ten it was %q", path, taken, few[path])
				}
				if !strings.Contains(path, "q=") && path != "?before=8" && shown != store.PeoplePerPage {
					t.Errorf("%q shows %d", path, shown)
				}
				for _, text := range taken {
					if strings.Contains(strings.ToLower(text), "count(") || strings.Contains(strings.ToLower(text), "offset") {
						t.Errorf("%q counts: %s", path, text)
					}
				}
			}
		})
	}
}

// PPL-05: without the database nobody is said not to be there.
func TestPPL05WithoutTheDatabaseNobodyIsSaidToBeMissing(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	database := storetest.PostgreSQL
	database.New = cluster.NewDatabase
	h := newHouseOn(t, database)
	admin := h.frances(t, false)
	admin.get("/admin/people?q=frances").lists("frances")
	cluster.Stop(t)
	for _, path := range []string{"", "?show=staff", "?q=ada", "?q=1", "?q=ada&by=name", "?q=ada@"} {
		for _, htmx := range []bool{false, true} {
			admin.htmx = htmx
			admin.get("/admin/people"+path).is(http.StatusServiceUnavailable).hides("Nobody", "nobody")
		}
	}
	cluster.Start(t)
	admin.htmx = false
	admin.get("/admin/people?q=frances").is(200).lists("frances")
}

// PPL-05: nor when the last of what a search asks fails.
func TestPPL05AFaultIsNotNobodyFound(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := h.frances(t, v.htmx)
		if _, err := h.data.Write.Exec(`ALTER TABLE users RENAME COLUMN name_turned TO gone`); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"?q=fran", "?q=fran&by=surname"} {
			if answer := admin.get("/admin/people"+path).hides("Nobody", "frances@"); answer.status < 500 {
				t.Errorf("%s answers %d", path, answer.status)
			}
		}
	})
}
