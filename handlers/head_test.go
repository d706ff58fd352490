package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// heads sends HEAD to everything that can be opened, but for what a member is turned away from, which is logged.
func (v *visitor) heads(t *testing.T) {
	t.Helper()
	for _, r := range v.h.routes() {
		if r.method != get || r.guard.may != 0 {
			continue
		}
		path := v.h.example(t, r)
		if answer := v.send(http.MethodHead, path, nil, http.Header{"Sec-Fetch-Site": {"same-origin"}}); answer.body != "" || answer.status >= 500 {
			t.Errorf("HEAD %s answers %d and has %d bytes", path, answer.status, len(answer.body))
		}
	}
}

// Whoever only asks for the head of a page has seen nothing of it: no sentence
// that is shown once, no form that comes back once, none of what is recorded.
func TestHEADChangesNothingAndIsNoRead(t *testing.T) {
	for name, c := range map[string]struct {
		begin, end func(t *testing.T, h *house, v *visitor)
	}{
		"somebody who just came back to a form": {
			func(t *testing.T, _ *house, v *visitor) {
				login := v.losesTheForm(clone(typed))
				if got := login.submit(map[string]string{"username": "ada", "password": storetest.Password}).destination(); got != "/account/profile" {
					t.Fatalf("the sign-in leads to %q", got)
				}
			},
			func(_ *testing.T, _ *house, v *visitor) {
				v.get("/account").says("Welcome back, Ada Lovelace.")
				v.get("/account/profile").says("Nothing was changed yet.")
			},
		},
		"somebody whose sign-in has ended": {
			func(t *testing.T, h *house, v *visitor) {
				v.registers()
				if _, err := h.Store.EndSignIns(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
					t.Fatal(err)
				}
			},
			func(_ *testing.T, _ *house, v *visitor) {
				v.get("/account").goesTo("/login?next=%2Faccount").says("You've been signed out.")
			},
		},
		"a stranger": {
			func(*testing.T, *house, *visitor) {},
			func(t *testing.T, h *house, _ *visitor) {
				if h.rows(t, "sessions") != 0 {
					t.Error("there is a session")
				}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				c.begin(t, h, v)
				recorded := func() int { // but that somebody asked for what they may not see
					return strings.Count(h.log.String(), `"event":`) - strings.Count(h.log.String(), `"event":"`+store.EventForbidden)
				}
				before, events := h.dump(t), recorded()
				v.heads(t)
				if after := h.dump(t); after != before {
					t.Errorf("the database changed from\n%s\nto\n%s", before, after)
				}
				if got := recorded(); got != events {
					t.Errorf("%d events were logged", got-events)
				}
				c.end(t, h, v)
			}, withMail)
		})
	}
}

func TestTheHeadOfAnExportSaysWhatItWouldBe(t *testing.T) {
	t.Parallel()
	h := newWatched(t, storetest.SQLite)
	v := h.visitor(t)
	v.registers()
	var head *page
	h.costs(t, "the head of a file", 2, func() {
		head = v.send(http.MethodHead, "/account/export", nil, http.Header{}).is(200)
	})
	file := v.get("/account/export").is(200)
	for _, name := range []string{"Content-Type", "Content-Disposition", "Cache-Control"} {
		if got, want := head.header.Get(name), file.header.Get(name); got != want || want == "" {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := strings.Count(h.log.String(), store.EventExported); got != 1 {
		t.Errorf("%d reads are recorded, want one", got)
	}
}

func TestASignOutElsewhereIsSaidOnce(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		const said = "You've been signed out."
		v.registers()
		form := v.get("/account/profile")
		for range 2 {
			if _, err := h.Store.EndSignIns(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
				t.Fatal(err)
			}
			v.get("/account").goesTo("/login?next=%2Faccount").says(said)
			for _, path := range []string{"/account", "/account/profile", "/account/export"} {
				page := v.get(path)
				v.get(page.destination()).is(200).hides(said)
			}
			// What was typed on another tab meanwhile is still theirs.
			login := form.submit(clone(typed)).goesTo("/login?next=%2Faccount%2Fprofile").says(said)
			v.get("/account").goesTo("/login?next=%2Faccount").hides(said)
			back := login.submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/account/profile")
			if got := back.says("Nothing was changed yet.").value("username"); got != typed["username"] {
				t.Errorf("the form came back with %q", got)
			}
		}
		v.post("/logout", url.Values{}).goesTo(signedOutPage)
		v.get("/account").goesTo("/login?next=%2Faccount").hides(said)
	})
}
