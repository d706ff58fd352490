package handlers

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestClosingTakesTheUsername(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, typed := range []string{"", "grace", "ada@example.com", "ada lovelace", polyglot} {
			refused := v.get("/account/delete").submit(map[string]string{"username": typed}).is(422).hides("<img", "<script>alert")
			if got, want := refused.message("username"), "Type ada to close your account."; got != want {
				t.Errorf("%q: the message is %q, want %q", typed, got, want)
			}
			if refused.value("username") != typed || !strings.HasPrefix(refused.Find("title").Text(), "Error: Close your account") {
				t.Errorf("%q: the form is\n%s", typed, refused.body)
			}
		}
		if h.user(t, "ada").Closed() || v.signedIn() != "ada" {
			t.Error("the account is closed")
		}
	})
}

func TestClosingSignsOutEverywhere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		other := v.another()
		other.signsIn()
		old := v.session()
		answer := v.get("/account/delete").submit(map[string]string{"username": " ADA "})
		if got := answer.header.Get("Clear-Site-Data"); got != `"storage"` {
			t.Errorf("Clear-Site-Data is %q", got)
		}
		answer.goesTo("/").signedInAs("").says("Your account is closed. Sign in within 14 days if you want it back.")
		if h.rows(t, "signins") != 0 || !h.user(t, "ada").Closed() || h.rows(t, "users") != 1 {
			t.Error("something is left open, or gone")
		}
		other.out()
		thief := v.another()
		thief.present(old)
		thief.out()
		v.another().post("/register", person("ada")).is(422)
	})
}

func TestAClosedAccountCanOnlyBeReopened(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		closed := v.closes("ada").is(200).says("Your account is closed").says("You closed it today, ada. Reopen it by ")
		if closed.Find(`form[action="/reopen"]`).Length() != 1 || closed.Find(`form[action="/logout"]`).Length() != 1 {
			t.Errorf("the page does not offer both:\n%s", closed.body)
		}
		if h.rows(t, "signins") != 0 || h.rows(t, "devices") != 0 || v.device() != "" {
			t.Error("somebody is signed in, or known")
		}
		if got := v.signedIn(); got != "" {
			t.Errorf("signed in as %q", got)
		}
		for _, path := range h.private() {
			if got := v.get(path).hides("ada@example.com").destination(); !strings.HasPrefix(got, "/login") {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		for _, r := range h.unsafe() {
			if r.guard.who == forMembers {
				v.post(h.example(t, r), accepted(r.path)).turnedAway()
			}
		}
		v.another().tries("ada", "wrong").is(422)
		before := v.session()
		v.post("/reopen", url.Values{}).goesTo("/account").says("Welcome back, ada. Your account is open again.")
		if v.session() == before {
			t.Error("the session keeps its token")
		}
		if h.user(t, "ada").Closed() || h.rows(t, "signins") != 1 {
			t.Error("the account is not open")
		}
		v.get("/account/activity").says("Account reopened").says("Account closed")
		v.another().tries("ada", storetest.Password).goesTo("/")
	})
}

func TestAReopeningWorksOnceAndOnlyHere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.closes("ada")
		stranger := v.another()
		stranger.get("/reopen").goesTo("/login")
		stranger.post("/reopen", url.Values{}).goesTo("/login")
		stranger.post("/reopen", url.Values{"reopen": {h.Store.Ticket(store.ByPassword(h.user(t, "ada")))}}).goesTo("/login")
		thief := v.another()
		thief.present(v.session())
		second := v.another()
		second.tries("ada", storetest.Password).goesTo("/reopen").is(200)
		v.post("/reopen", url.Values{}).goesTo("/account")
		for _, late := range []*visitor{thief, second} {
			late.get("/reopen").goesTo("/login")
			late.post("/reopen", url.Values{}).goesTo("/login")
			if got := late.signedIn(); got != "" {
				t.Errorf("signed in as %q", got)
			}
		}
		if err := h.Store.CloseAccount(t.Context(), h.user(t, "ada"), storetest.From); err != nil {
			t.Fatal(err)
		}
		second.post("/reopen", url.Values{}).goesTo("/login") // the ticket was for the first time
		if !h.user(t, "ada").Closed() {
			t.Error("an old ticket reopened it")
		}
	})
}

func TestAReopeningIsNotForLong(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.closes("ada")
		h.clock.Move(9 * time.Minute)
		v.get("/reopen").is(200)
		h.clock.Move(time.Minute + time.Second)
		v.get("/reopen").goesTo("/login")
		v.post("/reopen", url.Values{}).goesTo("/login")
		if !h.user(t, "ada").Closed() || h.rows(t, "signins") != 0 {
			t.Error("it was reopened")
		}
		v.tries("ada", storetest.Password).goesTo("/reopen").is(200)
	})
}

func TestAnAccountIsLeftClosed(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.closes("ada")
		old := v.session()
		v.post("/logout", url.Values{}).goesTo(signedOutPage).signedInAs("")
		thief := v.another()
		thief.present(old)
		for _, late := range []*visitor{v, thief} {
			late.get("/reopen").goesTo("/login")
			late.post("/reopen", url.Values{}).goesTo("/login")
		}
		if !h.user(t, "ada").Closed() {
			t.Error("it is open")
		}
	})
}

func TestWhatHappensToAClosedAccountEndsItsReopening(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.closes("ada")
		if err := h.Store.Disable(t.Context(), h.user(t, "ada"), storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v.get("/reopen").goesTo("/login")
		v.post("/reopen", url.Values{}).goesTo("/login")
		v.another().tries("ada", storetest.Password).is(422)

		other := v.another()
		other.closes("mary")
		h.clock.Move(store.DefaultRules.Reopen)
		other.get("/reopen").goesTo("/login")
		other.post("/reopen", url.Values{}).goesTo("/login")
		other.tries("mary", storetest.Password).is(422).says("Wrong username or password.")
		if n, err := h.Store.EraseClosed(t.Context(), 10); n != 2 || err != nil {
			t.Errorf("%d accounts were erased, %v; want 2", n, err)
		}
		other.get("/reopen").goesTo("/login")
		other.post("/reopen", url.Values{}).goesTo("/login")
		if h.rows(t, "users") != 0 {
			t.Error("an account is left")
		}
	})
}

func TestLOG16AReopeningGoesWithTheNextSignIn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		v.closes("ada")
		v.signsInAs("grace")
		v.post("/reopen", url.Values{}).goesTo("/").says("signed in already, as grace")
		v.post("/logout", url.Values{})
		v.get("/reopen").goesTo("/login")
		if !h.user(t, "ada").Closed() {
			t.Error("it is open")
		}
	})
}

func TestWithoutReopeningAnAccountIsErasedAtOnce(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		rules := store.DefaultRules
		rules.Limits, rules.Reopen = store.Limits{}, 0
		h.Store = storetest.NewWith(t, h.data, h.clock, rules)
		v.registers()
		v.get("/account/delete").says("erased at once").hides("change your mind").submit(map[string]string{"username": "ada"}).goesTo("/").
			says("Your account is closed. Everything we hold about you is erased at once").hides("Sign in within")
		for _, table := range []string{"users", "signins", "devices", "events", "throttles"} {
			if got := h.rows(t, table); got != 0 {
				t.Errorf("%d rows are left in %s", got, table)
			}
		}
		if strings.Contains(h.dump(t, "reserved_usernames", "sessions"), "ada") {
			t.Errorf("something of Ada is left:\n%s", h.dump(t))
		}
		v.tries("ada", storetest.Password).is(422)
		if got := v.another().post("/register", person("ada")).is(422).message("username"); got != "This username is taken. Was that you just now? Sign in" {
			t.Errorf("the message is %q", got)
		}
	})
}

func TestINJ01AReopeningIsText(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		wish := registration("ada")
		wish.Name = polyglot
		user := storetest.Register(t, h.Store, wish)
		if err := h.Store.CloseAccount(t.Context(), user, storetest.From); err != nil {
			t.Fatal(err)
		}
		v.tries("ada", storetest.Password).goesTo("/reopen").says(strings.Fields(polyglot)[0]).hides("<img", "<script>alert")
		v.post("/reopen", url.Values{}).goesTo("/account").hides("<img", "<script>alert")
	})
}
