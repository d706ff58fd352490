package handlers

import (
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/storetest"
)

// The pages of the second step take what other pages take: the session, the person, and
// what they show.
func TestQueriesOfTheSecondStep(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			v := h.visitor(t)
			a, codes := v.second()
			v.get("/") // what is said once
			h.costs(t, "the second step", 6, func() { v.get("/account/second").is(200) })
			h.costs(t, "another app", 2, func() { v.get("/account/totp").is(200) })
			h.costs(t, "new codes", 6, func() { v.get("/account/codes").is(200) })
			h.costs(t, "a file of codes", 2, func() { v.post("/account/codes/file", url.Values{"codes": {codes[0]}}).is(200) })
			h.costs(t, "home", 2, func() { v.get("/").is(200) })
			h.costs(t, "account", 2, func() { v.get("/account").is(200) })
			half := v.another()
			half.begins()
			h.costs(t, "the page for a code", 2, func() { half.get("/login/second").is(200) })
			h.costs(t, "the page for a recovery code", 2, func() { half.get("/login/second/recovery").is(200) })
			h.costs(t, "a code of the wrong shape", 2, func() { half.post("/login/second", url.Values{"code": {"1"}}).is(422) })
			h.costs(t, "a wrong code", 10, func() { half.post("/login/second", url.Values{"code": {"000000"}}).is(422) })
			code := a.next()
			h.costs(t, "a right code", 23, func() { half.post("/login/second", url.Values{"code": {code}}).is(303) })
		})
	}
}

// A page with a QR code is the heaviest there is: with the longest username and a long name
// of the site it must stay as light as others.
func TestPagesOfTheSecondStepAreLight(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *Site) { s.Name = "The Reading Room of Upper Tolworthy" })
	long := strings.Repeat("w", rules.UsernameMax)
	storetest.Register(t, h.Store, registration(long))
	v := h.weigher(t)
	v.tries(long, storetest.Password).goesTo("/")
	page := v.get("/account/totp").is(200)
	if !page.light() {
		t.Error("the page with the QR code was not weighed")
	}
	page.submit(map[string]string{"code": page.scans().code()}).is(200).light()
	for _, path := range []string{"/account/second", "/account/totp", "/account/codes"} {
		v.get(path).is(200).light()
	}
	half := h.weigher(t)
	half.tries(long, storetest.Password).goesTo("/login/second").is(200).light()
	half.get("/login/second/recovery").is(200).light()
}

// Several copies of the program share everything that a second step takes.
func TestTwoCopiesShareTheSecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		other := h.beside(t)
		a, _ := v.second()
		half := v.another()
		half.begins()
		there := other.visitor(t)
		there.htmx = v.htmx
		there.present(half.session())
		code := a.next()
		there.post("/login/second", url.Values{"code": {"000000"}}).is(422)
		there.post("/login/second", url.Values{"code": {code}}).goesTo("/")
		again := v.another()
		again.begins()
		again.post("/login/second", url.Values{"code": {code}}).is(422).says(store.ErrWrongCode.Error())
	})
}
