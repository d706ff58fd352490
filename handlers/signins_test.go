package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// ends are where the buttons lead that end a sign-in.
func (p *page) ends() []string {
	return p.Find(`form[action^="/account/signins/"][action$="/end"]`).Map(func(_ int, f *goquery.Selection) string {
		if f.AttrOr("hx-post", "") != f.AttrOr("action", "") {
			p.v.t.Errorf("htmx posts to %q, the form to %q", f.AttrOr("hx-post", ""), f.AttrOr("action", ""))
		}
		return f.AttrOr("action", "")
	})
}

// out requires that the visitor is signed out, however they ask.
func (v *visitor) out() {
	v.t.Helper()
	if got := v.get("/account/signins").destination(); got != "/login?next=%2Faccount%2Fsignins" {
		v.t.Errorf("still signed in: led to %q", got)
	}
	v.post("/account/signins/end-others", url.Values{}).goesTo("/login?next=%2Faccount%2Fsignins")
}

func TestSES07SignInsAreListedAndEnded(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.header.Set("User-Agent", storetest.From.Agent)
		v.registers()
		alone := v.get("/account/signins").is(200).says("This is the only one.").says("Firefox on Linux")
		if len(alone.ends()) != 0 || alone.Find(`form[action$="end-others"]`).Length() != 0 {
			t.Error("there is something to end")
		}
		others := []*visitor{v.another(), v.another(), v.another()}
		h.clock.Move(time.Second)
		for _, other := range others {
			other.signsIn()
		}
		list := v.get("/account/signins")
		if list.Find("li.row-item").Length() != 4 || len(list.ends()) != 3 || list.Find("li.row-item:first-child .tag").Text() != "This device" {
			t.Fatalf("the list is not of four, one of them here:\n%s", list.body)
		}
		for _, n := range h.signIns(t, "ada") {
			list.hides(n.ID)
		}
		v.post(list.ends()[0], url.Values{}).arrives("/account/signins").is(200).says("That device is signed out.").hides(list.ends()[0])
		var left []*visitor
		for _, other := range others {
			if other.signedIn() == "" {
				other.out()
				continue
			}
			left = append(left, other)
		}
		if len(left) != 2 {
			t.Fatalf("%d others are signed in, want 2", len(left))
		}
		v.post(list.ends()[0], url.Values{}).is(404)
		v.post("/account/signins/end-others", url.Values{}).arrives("/account/signins").says("2 other devices are signed out.").says("This is the only one.")
		for _, other := range left {
			other.out()
		}
		v.post("/account/signins/end-others", url.Values{}).arrives("/account/signins").says("There was no other device.")
		others[0].signsIn()
		v.post("/account/signins/end-others", url.Values{}).arrives("/account/signins").says("The other device is signed out.")
		if got := v.signedIn(); got != "ada" {
			t.Errorf("this one is signed in as %q", got)
		}
	})
}

// signIns are the sign-ins of a person, with what no page shows.
func (h *house) signIns(t *testing.T, username string) []store.SignIn {
	t.Helper()
	list, err := h.Store.SignIns(t.Context(), h.user(t, username))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEndingTheOwnSignInSignsOut(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.post("/account/signins/"+h.signIns(t, "ada")[0].Handle+"/end", url.Values{}).goesTo(signedOutPage).signedInAs("")
		if h.rows(t, "signins") != 0 || v.session() != "" {
			t.Error("something of the sign-in is left")
		}
	})
}

func TestADM02SomebodyElsesSignInIsNotThere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		grace := v.another()
		grace.registersAs("grace")
		foreign := h.signIns(t, "grace")[0]
		before := h.dump(t, "sessions")
		for _, handle := range []string{foreign.Handle, foreign.ID, strings.ToLower(foreign.Handle)} {
			v.post("/account/signins/"+handle+"/end", url.Values{}).is(404).hides("grace")
		}
		v.post("/account/signins/end-others", url.Values{}).arrives("/account/signins").says("There was no other device.")
		if after := h.dump(t, "sessions"); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
		if got := grace.signedIn(); got != "grace" {
			t.Errorf("grace is signed in as %q", got)
		}
		v.get("/account/signins").hides("grace", foreign.Handle)
		v.get("/account/activity").hides("grace")
	})
}

func TestINJ08OddSignInsAreNotThere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.another().signsIn()
		before := h.dump(t)
		for _, handle := range []string{
			"-1", "0", "1", "9223372036854775808", "1e3", "1;--", "%00", "%ff", "%FF", "%C0%80", "a%00", "%25", "%27", "_", "*", "..%2f", "%2e%2e", "é",
			"%27%20OR%201=1--", "%E2%80%AE", strings.Repeat("x", 5000), "end-others",
		} {
			if got := v.post("/account/signins/"+handle+"/end", url.Values{}).status; got != 404 && got != 400 {
				t.Errorf("%q: %d, want 404", handle, got)
			}
		}
		if h.dump(t) != before {
			t.Error("the database changed")
		}
	})
}

func TestINJ01DevicesAreText(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for i, agent := range []string{polyglot, "Mozilla/5.0 (<img src=x onerror=alert(1)>) Firefox/1", "javascript:alert(1)/1"} {
			other := v.another()
			other.header.Set("User-Agent", agent)
			other.signsIn()
			list := v.get("/account/signins").is(200)
			list.hides("<img", "<script>alert", "<b>")
			if got := list.Find("li.row-item").Length(); got != 2 {
				t.Errorf("agent %d: %d rows, want 2", i, got)
			}
			other.get("/account").hides("<img", "<script>alert", "<b>")
			v.post(list.ends()[0], url.Values{}).arrives("/account/signins").hides("<img", "<script>alert", "<b>")
			v.get("/account/activity").says("Device signed out: ").hides("<img", "<script>alert", "<b>")
		}
	})
}

func TestTheOldestSignInMakesRoom(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for range store.SignInsMax {
			h.clock.Move(time.Millisecond)
			if _, err := h.Store.SignIn(t.Context(), store.ByPassword(h.user(t, "ada")), storetest.From); err != nil {
				t.Fatal(err)
			}
		}
		if got := len(h.signIns(t, "ada")); got != store.SignInsMax {
			t.Errorf("%d sign-ins, want %d", got, store.SignInsMax)
		}
		v.out()
	})
}

// private are the pages that only members see, recently authenticated or not.
func (h *house) private() []string {
	var paths []string
	for _, r := range h.routes() {
		if r.method == get && r.guard.who == forMembers {
			paths = append(paths, r.path)
		}
	}
	return paths
}

func TestSES14PrivatePagesAreNotStoredAndHaveAWayOut(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		shown := 0
		for _, path := range h.private() {
			for _, reader := range []*visitor{v, v.another()} {
				answer := reader.get(path)
				if got := strings.Join(answer.header.Values("Cache-Control"), ", "); got != "no-store" {
					t.Errorf("%s: Cache-Control is %q, want no-store", path, got)
				}
				if answer.header.Get("ETag") != "" || answer.header.Get("Last-Modified") != "" {
					t.Errorf("%s has a validator", path)
				}
				if reader == v && answer.status == 200 && path != "/account/export" {
					shown++
					if answer.Find(`form[method=post][action="/logout"] button[type=submit]`).Length() != 1 {
						t.Errorf("%s has no way to sign out", path)
					}
				}
			}
		}
		if want := 7; shown < want {
			t.Errorf("%d pages were shown, want %d or more", shown, want)
		}
	})
}

func TestADM03ADisabledPersonIsOutOnEveryPage(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		before := h.dump(t, "sessions")
		for _, path := range h.private() {
			answer := v.get(path).hides("ada@example.com")
			if got := answer.destination(); !strings.HasPrefix(got, "/login") {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		for _, r := range h.unsafe() {
			if r.guard.who == forMembers {
				v.post(h.example(t, r), accepted(r.path)).turnedAway()
			}
		}
		if h.dump(t, "sessions") != before {
			t.Error("the database changed")
		}
		v.another().tries("ada", storetest.Password).is(422)
	})
}

func TestSES13PrivatePagesIgnoreConditions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	v.post("/logout", url.Values{})
	for _, path := range h.private() {
		v.header.Set("If-None-Match", "*")
		if got := v.get(path).hides("ada").status; got != http.StatusSeeOther {
			t.Errorf("%s: %d, want 303", path, got)
		}
	}
}
