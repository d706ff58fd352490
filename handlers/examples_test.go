package handlers

import (
	"cmp"
	"net/url"
	"strings"
	"testing"

	"gatehouse/assets"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// example is a request to a route, and what the tests have to know of it beside what its row in the table says. Every
// walk over the routes reads it.
type example struct {
	// route is the method and the path of the table.
	route string
	// at is an address, where the path has placeholders. A route may have a row for each of
	// several; walks go by the first.
	at string
	// form is what it takes from Ada, signed in or not, and acts upon.
	form string
	// shows is what a GET is answered with.
	shows shown
	costs []cost
}

// shown is what a GET is answered with.
type shown int

const (
	aPage shown = iota
	// aFile is anything but a page of this site.
	aFile
	// elsewhere leads to another page, whoever asks.
	elsewhere
)

// cost is how many statements an answer takes, those of its session included: for a visitor
// without a cookie, and for Ada, who has just signed in. With a link both followed it
// before. Of a form it is one that is refused, of a button what it does, of an inline check
// one that is passed.
type cost struct {
	link, form      string
	visitor, member int
}

// own is the form of the row.
const own = "the form of the row"

func takes(visitor, member int) []cost { return []cost{{"", own, visitor, member}} }

var examples = []example{
	{route: "GET /", costs: takes(0, 2)},
	{route: "GET /register", costs: takes(0, 2)},
	{route: "POST /register", form: "username=newcomer&email=newcomer@example.com&password=" + storetest.Password, costs: []cost{
		{"", "", 0, 3},
		{"", "username=ada&email=new@example.com&password=" + newPassword, 1, 3},
	}},
	{route: "POST /register/check/{field}", at: "/register/check/username", form: "username=newcomer", costs: []cost{
		{"", own, 1, 3},
		{"", "username=a", 0, 2},
	}},
	{route: "POST /register/check/{field}", at: "/register/check/email", form: "email=new@example.com", costs: takes(0, 2)},
	{route: "POST /register/check/{field}", at: "/register/check/password", form: "password=" + newPassword, costs: takes(0, 2)},
	{route: "GET /register/first/{token}", at: "/register/first/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /register/first", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeSetup, "", 2, 4},
	}},
	{route: "POST /register/first", form: "username=olga&email=olga@example.com&password=" + newPassword, costs: []cost{{store.PurposeSetup, "", 1, 3}}},
	{route: "POST /register/first/check/{field}", at: "/register/first/check/username", form: "username=olga", costs: []cost{{store.PurposeSetup, own, 2, 4}}},
	{route: "GET /login", costs: takes(0, 2)},
	{route: "POST /login", form: "username=grace&password=" + storetest.Password, costs: []cost{
		{"", "", 0, 3},
		{"", "username=nobody&password=" + newPassword, 3, 3},
		{"", "username=grace&password=" + newPassword, 5, 3},
	}},
	{route: "POST /login/check/{field}", at: "/login/check/username", form: "username=grace", costs: takes(0, 2)},
	{route: "POST /login/not-me", costs: takes(0, 2)},
	{route: "GET /login/second", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /login/second", form: "code=123456", costs: takes(0, 3)},
	{route: "POST /login/passkey/options", costs: takes(0, 3)},
	{route: "POST /login/passkey", form: "passkey=none&ceremony=none", costs: takes(0, 3)},
	{route: "POST /login/second/passkey/options", costs: takes(0, 3)},
	{route: "POST /login/second/passkey", form: "passkey=none&ceremony=none", costs: takes(0, 3)},
	{route: "GET /login/second/recovery", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /login/second/recovery", form: "code=7KQ2M9-ZX4TBC-0HJ8NW-VR5DPG", costs: takes(0, 3)},
	{route: "POST /logout", costs: takes(0, 5)},
	{route: "POST /theme", form: "theme=dark", costs: takes(0, 2)},

	{route: "GET /account", costs: takes(0, 2)},
	{route: "GET /account/profile", costs: takes(0, 2)},
	{route: "POST /account/profile", form: "name=Augusta&username=countess", costs: []cost{
		{"", "", 0, 2},
		{"", "username=grace", 0, 3},
	}},
	{route: "POST /account/profile/zone", form: "zone=Europe/Berlin", costs: takes(0, 4)},
	{route: "POST /account/profile/check/{field}", at: "/account/profile/check/username", form: "username=countess", costs: takes(0, 3)},
	{route: "GET /account/password", costs: takes(0, 2)},
	{route: "POST /account/password", form: "current=" + storetest.Password + "&password=" + newPassword, costs: []cost{
		{"", "", 0, 2},
		{"", "current=wrong&password=" + newPassword, 0, 8},
	}},
	{route: "POST /account/password/check/{field}", at: "/account/password/check/password", form: "password=" + newPassword, costs: takes(0, 2)},
	{route: "GET /.well-known/change-password", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /account/email", costs: takes(0, 3)},
	{route: "POST /account/email", form: "email=ada@example.org", costs: []cost{{"", "", 0, 3}}},
	{route: "POST /account/email/cancel", costs: takes(0, 5)},
	{route: "POST /account/email/check/{field}", at: "/account/email/check/email", form: "email=ada@example.org", costs: takes(0, 2)},
	{route: "GET /account/second", costs: takes(0, 2)},
	{route: "POST /account/second/on", costs: takes(0, 2)},
	{route: "POST /account/second/off", costs: takes(0, 2)},
	{route: "POST /account/second/trust/end", costs: takes(0, 5)},
	{route: "GET /account/totp", costs: takes(0, 2)},
	{route: "POST /account/totp", form: "code=123456", costs: takes(0, 2)},
	{route: "POST /account/totp/remove", costs: takes(0, 2)},
	{route: "GET /account/codes", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /account/codes", form: "batch=none", costs: takes(0, 2)},
	{route: "POST /account/codes/file", form: "codes=7KQ2M9-ZX4TBC-0HJ8NW-VR5DPG", costs: takes(0, 2)},
	{route: "GET /account/passkeys", costs: takes(0, 3)},
	{route: "GET /account/passkeys/new", costs: takes(0, 2)},
	{route: "POST /account/passkeys/new/options", costs: takes(0, 2)},
	{route: "POST /account/passkeys/new", form: "passkey=none&ceremony=none", costs: takes(0, 2)},
	{route: "GET /account/passkeys/{handle}", at: "/account/passkeys/NONE", costs: takes(0, 3)},
	{route: "POST /account/passkeys/{handle}", at: "/account/passkeys/NONE", form: "name=Phone", costs: takes(0, 3)},
	{route: "POST /account/passkeys/{handle}/remove", at: "/account/passkeys/NONE/remove", costs: takes(0, 3)},
	{route: "GET /account/password/remove", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /account/password/remove", costs: takes(0, 3)},
	{route: "GET /.well-known/passkey-endpoints", shows: aFile, costs: takes(0, 0)},
	{route: "GET /account/signins", costs: takes(0, 3)},
	{route: "POST /account/signins/{handle}/end", at: "/account/signins/NONE/end", costs: takes(0, 3)},
	{route: "POST /account/signins/end-others", costs: takes(0, 7)},
	{route: "GET /account/activity", costs: takes(0, 3)},
	{route: "GET /account/data", costs: takes(0, 2)},
	{route: "GET /account/export", shows: aFile, costs: takes(0, 11)},
	{route: "GET /account/delete", costs: takes(0, 2)},
	{route: "POST /account/delete", form: "username=ada", costs: []cost{{"", "", 0, 2}}},
	{route: "GET /confirm", costs: takes(0, 2)},
	{route: "POST /confirm", form: "password=" + storetest.Password, costs: []cost{
		{"", "", 0, 2},
		{"", "password=wrong", 0, 7},
	}},
	{route: "POST /confirm/passkey/options", costs: takes(0, 3)},
	{route: "POST /confirm/passkey", form: "passkey=none&ceremony=none", costs: takes(0, 3)},
	{route: "GET /reopen", costs: takes(0, 2)},
	{route: "POST /reopen", costs: takes(0, 3)},

	{route: "GET /password/forgot", costs: takes(0, 2)},
	{route: "POST /password/forgot", form: "username=ada", costs: []cost{
		{"", "", 0, 2},
		{"", own, 3, 5},
	}},
	{route: "GET /password/reset/{token}", at: "/password/reset/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /password/reset", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeReset, "", 1, 3},
	}},
	{route: "POST /password/reset", form: "password=" + newPassword, costs: []cost{{store.PurposeReset, "", 1, 3}}},
	{route: "POST /password/reset/check/{field}", at: "/password/reset/check/password", form: "password=" + newPassword, costs: []cost{{store.PurposeReset, own, 1, 3}}},
	{route: "GET /email/verify/{token}", at: "/email/verify/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /email/verify", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeVerify, "", 1, 3},
		{store.PurposeNewEmail, "", 1, 3},
		{store.PurposeRegister, "", 2, 4},
	}},
	{route: "GET /email/verify/resend", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /email/verify/resend", costs: takes(1, 7)},
	{route: "POST /email/verify", costs: []cost{{store.PurposeRegister, "", 2, 4}}},
	{route: "GET /email/verify/passkey", shows: elsewhere, costs: takes(0, 2)},
	{route: "POST /email/verify/passkey/options", costs: []cost{{store.PurposeRegister, "", 1, 3}}},
	{route: "POST /email/verify/passkey", form: "passkey=none&ceremony=none", costs: []cost{{store.PurposeRegister, "", 2, 4}}},
	{route: "GET /email/undo/{token}", at: "/email/undo/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /email/undo", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeUndo, "", 1, 3},
	}},
	{route: "POST /email/undo", costs: []cost{{store.PurposeUndo, "", 18, 3}}}, // the second comes too late
	{route: "GET /factors/undo/{token}", at: "/factors/undo/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /factors/undo", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeFactors, "", 1, 3},
	}},
	{route: "POST /factors/undo", costs: []cost{{store.PurposeFactors, "", 20, 3}}}, // the second comes too late
	{route: "GET /invite/{token}", at: "/invite/NONE", shows: elsewhere, costs: takes(0, 2)},
	{route: "GET /invite", costs: []cost{
		{"", "", 0, 2},
		{store.PurposeInvite, "", 1, 3},
	}},
	{route: "POST /invite", form: "username=olga&password=" + newPassword, costs: []cost{{store.PurposeInvite, "", 1, 3}}},
	{route: "POST /invite/check/{field}", at: "/invite/check/username", form: "username=olga", costs: []cost{{store.PurposeInvite, own, 2, 4}}},

	{route: "GET /healthz", shows: aFile, costs: takes(0, 0)},
	{route: "GET /readyz", shows: aFile, costs: takes(2, 2)},
	{route: "GET /.well-known/gatehouse/doctor/{token}", at: "/.well-known/gatehouse/doctor/NONE", shows: aFile, costs: takes(1, 1)},
	{route: "GET /robots.txt", shows: aFile, costs: takes(0, 0)},
	{route: "GET /favicon.ico", shows: aFile, costs: takes(0, 0)},
	{route: "GET /apple-touch-icon.png", shows: aFile, costs: takes(0, 0)},
	{route: "GET /manifest.webmanifest", shows: aFile, costs: takes(0, 0)},
	{route: "GET /assets/{file}", at: assets.Path("site.css"), shows: aFile, costs: takes(0, 0)},
	{route: "GET /dev/mailbox", costs: takes(0, 2)},
	{route: "GET /dev/mailbox/{n}", at: "/dev/mailbox/0", shows: aFile, costs: takes(0, 2)}, // a letter as it is sent
	{route: "GET /dev/mailbox.json", shows: aFile, costs: takes(0, 2)},

	// Ada is a member, whom the administration turns away.
	{route: "GET /admin", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/activity", at: "/admin/people/1/activity", costs: takes(0, 2)},
	{route: "GET /admin/invitations", costs: takes(0, 2)},
	{route: "POST /admin/invitations", form: "email=olga@example.org&role=support", costs: takes(0, 2)},
	{route: "POST /admin/invitations/{handle}/revoke", at: "/admin/invitations/NONE/revoke", costs: takes(0, 2)},
	{route: "POST /admin/invitations/{handle}/again", at: "/admin/invitations/NONE/again", costs: takes(0, 2)},
	{route: "GET /admin/activity", costs: takes(0, 2)},
	{route: "POST /admin/activity/download", form: "since=2026-11-30&until=2026-11-30", costs: takes(0, 2)},
	{route: "GET /admin/audit", costs: takes(0, 2)},
	{route: "POST /admin/audit/download", form: "since=2026-11-30&until=2026-11-30", costs: takes(0, 2)},
	{route: "GET /admin/people", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}", at: "/admin/people/1", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/signins/end", at: "/admin/people/1/signins/end", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/signins/{handle}/end", at: "/admin/people/1/signins/NONE/end", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/reset", at: "/admin/people/1/reset", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/confirm", at: "/admin/people/1/confirm", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/factors", at: "/admin/people/1/factors", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/factors", at: "/admin/people/1/factors", form: "reason=lost", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/disable", at: "/admin/people/1/disable", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/disable", at: "/admin/people/1/disable", form: "reason=asked", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/enable", at: "/admin/people/1/enable", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/close", at: "/admin/people/1/close", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/close", at: "/admin/people/1/close", form: "reason=asked", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/erase", at: "/admin/people/1/erase", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/erase", at: "/admin/people/1/erase", form: "username=ada&reason=asked", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/role", at: "/admin/people/1/role", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/role", at: "/admin/people/1/role", form: "role=support&was=member", costs: takes(0, 2)},
	{route: "GET /admin/people/{id}/look", at: "/admin/people/1/look", costs: takes(0, 2)},
	{route: "POST /admin/people/{id}/look", at: "/admin/people/1/look", form: "reason=asked", costs: takes(0, 2)},
	{route: "POST /admin/look/end", costs: takes(0, 2)},

	// Those of a product, and those that it has for its letters.
	{route: "GET /members", costs: takes(0, 2)},
	{route: "POST /members", costs: takes(0, 2)},
	{route: "GET /verified", costs: takes(0, 2)},
	{route: "POST /verified", costs: takes(0, 2)},
	{route: "GET /recent", costs: takes(0, 2)},
	{route: "POST /recent", costs: takes(0, 2)},
	{route: "GET /both", costs: takes(0, 2)},
	{route: "POST /both", costs: takes(0, 2)},
	{route: "GET /ada/{id}", at: "/ada/1", costs: takes(0, 2)},
	{route: "POST /ada/{id}", at: "/ada/1", costs: takes(0, 2)},
	{route: "GET /account/preferences", costs: takes(0, 3)},
	{route: "POST /account/preferences", costs: takes(0, 6)},
	{route: "GET /unsubscribe/{token}", at: "/unsubscribe/NONE", costs: takes(0, 0)},
	{route: "POST /unsubscribe/{token}", at: "/unsubscribe/NONE", costs: takes(0, 0)},
}

// example is the first row of a route.
func (r route) example() example {
	for _, t := range examples {
		if t.route == r.method+" "+r.path {
			return t
		}
	}
	return example{}
}

// address is that of the row, or else the path.
func (t example) address() string {
	_, path, _ := strings.Cut(t.route, " ")
	return cmp.Or(t.at, path)
}

// parsed are the values of a form.
func parsed(form string) url.Values {
	values, err := url.ParseQuery(form)
	if err != nil {
		panic(err)
	}
	return values
}

// accepted is the form that the POST route of a path acts upon.
func accepted(path string) url.Values { return parsed(route{method: post, path: path}.example().form) }

func TestEveryRouteHasARow(t *testing.T) {
	t.Parallel()
	left := map[string]bool{}
	for _, example := range examples {
		left[example.route] = true
	}
	for _, site := range sites {
		for _, r := range newHouse(t, site...).routes() {
			if r.example().route == "" || strings.Contains(r.example().address(), "{") {
				t.Errorf("%s %s has no row in examples_test.go, or one without an address", r.method, r.path)
			}
			delete(left, r.method+" "+r.path)
		}
	}
	for route := range left {
		t.Errorf("%s has a row in examples_test.go, and is no route", route)
	}
}
