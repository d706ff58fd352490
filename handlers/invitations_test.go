package handlers

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// after is what an administrator reads once something was done: at once as htmx, on the next page otherwise.
func (p *page) after(list string) *page {
	p.v.t.Helper()
	if p.v.htmx {
		return p.is(200)
	}
	return p.goesTo(list).is(200)
}

// invitesBy sends the form, and returns the link of the letter.
func (v *visitor) invitesBy(t *testing.T, email, role string) string {
	t.Helper()
	v.post("/admin/invitations", url.Values{"email": {email}, "role": {role}}).after("/admin/invitations").says(email + " is invited.")
	return v.h.link(t, email)
}

// INV-01: whom staff invite stands in the list, and the link is dead once the invitation is revoked, written
// again, accepted or over.
func TestINV01InvitationsAreListedAndRevoked(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		admin.get("/admin/invitations").is(200).says("Nobody is invited right now.")
		link := admin.invitesBy(t, "olga@example.org", "support")
		h.clock.Move(time.Second)
		listed := admin.get("/admin/invitations").is(200).tells("olga@example.org SupportBy frances", "").tells("ends on", "")
		if listed.rowsListed() != 1 {
			t.Errorf("%d rows", listed.rowsListed())
		}
		v.another().follows(link).is(200).says("You're invited as Support.")
		button := func(shown *page, deed string) string {
			t.Helper()
			form := shown.Find(`li form[action$="/` + deed + `"]`).First()
			if form.AttrOr("hx-post", "") != form.AttrOr("action", "-") || !strings.Contains(form.Text(), "olga@example.org") || form.Find("input[name=account]").Length() != 1 {
				t.Errorf("the button is %s", shown.body)
			}
			return form.AttrOr("action", "")
		}
		// Again.
		again, revoke := button(listed, "again"), button(listed, "revoke")
		listed = admin.post(again, url.Values{}).after("/admin/invitations").says("olga@example.org is invited.")
		if listed.rowsListed() != 1 {
			t.Errorf("%d rows", listed.rowsListed())
		}
		v.another().follows(link).is(422)
		second := h.link(t, "olga@example.org")
		v.another().follows(second).is(200)
		for _, gone := range []string{again, revoke} {
			admin.post(gone, url.Values{}).is(404).says("That invitation isn't open any more")
		}
		// Revoked.
		admin.post(button(listed, "revoke"), url.Values{}).after("/admin/invitations").says("The invitation to olga@example.org is revoked.").says("Nobody is invited right now.")
		v.another().follows(second).is(422)
		for _, path := range []string{"/admin/invitations/%00/revoke", "/admin/invitations/a%20b/again", "/admin/invitations/" + strings.Repeat("A", 100) + "/revoke"} {
			admin.post(path, url.Values{}).is(404)
		}
		// Accepted, and over.
		h.clock.Move(time.Hour)
		admin.tries("frances", storetest.Password).goesTo("/")
		third := admin.invitesBy(t, "olga@example.org", "member")
		olga := v.another()
		olga.follows(third).submit(map[string]string{"username": "olga", "password": storetest.Password}).goesTo("/")
		if user := h.user(t, "olga"); user.Role != "" || !user.Verified() {
			t.Errorf("olga is %+v", user)
		}
		admin.post("/admin/invitations", url.Values{"email": {"olga@example.org"}, "role": {"member"}}).is(422).says("This address has an account")
		last := admin.invitesBy(t, "mary@example.org", "member")
		h.clock.Move(store.InviteValid)
		v.another().follows(last).is(422)
		admin.tries("frances", storetest.Password).goesTo("/")
		admin.get("/admin/invitations").is(200).says("Nobody is invited right now.")
	}, withMail)
}

// INV-02: an address gets three letters within an hour, whoever asks for them; staff are not counted as a
// source besides.
func TestINV02StaffAreCountedByAddressAlone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		for i := range 5 {
			admin.invitesBy(t, fmt.Sprintf("guest-%d@example.org", i), "member")
		}
		page := admin.get("/admin/invitations").is(200)
		for i := range store.LettersPerHour - 1 {
			h.clock.Move(time.Second)
			path := page.Find(`li:contains("guest-0@") form[action$="/again"]`).AttrOr("action", "")
			page = admin.post(path, url.Values{}).after("/admin/invitations")
			if page.rowsListed() != 5 {
				t.Errorf("time %d: %d rows", i, page.rowsListed())
			}
		}
		link := h.link(t, "guest-0@example.org")
		path := page.Find(`li:contains("guest-0@") form[action$="/again"]`).AttrOr("action", "")
		admin.post(path, url.Values{}).is(422).says("This address was invited 3 times within an hour.")
		admin.post("/admin/invitations", url.Values{"email": {"guest-0@example.org"}, "role": {"support"}}).is(422).says("This address was invited 3 times within an hour.")
		v.another().follows(link).is(200) // the last one stays good
		h.clock.Move(store.InviteValid)
		admin.tries("frances", storetest.Password).goesTo("/")
		v.another().follows(admin.invitesBy(t, "guest-0@example.org", "member")).is(200)
	}, withMail, func(s *Site) { s.Limits.Letters = store.Rates{{Count: 1, Per: time.Hour}} })
}

// INV-03: an invitation is void once its writer could not write it any more.
func TestINV03WhoLosesTheRightInvitedNobody(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.staff(t, "first", store.RoleAdmin)
		admin := v.asAdmin(t)
		helper, member := admin.invitesBy(t, "helper@example.org", "support"), admin.invitesBy(t, "member@example.org", "member")
		v.another().follows(helper).is(200)
		h.gives(t, "frances", "support")
		v.another().follows(helper).is(422)
		v.another().follows(member).is(200) // anybody can be a member
		if err := errors.Join(h.Store.Erase(t.Context(), h.user(t, "frances"), storetest.Operator)); err != nil {
			t.Fatal(err)
		}
		first := v.another()
		first.tries("first", storetest.Password).goesTo("/")
		first.get("/admin/invitations").is(200).tells("member@example.org By Account", "helper@").tells("erased", "")
	}, withMail)
}

// ROL-06: nobody gives by invitation what they don't have, or takes part in it.
func TestINV03NobodyInvitesUpward(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.staff(t, "boss", store.RoleAdmin)
		from := storetest.From
		from.By = h.user(t, "boss").ID
		if err := h.Store.Invite(t.Context(), "chief@example.org", store.RoleAdmin, from); err != nil {
			t.Fatal(err)
		}
		manager := v.serves("martha", testManager)
		page := manager.get("/admin/invitations").is(200)
		if page.Find(`select#role option[value="admin"]`).Length() != 0 || page.Find(`select#role option[value="support"]`).Length() != 1 {
			t.Error("a role is offered that may do more, or one is not that may do less")
		}
		if page.Find(`form[action$="/again"]`).Length() != 0 || page.Find(`form[action$="/revoke"]`).Length() != 1 {
			t.Errorf("the buttons are %v", page.buttons())
		}
		before := h.dump(t, "sessions")
		manager.post("/admin/invitations", url.Values{"email": {"new@example.org"}, "role": {"admin"}}).is(422).says("Choose one of these.")
		again := strings.Replace(page.Find(`form[action$="/revoke"]`).AttrOr("action", ""), "/revoke", "/again", 1)
		manager.post(again, url.Values{}).is(422).says("You can't do this to somebody who may do more than you.")
		for _, form := range []url.Values{{"email": {"olga"}, "role": {"member"}}, {"email": {""}}, {"email": {"<b>@x"}, "role": {"member"}}} {
			manager.post("/admin/invitations", form).is(422).hides("<b>")
		}
		if h.dump(t, "sessions") != before {
			t.Error("something was changed")
		}
		// Who may invite and give no role.
		helper := h.staff(t, "jean", "support")
		helper.get("/admin/invitations").is(403)
		helper.post("/admin/invitations", url.Values{"email": {"new@example.org"}}).is(403)
		helper.post(again, url.Values{}).is(403)
	}, withMail)
}

// Without mail the page says so, and does nothing.
func TestWithoutMailNobodyIsInvited(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		page := admin.get("/admin/invitations").is(200).says("This site sends no mail, so nobody can be invited.")
		if page.Find("main form").Length() != 0 {
			t.Errorf("there is a form: %s", page.body)
		}
		before := h.dump(t, "sessions")
		admin.post("/admin/invitations", url.Values{"email": {"olga@example.org"}, "role": {"member"}}).is(422).says("Error: Invitations")
		admin.post("/admin/invitations/AAAAAAAAAA/again", url.Values{}).is(422).says("Error: Invitations")
		if h.dump(t, "sessions") != before {
			t.Error("something was changed")
		}
	})
}

// Many invitations are read page by page, also when one is accepted between two pages.
func TestInvitationsAreReadPageByPage(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		for i := range store.InvitesPerPage + 2 {
			if err := h.Store.Invite(t.Context(), fmt.Sprintf("guest-%02d@example.org", i), "", storetest.Operator); err != nil {
				t.Fatal(err)
			}
			h.clock.Move(time.Second)
		}
		page := admin.get("/admin/invitations").is(200).tells("guest-26@", "guest-01@").tells("By the command line", "")
		older := page.Find("a[rel=next]").AttrOr("href", "")
		if page.rowsListed() != store.InvitesPerPage || older == "" {
			t.Fatalf("%d rows", page.rowsListed())
		}
		last := page.Find(`li:last-child form[action$="/revoke"]`).AttrOr("action", "")
		admin.post(last, url.Values{}).after("/admin/invitations").says("The invitation to guest-02@example.org is revoked.")
		page = admin.get(older).is(200).tells("guest-01@", "guest-02@")
		if page.rowsListed() != 2 || page.Find(`.pages a[href="/admin/invitations"]`).Length() != 1 || page.Find("a[rel=next]").Length() != 0 {
			t.Errorf("%d rows behind them: %s", page.rowsListed(), page.body)
		}
		for _, before := range []string{"x", "1", "%00", "-1-A", strings.Repeat("9", 400)} {
			admin.get("/admin/invitations?before=" + before).is(404)
		}
		admin.get("/admin/invitations?before=1-A").is(200).says("Nothing found.")
	}, withMail)
}
