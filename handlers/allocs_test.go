package handlers

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/store/storetest"
)

// TestAllocations limits what one request to a hot path may allocate, in
// number, which does not depend on the machine. The figures are those of a usual
// build. Under the race detector pools forget things, so a fifth more passes.
func TestAllocations(t *testing.T) {
	const slack = 1.2
	h := newHouse(t, quiet)
	v := h.visitor(t)
	v.registers()
	v.get("/") // takes the greeting, which is shown once
	cookie := http.Header{"Cookie": {h.Sessions.Cookie.Name + "=" + v.session()}}
	member := h.visitor(t)
	member.signsIn()
	member.get("/")
	stepped := http.Header{"Cookie": {h.Sessions.Cookie.Name + "=" + member.session()}}
	storetest.Register(t, h.Store, registration("grace"))
	half := h.visitor(t)
	half.tries("grace", storetest.Password).goesTo("/")
	page := half.get("/account/totp")
	page.submit(map[string]string{"code": page.scans().code()}).is(200)
	half = h.visitor(t)
	half.tries("grace", storetest.Password).goesTo("/login/second")
	due := http.Header{"Cookie": {h.Sessions.Cookie.Name + "=" + half.session()}}
	handler := h.server.Config.Handler
	for _, row := range []struct {
		name, method, path, body string
		header                   http.Header
		status                   int
		most                     float64
	}{
		{"sign-in page of a stranger", get, "/login", "", nil, 200, 40},
		{"sign-in page of a stranger, gzip", get, "/login", "", http.Header{"Accept-Encoding": {"gzip"}}, 200, 41},
		{"home, signed in", get, "/", "", cookie, 200, 299},
		{"account", get, "/account", "", cookie, 200, 398},
		{"an app being set up", get, "/account/totp", "", stepped, 200, 368},
		{"the page for a code", get, "/login/second", "", due, 200, 304},
		{"inline check of a username", post, "/register/check/username", "username=ada-2", form, 200, 96},
		{"inline check of a password", post, "/register/check/password", "username=ada&password=correct+horse+battery", form, 200, 92},
		{"refused registration", post, "/register", "username=ada&email=ada&password=x", form, 422, 158},
	} {
		request := func() {
			recorder := httptest.NewRecorder()
			handler.ServeHTTP(recorder, h.request(row.method, row.path, row.body, row.header))
			if recorder.Code != row.status {
				t.Fatalf("%s: answered %d, want %d", row.name, recorder.Code, row.status)
			}
		}
		request()
		if got := testing.AllocsPerRun(200, request); got > row.most*slack {
			t.Errorf("%s: %.0f allocations, at most %.0f times %.1f", row.name, got, row.most, slack)
		}
	}
}
