package handlers

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// askers are who may ask for a page of passkeys, in the columns of passkeyGuards. unreached is who never confirmed
// the address, unset who has not set up the second step that the site asks for.
var askers = []string{"visitor", "half", "earlier", "lately", "unreached", "unset"}

// passkeyGuards say where each of the askers is led, or with which status they are answered.
var passkeyGuards = map[string]string{
	"POST /login/passkey/options":            "200 200 / / / /",
	"POST /login/passkey":                    "422 422 / / / /",
	"POST /login/second/passkey/options":     "/login 200 / / / /",
	"POST /login/second/passkey":             "/login 422 / / / /",
	"POST /confirm/passkey/options":          "/login /login 200 200 200 200",
	"POST /confirm/passkey":                  "/login /login 422 422 422 422",
	"GET /email/verify/passkey":              "/email/verify /email/verify /email/verify /email/verify /email/verify /email/verify",
	"POST /email/verify/passkey/options":     "422 422 422 422 422 422",
	"POST /email/verify/passkey":             "422 422 422 422 422 422",
	"GET /account/passkeys":                  "/login /login 200 200 200 200",
	"GET /account/passkeys/new":              "/login /login /confirm 200 /email/verify 200",
	"POST /account/passkeys/new/options":     "/login /login /confirm 200 /email/verify 200",
	"POST /account/passkeys/new":             "/login /login /confirm 422 /email/verify 422",
	"GET /account/passkeys/{handle}":         "/login /login 200 200 200 /account/second",
	"POST /account/passkeys/{handle}":        "/login /login /account/passkeys /account/passkeys /account/passkeys /account/second",
	"POST /account/passkeys/{handle}/remove": "/login /login /confirm /account/passkeys /account/passkeys /account/second",
	"GET /account/password/remove":           "/login /login /account/passkeys /account/passkeys /account/passkeys /account/passkeys",
	"POST /account/password/remove":          "/login /login /confirm /account/passkeys 422 /account/second",
	"GET /.well-known/passkey-endpoints":     "200 200 200 200 200 200",
}

// asker is somebody in a state, with a passkey, at a house of their own, who is about to ask for a page.
func asker(t *testing.T, state string, htmx bool) *visitor {
	t.Helper()
	change := []func(*Site){withMail}
	if state == "unset" {
		change = append(change, required)
	}
	h := newHouse(t, change...)
	v := h.visitor(t)
	v.htmx = htmx
	v.post("/register", person("ada")).is(map[bool]int{false: 303, true: 204}[htmx])
	h.verifies(t, "ada")
	v.addsOne()
	switch state {
	case "half":
		v.setsUp()
		v = v.another()
		v.begins()
	case "earlier":
		h.clock.Move(store.RecentAuth)
	case "unreached", "unset":
		alters := `UPDATE users SET second_at = NULL`
		if state == "unreached" {
			alters = `UPDATE users SET confirmed_at = NULL`
		}
		if _, err := h.data.Write.Exec(alters); err != nil {
			t.Fatal(err)
		}
	case "visitor":
		v = v.another()
	case "disabled":
		if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
	case "closed":
		if err := h.Store.CloseAccount(t.Context(), h.user(t, "ada"), storetest.From); err != nil {
			t.Fatal(err)
		}
	case "ended":
		h.clock.Move(store.Absolute)
	}
	return v
}

// addsOne adds a passkey, whatever the answer to it is.
func (v *visitor) addsOne() {
	v.t.Helper()
	v.post("/account/passkeys/new", v.answers("/account/passkeys/new", v.h.authenticator().Create))
	if v.h.rows(v.t, "passkeys") == 0 {
		v.t.Fatal("there is no passkey")
	}
}

// asksFor sends what a route of passkeys takes, with no answer in it that is right.
func (v *visitor) asksFor(r route) *page {
	v.t.Helper()
	handle := "NONE"
	if list, err := v.h.Store.ListPasskeys(v.t.Context(), v.h.user(v.t, "ada")); err == nil && len(list.Keys) > 0 {
		handle = list.Keys[0].Handle
	}
	path := strings.ReplaceAll(r.path, "{handle}", handle)
	if r.method == get {
		return v.get(path)
	}
	return v.post(path, url.Values{"passkey": {"{}"}, "ceremony": {"x"}, "name": {"Phone"}})
}

// Every route of passkeys asks of everybody what its guard says. Whoever is disabled, closed or signed out is a
// visitor to all of them.
func TestGuardsOfPasskeys(t *testing.T) {
	t.Parallel()
	for _, htmx := range []bool{false, true} {
		for i, state := range append(slices.Clone(askers), "disabled", "closed", "ended") {
			t.Run(state, func(t *testing.T) {
				t.Parallel()
				v := asker(t, state, htmx)
				for _, r := range v.h.Site.passkeys() {
					route := r.method + " " + r.path
					row := strings.Fields(passkeyGuards[route])
					if len(row) != len(askers) {
						t.Fatalf("%s: say who may ask for it", route)
					}
					want := row[0]
					if i < len(row) {
						want = row[i]
					}
					who, changes := v, r.method == post && want == passkeysPage
					if changes {
						who = asker(t, state, htmx)
					}
					before := who.h.dump(t, "sessions", "events", "signins")
					answer := who.asksFor(r)
					to, _, _ := strings.Cut(answer.leads(), "?")
					if got := cmp.Or(to, strconv.Itoa(answer.status)); got != want {
						t.Errorf("%s answers %d and leads to %q, want %s", route, answer.status, answer.leads(), want)
					}
					if changed := who.h.dump(t, "sessions", "events", "signins") != before; changed != changes {
						t.Errorf("%s: something changed is %t", route, changed)
					}
				}
			})
		}
	}
}
