package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

func TestConfirmLeadsBack(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/confirm?next=%2Faccount%2Fdelete").goesTo("/account/delete").is(200) // registering counts as reauthentication
		h.clock.Move(store.RecentAuth)
		asked := v.get("/account/delete").goesTo("/confirm?next=%2Faccount%2Fdelete").says("signed in as ada")
		if got := asked.Find(`input[autocomplete=username]`).AttrOr("value", ""); got != "ada" {
			t.Errorf("password managers are told that it is %q", got)
		}
		refused := asked.submit(map[string]string{"password": ""}).is(422)
		if got := refused.message("password"); got != "Enter your password." {
			t.Errorf("the message is %q", got)
		}
		refused = refused.submit(map[string]string{"password": "wrong password"}).is(422).hides("wrong password")
		if got := refused.message("password"); got != "That's not your password." {
			t.Errorf("the message is %q", got)
		}
		if got := refused.value("next"); got != "/account/delete" {
			t.Errorf("after a refusal next is %q", got)
		}
		refused.submit(map[string]string{"password": storetest.Password}).goesTo("/account/delete").is(200).says("Close your account")
		v.get("/account/activity").says("Password confirmed").says("Wrong password")
	})
}

// guarded are the routes for every member that ask for recent authentication.
func (h *house) guarded(t *testing.T) []route {
	var found []route
	for _, r := range h.routes() {
		if r.guard.recent && r.guard.may == 0 {
			found = append(found, r)
		}
	}
	if len(found) == 0 {
		t.Fatal("no route asks for proof")
	}
	return found
}

func TestSUDO01WhatIsSensitiveAsksForProofAndIsNeverReplayed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.verifies(t, "ada")
		v.another().signsIn()
		h.clock.Move(store.RecentAuth)
		v.get("/").is(200) // activity is noted before the comparison
		before := h.dump(t, "sessions")
		for _, r := range h.guarded(t) {
			if r.method == get {
				answer := v.get(h.example(t, r)).hides("ada@example.com")
				if got := answer.destination(); !strings.HasPrefix(got, "/confirm?next=%2Faccount") {
					t.Errorf("%s leads to %q", r.path, got)
				}
				continue
			}
			answer := v.post(h.example(t, r), accepted(r.path))
			page := h.Site.formPage(h.example(t, r))
			asked := answer.goesTo("/confirm?next=" + url.QueryEscape(page))
			if page != r.path || strings.HasPrefix(r.path, "/account/totp") || strings.HasPrefix(r.path, "/account/codes") || strings.HasPrefix(r.path, passkeysPage) || r.path == "/account/password/remove" { // with nothing to keep
				continue
			}
			if h.dump(t, "sessions") != before {
				t.Fatalf("%s changed something", r.path)
			}
			form := asked.submit(map[string]string{"password": storetest.Password}).goesTo(r.path).is(200).says("Nothing was changed yet.")
			for name, values := range accepted(r.path) {
				if got := form.value(name); got != values[0] {
					t.Errorf("%s came back with %s = %q, want %q", r.path, name, got, values[0])
				}
			}
			again := v.get(r.path).is(200)
			for name := range accepted(r.path) {
				if again.value(name) != "" {
					t.Error("what was kept comes back twice")
				}
			}
			h.clock.Move(store.RecentAuth)
			v.get("/").is(200)
			before = h.dump(t, "sessions")
		}
		if h.user(t, "ada").Closed() {
			t.Error("the account is closed")
		}
		v.post("/account/delete", accepted("/account/delete")).goesTo("/confirm?next=%2Faccount%2Fdelete").submit(map[string]string{"password": storetest.Password}).
			goesTo("/account/delete").submit(nil).goesTo("/")
		if !h.user(t, "ada").Closed() {
			t.Error("the form that came back closes nothing")
		}
	}, withMail)
}

// ROL-01: what administrators do asks for it, too, and leads back to the page and never acts.
func TestSUDO01DeedsOfAdministratorsAskForProof(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.another().signsIn()
		admin := h.staff(t, "frances", store.RoleAdmin)
		admin.htmx = v.htmx
		h.clock.Move(store.RecentAuthStaff)
		admin.get("/").is(200) // activity is noted before the comparison
		before := h.dump(t, "sessions")
		for _, r := range h.routes() {
			if !r.guard.recent || r.guard.may == 0 {
				continue
			}
			path := h.example(t, r)
			if r.method == get {
				admin.get(path).goesTo("/confirm?next=" + url.QueryEscape(path))
				continue
			}
			admin.post(path, accepted(r.path)).goesTo("/confirm?next=" + url.QueryEscape(h.Site.formPage(path)))
		}
		if h.dump(t, "sessions") != before {
			t.Error("something was changed")
		}
	}, withMail)
}

func TestSUDO02ProofAgesAndRenewsTheSession(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.clock.Move(store.RecentAuth - time.Microsecond)
		v.get("/account/delete").is(200)
		h.clock.Move(time.Microsecond)
		v.get("/account/delete").goesTo("/confirm?next=%2Faccount%2Fdelete")
		thief := v.another()
		thief.present(v.session())
		thief.get("/account").is(200)
		id := h.signIns(t, "ada")[0]
		v.reauthenticates()
		thief.out()
		v.get("/account/delete").is(200)
		after := h.signIns(t, "ada")
		if len(after) != 1 || after[0].ID == id.ID || after[0].Handle != id.Handle {
			t.Errorf("the sign-in was %v and is %v", id, after)
		}
		if got := h.rows(t, "sessions"); got > 2 {
			t.Errorf("%d sessions are left", got) // the own one, and what the thief is told
		}
		h.clock.Move(store.RecentAuth)
		v.get("/account/delete").is(303)
	})
}

func TestSUDO02AFailedProofRenewsNothing(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.clock.Move(store.RecentAuth)
		before := v.session()
		v.post("/confirm", url.Values{"password": {"wrong"}}).is(422)
		if v.session() != before {
			t.Error("the session is another one")
		}
		v.get("/account/delete").is(303)
	})
}

func TestSUDO03GuessesWhileSignedInCountOnTheThrottle(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		h.clock.Move(store.RecentAuth)
		guess := func(who *visitor, i int) *page {
			if i%2 == 0 {
				return who.post("/confirm", url.Values{"password": {"wrong"}})
			}
			return who.post("/account/password", url.Values{"current": {"wrong"}, "password": {"difference engine no. 2"}})
		}
		// Somebody who has the session but not the device.
		thief := v.another().from("192.0.2.2")
		thief.present(v.session())
		for i := range free {
			guess(thief, i).is(422)
		}
		before := h.dump(t)
		guess(thief, 0).waits("1").says("Too many tries.")
		guess(thief, 1).waits("1")
		thief.from("192.0.2.4")
		thief.post("/confirm", url.Values{"password": {storetest.Password}}).waits("1")
		thief.post("/account/password", accepted("/account/password")).waits("1")
		if h.dump(t) != before {
			t.Error("something changed")
		}
		v.another().from("192.0.2.3").tries("ada", storetest.Password).is(429)
		// The device of the owner counts for itself, and no less strictly.
		for i := range free {
			guess(v, i).is(422)
		}
		guess(v, 0).is(429)
		guess(v, 1).is(429)
		v.post("/confirm", url.Values{"password": {storetest.Password}}).waits("1")
		h.clock.Move(time.Second)
		v.from("192.0.2.5").reauthenticates()
		guess(v, 0).is(422) // made good
	}, limited)
}

func TestSUDO03GuessesWhileSignedInCountForTheSource(t *testing.T) {
	either(t, func(t *testing.T, _ *house, v *visitor) {
		v.from("192.0.2.1").registers()
		for range freeHere / 2 {
			v.post("/confirm", url.Values{"password": {"wrong"}}).is(422)
			v.post("/account/password", url.Values{"current": {"wrong"}, "password": {"difference engine no. 2"}}).is(422)
		}
		v.post("/confirm", url.Values{"password": {storetest.Password}}).waits("10")
		v.post("/account/password", accepted("/account/password")).waits("10")
		v.another().from("192.0.2.1").tries("invented", "wrong").is(429)
	}, func(s *Site) {
		limited(s)
		s.Limits.WrongPasswords = 0
	})
}

func TestConfirmTakesOnlyTheOwnPassword(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		wish := registration("grace")
		wish.Password = "difference engine no. 2"
		storetest.Register(t, h.Store, wish)
		h.clock.Move(store.RecentAuth)
		v.post("/confirm", url.Values{"username": {"grace"}, "password": {"difference engine no. 2"}}).is(422)
		v.get("/account/delete").is(303)
		v.post("/confirm", url.Values{"username": {"grace"}, "password": {storetest.Password}}).goesTo("/").signedInAs("ada")
	})
}

func TestRED01ConfirmLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	for _, next := range outside {
		if got := v.get("/confirm?next=" + url.QueryEscape(next)).destination(); got != "/" {
			t.Errorf("proved: next=%q leads to %q", next, got)
		}
	}
	for _, next := range outside[:8] {
		if got := v.post("/confirm", url.Values{"password": {storetest.Password}, "next": {next}}).destination(); got != "/" {
			t.Errorf("next=%q leads to %q", next, got)
		}
	}
	h.clock.Move(store.RecentAuth)
	for _, next := range outside {
		if v.get("/confirm?next="+url.QueryEscape(next)).is(200).Find("#next").Length() != 0 {
			t.Errorf("the form takes over %q", next)
		}
	}
}

func TestSES06ProofDoesNotMoveTheEnd(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		end := h.signIns(t, "ada")[0].EndsAt
		begun := h.clock.Now()
		for i := 0; h.clock.Now().Before(begun.Add(store.Absolute - time.Hour)); i++ {
			h.clock.Move(50 * time.Minute)
			v.get("/account").is(200)
			if i%5 == 0 {
				v.reauthenticates()
			}
			if got := h.signIns(t, "ada")[0]; !got.EndsAt.Equal(end) || got.IdleAt.After(end) {
				t.Fatalf("it ends %v, idle %v; want %v", got.EndsAt, got.IdleAt, end)
			}
		}
		h.clock.Move(end.Sub(h.clock.Now()) - time.Millisecond)
		v.get("/account").is(200)
		h.clock.Move(time.Millisecond)
		v.out()
	})
}

func TestSES05ProofIsAVisitAndIdlenessEndsItAllTheSame(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for range 3 {
			h.clock.Move(store.Idle - time.Minute)
			v.reauthenticates()
		}
		h.clock.Move(store.Idle)
		if got := v.post("/confirm", url.Values{"password": {storetest.Password}}).destination(); got != "/login?next=%2Fconfirm" {
			t.Errorf("led to %q", got)
		}
		v.out()
	})
}

func TestSES15ProofKeepsAKeptSignInKept(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		v.signsIn("remember")
		h.clock.Move(10 * 24 * time.Hour)
		answer := v.post("/confirm", url.Values{"password": {storetest.Password}})
		left := int((store.AbsoluteRemembered - 10*24*time.Hour) / time.Second)
		if c := answer.cookie("sid"); c == nil || c.MaxAge > left+1 || c.MaxAge < left-60 || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("the cookie is %v, want it to last %d s", c, left)
		}
		other := v.another()
		other.signsIn()
		if c := other.post("/confirm", url.Values{"password": {storetest.Password}}).cookie("sid"); c == nil || c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("a sign-in that was not kept becomes %v", c)
		}
	})
}

// The same form sent twice: the answer that comes second must not take the cookie
// of the first away.
func TestSES08AProofThatCameTooLateLeavesTheCookieAlone(t *testing.T) {
	for path, form := range map[string]url.Values{
		"/confirm":          {"password": {storetest.Password}},
		"/account/password": {"current": {storetest.Password}, "password": {newPassword}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			gate := secret.NewGate(1, secret.GateWait)
			t.Cleanup(gate.Close)
			h := newHouse(t, func(s *Site) { s.Hasher.Gate = gate })
			v := h.visitor(t)
			v.registers()
			v.get("/") // takes the greeting
			h.clock.Move(store.RecentAuth)
			gate.Busy = func(busy bool) { // as the other answer does
				if !busy {
					return
				}
				if _, err := h.data.Write.Exec(`DELETE FROM signins`); err != nil {
					t.Error(err)
				}
			}
			answer := v.post(path, form)
			if !strings.HasPrefix(answer.destination(), "/login") {
				t.Errorf("it leads to %q", answer.destination())
			}
			if cookie := answer.cookie(h.Sessions.Cookie.Name); cookie != nil {
				t.Errorf("the session cookie is set to %q", cookie.Value)
			}
		})
	}
}
