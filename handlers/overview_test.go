package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// fact is what the page says under a term.
func (p *page) fact(term string) string {
	for _, row := range p.Find("dl.facts > div").EachIter() {
		if strings.TrimSpace(row.Find("dt").Text()) == term {
			return strings.Join(strings.Fields(row.Find("dd").Text()), " ")
		}
	}
	return ""
}

// asAdmin signs a visitor of the same kind in as an administrator.
func (v *visitor) asAdmin(t *testing.T) *visitor {
	t.Helper()
	admin := v.h.staff(t, "frances", store.RoleAdmin)
	admin.htmx = v.htmx
	return admin
}

func TestTheOverviewCountsOnceAMinute(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		admin.get("/").is(200) // where the greeting is said
		first := admin.get("/admin").is(200).says("Administration").says("at most a minute ago")
		says := func(shown *page, facts ...string) {
			t.Helper()
			for i := 0; i < len(facts); i += 2 {
				if got := shown.fact(facts[i]); got != facts[i+1] {
					t.Errorf("%s: %q, want %q", facts[i], got, facts[i+1])
				}
			}
		}
		says(first, "Accounts", "1", "Disabled", "0", "Closed", "0", "Address not confirmed", "1", "Staff without a second step", "1",
			"Passwords of an earlier system", "0", "Signed in", "1", "Letters that wait", "1", "The oldest of them", "just now", "Account created", "1", "Signed in", "1")
		for show, term := range map[string]string{"disabled": "Disabled", "closed": "Closed", "unconfirmed": "Address not confirmed", "staff": "Staff without a second step"} {
			if first.Find(`a[href="/admin/people?show=`+show+`"][aria-label^="`+term+`: "]`).Length() != 1 {
				t.Errorf("%s leads to no list", term)
			}
		}
		v.registers()
		if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		h.clock.Move(askEvery - time.Microsecond)
		says(admin.get("/admin").is(200), "Accounts", "1", "Disabled", "0", "Letters that wait", "1")
		h.clock.Move(time.Microsecond)
		says(admin.get("/admin").is(200), "Accounts", "2", "Disabled", "1", "Letters that wait", "2", "The oldest of them", "a minute ago", "Account disabled", "1")
		link := admin.get("/admin").Find(`a[aria-label="Account disabled: 1"]`).AttrOr("href", "")
		if link != "/admin/activity?kind=authn_login_lock" {
			t.Errorf("what happened leads to %q", link)
		}
		// Who did what is for who may see the audit.
		from := storetest.From
		from.By, from.Reason = h.user(t, "frances").ID, "Asked by phone"
		for range components.DeedsShown {
			if err := errors.Join(h.Store.Enable(t.Context(), h.user(t, "ada"), from), h.Store.Disable(t.Context(), h.user(t, "ada"), from)); err != nil {
				t.Fatal(err)
			}
		}
		if page := admin.get("/admin").is(200).tells("Account disabled", "Role changed").tells("By frances · to ada", "").tells("Reason: Asked by phone", ""); page.rowsListed() != components.DeedsShown {
			t.Errorf("%d rows of the audit", page.rowsListed())
		}
		helper := h.staff(t, "jean", "support")
		if page := helper.get("/admin").is(200).hides("Reason:"); page.fact("Account disabled") != "1" || page.Find(`a[href*="/activity"], a[href*="/audit"]`).Length() != 0 {
			t.Errorf("who may not see the activity is led there, or is not told: %q", page.fact("Account disabled"))
		}
	}, withMail)
}

// A figure that takes too long, or that fails, is no reason not to show the others.
func TestTheOverviewLeavesOutWhatCannotBeHad(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		if _, err := h.data.Write.Exec(`ALTER TABLE letters RENAME TO hidden`); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			page := admin.get("/admin").is(200)
			if page.fact("Letters that wait") != "Can't be counted right now" || page.fact("Accounts") != "1" {
				t.Errorf("it says %s", page.body)
			}
		}
		if got := strings.Count(h.log.String(), "a figure is missing"); got != 2 {
			t.Errorf("the log complains %d times, want once for each of 2 figures", got)
		}
	})
}

// Whoever asks first may leave before the answer: the next one gets it.
func TestWhoLeavesEarlySpoilsNoFigure(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		admin := v.asAdmin(t)
		request := h.request(get, "/admin", "", http.Header{"Cookie": {h.cookieName(sessionCookie) + "=" + admin.session()}})
		gone, leave := context.WithCancel(request.Context())
		leave()
		h.server.Config.Handler.ServeHTTP(httptest.NewRecorder(), request.WithContext(gone))
		h.Site.figures.accounts.mu.Lock()
		asked := h.Site.figures.accounts.at
		h.Site.figures.accounts.mu.Unlock()
		if asked.IsZero() {
			t.Fatal("nothing was asked for")
		}
		if got := admin.get("/admin").is(200).fact("Accounts"); got != "1" {
			t.Errorf("there are %q", got)
		}
	})
}

func TestTheOverviewTakesAsManyQueriesForManyPeople(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newWatched(t, d)
			v := h.visitor(t)
			v.registers()
			h.gives(t, "ada", store.RoleAdmin)
			v.signsIn()
			v.get("/")
			const counts = 10
			for n := range 3 {
				h.clock.Move(askEvery)
				v.get("/account") // activity is noted
				h.costs(t, fmt.Sprintf("the overview, time %d", n+1), 3+counts, func() { v.get("/admin").is(200) })
				h.costs(t, "the overview within a minute", 3, func() { v.get("/admin").is(200) })
				storetest.Register(t, h.Store, registration(fmt.Sprint("person", n)))
			}
		})
	}
}
