package handlers

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// happen writes n events of somebody, no more at a time than a busy database takes.
func (h *house) happen(t *testing.T, username, name, address string, n int) {
	t.Helper()
	const most = 5000
	for ; n > 0; n -= most {
		_, err := h.data.Write.Exec(fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO events (user_id, at, name, operator, address, agent, request, detail)
			SELECT $1, $2, $3, false, $4, '', '', '' FROM n`, min(n, most)), h.user(t, username).ID, h.clock.Now().UTC(), name, address)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// rowsListed are the rows of a list.
func (p *page) rowsListed() int { return p.Find("main li.row-item").Length() }

// tells requires that rows of the list say one thing, and none the other. The form above it names everything.
func (p *page) tells(text, but string) *page {
	p.v.t.Helper()
	rows := strings.Join(strings.Fields(p.Find("main li.row-item").Text()), " ")
	if !strings.Contains(rows, text) || but != "" && strings.Contains(rows, but) {
		p.v.t.Errorf("%s does not list %q alone, without %q:\n%s", p.path, text, but, rows)
	}
	return p
}

// AUD-03: staff find what happened by person, address and kind.
func TestAUD03ActivityIsFound(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		admin := v.asAdmin(t)
		storetest.Register(t, h.Store, registration("grace"))
		h.happen(t, "grace", store.EventFailed, "2001:db8::7", store.ListedPerPage)
		h.happen(t, "grace", store.EventThrottled, "2001:db8::7", 1)
		if err := h.Store.Disable(t.Context(), h.user(t, "grace"), store.Origin{By: h.user(t, "frances").ID}); err != nil {
			t.Fatal(err)
		}
		page := admin.get("/admin/activity").is(200).tells("Account disabled", "Account created").tells("by frances", "").tells("Too many wrong passwords", "")
		if page.rowsListed() != store.ListedPerPage || page.Find(`main a.username[href="/admin/people/`+fmt.Sprint(h.user(t, "grace").ID)+`"]`).Length() == 0 {
			t.Errorf("%d rows, or nobody is named", page.rowsListed())
		}
		page = admin.get(page.Find("a[rel=next]").AttrOr("href", "")).is(200).tells("Account created", "Account disabled")
		if page.Find(`.pages a[href="/admin/activity"]:contains(Newest)`).Length() != 1 {
			t.Error("there is no way back to the newest")
		}
		grace := fmt.Sprint(h.user(t, "grace").ID)
		for query, want := range map[string]int{
			"who=grace": store.ListedPerPage, "who=GRACE@example.com&kind=authn_login_fail_max": 1, "who=" + grace + "&from=2001:DB8::7&kind=authn_login_lock": 0,
			"from=2001%3Adb8%3A%3A7&kind=authn_login_fail_max": 1, "kind=user_created": 3, "who=ada&kind=user_created": 1, "who=&from=&kind=": store.ListedPerPage, "who=4711": 0,
		} {
			page := admin.get("/admin/activity?" + query).is(200)
			if got := page.rowsListed(); got != want {
				t.Errorf("%s lists %d, want %d", query, got, want)
			}
			if want == 0 {
				page.says("Nothing found.")
			}
		}
		// A further page keeps the conditions, and an address leads to all that came from there.
		page = admin.get("/admin/activity?who=grace&from=2001:db8::7").is(200)
		if next := page.Find("a[rel=next]").AttrOr("href", ""); !strings.Contains(next, "who=grace") || !strings.Contains(next, "before=") {
			t.Errorf("the next page is %q", next)
		}
		if page.Find(`li a[href="/admin/activity?from=2001%3Adb8%3A%3A7&who=grace"]`).Length() == 0 {
			t.Error("no row leads to its address")
		}
		if got := page.value("who") + page.value("from"); got != "grace2001:db8::7" {
			t.Errorf("the form has %q", got)
		}
		// The page of one person.
		own := admin.get("/admin/people/"+grace+"/activity?kind=authn_login_lock").is(200).says("Activity of grace").tells("Account disabled", "Wrong")
		if own.rowsListed() != 1 || own.Find("#who").Length() != 0 {
			t.Errorf("%d rows of grace", own.rowsListed())
		}
		admin.get("/admin/people/"+grace+"/activity?who=ada").is(200).tells("Too many wrong passwords", "Account created")
		admin.get("/admin/people/4711/activity").is(404)
		admin.get("/admin/people/x/activity").is(404)
		// Who supports sees that of one, and not that of everybody.
		helper := h.staff(t, "jean", "support")
		helper.get("/admin/people/" + grace + "/activity").is(200)
		helper.get("/admin/activity").is(403)
		v.get("/admin/activity").is(403)
		v.get("/admin/people/" + grace + "/activity").is(403)
	})
}

// AUD-03: a rare kind from a busy address is looked for in steps.
func TestAUD03LooksFurther(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		storetest.Register(t, h.Store, registration("grace"))
		h.happen(t, "grace", store.EventClosed, "192.0.2.1", 1)
		h.happen(t, "grace", store.EventFailed, "192.0.2.1", store.LookedThrough)
		page := admin.get("/admin/activity?from=192.0.2.1&kind=user_archived").is(200).says("Looked through 2,000 events.").hides("Nothing found")
		if page.rowsListed() != 0 {
			t.Errorf("%d rows", page.rowsListed())
		}
		page = admin.get(page.Find(`a:contains("Look further")`).AttrOr("href", "")).is(200).tells("Account closed", "").hides("Looked through")
		if page.rowsListed() != 1 || page.Find("a[rel=next]").Length() != 0 {
			t.Errorf("%d rows", page.rowsListed())
		}
	})
}

// Whatever stands in the address, there is a page with a sentence.
func TestAUD03ConditionsCanBeAnything(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		for _, path := range []string{"/admin/activity", "/admin/people/1/activity"} {
			for name, sentence := range map[string]string{"who": "Nobody has that username", "from": "That isn't a network address.", "kind": "Choose one of these."} {
				if name == "who" && path != "/admin/activity" {
					continue
				}
				for _, value := range []string{"<b>&'\"", "\x00x y", "x y\xff\xfe", strings.Repeat("x", 300) + " y", strings.Repeat("é", 5_000), "%' OR 1=1 --"} {
					admin.get(path+"?"+url.Values{name: {value}}.Encode()).is(422).says(sentence).hides("<b>", "\x00", "\xff")
				}
			}
			for _, before := range []string{"0", "-1", "x", "1.5", "99999999999999999999", "\x00"} {
				admin.get(path + "?before=" + url.QueryEscape(before)).is(404)
			}
			admin.get(path + "?before=9223372036854775807&nothing=else&who=frances&who=x").is(200)
			admin.get(path + "?%zz&who=%").is(200)
		}
	})
}
