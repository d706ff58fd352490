package handlers

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// adds gives the site a page with a form, behind a guard.
func (h *house) adds(path string, g Guard) {
	do := func(w http.ResponseWriter, r *http.Request) error {
		return h.show(w, r, http.StatusOK, h.page(r, "A page of a product"), templ.NopComponent)
	}
	h.mux.Get(path, h.dynamic(g, do))
	h.mux.Post(path, h.dynamic(g, do))
	h.pages[path] = route{get, path, g, do, drawn}
}

// What guards ask combines, is asked in one order, and leads back to the page.
func TestGuardsCombine(t *testing.T) {
	guards := map[string]Guard{"/members": Members, "/verified": Verified, "/recent": Recent, "/both": Verified.And(Recent)}
	both(t, func(t *testing.T, h *house, v *visitor) {
		for path, g := range guards {
			h.adds(path, g)
		}
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
	}, withMail)
}
