package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// free is how many wrong passwords for one account need not wait, freeHere how
// many from one source: few, because each costs a hash.
const (
	free     = 3
	freeHere = 6
)

// tight are limits that tests reach soon.
func tight() store.Limits {
	limits := store.DefaultLimits
	limits.WrongPasswords, limits.LongestWait = free, 8*time.Second
	limits.Failures = store.Rates{{Count: freeHere, Per: time.Minute}}
	return limits
}

// limited sets them, and believes X-Forwarded-For, so that tests choose where
// visitors come from.
func limited(s *Site) {
	s.Limits = tight()
	s.TrustedProxies = []string{"127.0.0.0/8"}
}

func (p *page) waits(want string) *page {
	p.v.t.Helper()
	if got := p.is(http.StatusTooManyRequests).header.Get("Retry-After"); got != want {
		p.v.t.Errorf("%s: Retry-After is %q, want %q", p.path, got, want)
	}
	return p
}

// person is what somebody with that username sends to register.
func person(username string) url.Values {
	return url.Values{"username": {username}, "email": {username + "@example.com"}, "password": {storetest.Password}}
}

func TestLOG07RealAndInventedAccountsWaitAlike(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		known, invented := v.another().from("192.0.2.1"), v.another().from("192.0.2.2")
		tries := func(status int) *page {
			t.Helper()
			a, b := known.tries("ada", "wrong"), invented.tries("countess", "wrong")
			if a.masked("ada") != b.masked("countess") {
				t.Errorf("the real account gets\n%s\nthe invented one\n%s", a.masked("ada"), b.masked("countess"))
			}
			return a.is(status)
		}
		for range free {
			tries(422)
		}
		for i, seconds := range []int{1, 2, 4, 8, 8} {
			tries(429).waits(strconv.Itoa(seconds)).says("Too many tries.")
			h.clock.Move(time.Duration(seconds)*time.Second - time.Millisecond)
			known, invented = v.another().from(fmt.Sprint("192.0.2.", 100+i)), v.another().from(fmt.Sprint("192.0.2.", 200+i))
			tries(429).waits("1")
			h.clock.Move(time.Millisecond)
			tries(422)
		}
		if got := strings.Count(h.log.String(), store.EventLimited); got != 20 {
			t.Errorf("%d events %s, want 20", got, store.EventLimited)
		}
	}, limited)
}

func TestLOG07OneAccountIsOneCountHoweverItIsSpelled(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		for _, names := range [][]string{
			{" ADA ", "Ada@Example.com", "ada"},
			{" COUNTESS ", "counTess", "countess "},
		} {
			for i, name := range names {
				v.from(fmt.Sprint("192.0.2.", i)).tries(name, "wrong").is(422)
			}
			for i, name := range names {
				v.from(fmt.Sprint("192.0.2.", i)).tries(name, "wrong").is(429)
			}
		}
	}, limited)
}

func TestLOG10OwnSignInsClearNobodyElsesCount(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		storetest.Register(t, h.Store, registration("mallory"))
		own := func() *page { return v.another().from("192.0.2.66").tries("mallory", storetest.Password) }
		guess := func(name string) *page { return v.another().from("192.0.2.66").tries(name, "wrong") }
		for range free {
			own().goesTo("/")
			guess("ada").is(422)
		}
		own().goesTo("/")
		guess("ada").is(429)
		for i := free + 1; i < freeHere; i++ {
			own().goesTo("/")
			guess(fmt.Sprint("invented", i)).is(422)
		}
		guess("another").waits("10")
		own().is(429)
		v.another().from("192.0.2.67").tries("mallory", storetest.Password).goesTo("/")
	}, limited)
}

func TestLOG11ForgedHeadersDoNotEscapeTheLimit(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		rotate := func(i int) *visitor {
			other := v.another()
			forged := fmt.Sprint("203.0.113.", i)
			for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "True-Client-Ip", "X-Client-Ip", "Cf-Connecting-Ip"} {
				other.header.Set(name, forged)
			}
			other.header.Set("Forwarded", "for="+forged)
			return other
		}
		rotate(0).tries("ada", "wrong").is(422)
		for i := 1; i < freeHere; i++ {
			rotate(i).tries(fmt.Sprint("invented", i), "wrong").is(422)
		}
		rotate(99).tries("another", "wrong").is(429)
		seen := h.addresses(t)
		if len(seen) != 2 || seen[0] != storetest.From.Address || seen[1] != "127.0.0.1" {
			t.Errorf("the events have the addresses %v", seen)
		}
		if strings.Contains(h.log.String(), "203.0.113.") {
			t.Error("the log names an address that was forged")
		}
	}, func(s *Site) { s.Limits = tight() })
}

func TestLOG11BehindAProxyTheRightmostHopCounts(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		rotate := func(i int) *visitor {
			other := v.another()
			other.header["X-Forwarded-For"] = []string{fmt.Sprint("203.0.113.", i, ", 198.51.100.7")}
			if i%2 == 0 {
				other.header["X-Forwarded-For"] = []string{fmt.Sprint("203.0.113.", i), "198.51.100.7"}
			}
			return other
		}
		rotate(0).tries("ada", "wrong").is(422)
		for i := 1; i < freeHere; i++ {
			rotate(i).tries(fmt.Sprint("invented", i), "wrong").is(422)
		}
		rotate(99).tries("another", "wrong").is(429)
		v.another().from("198.51.100.8").tries("another", "wrong").is(422)
		if seen := h.addresses(t); !slices.Equal(seen, []string{storetest.From.Address, "198.51.100.7"}) {
			t.Errorf("the events have the addresses %v", seen)
		}
		if !strings.Contains(h.log.String(), `"event":"excess_rate_limit_exceeded"`) || strings.Contains(h.log.String(), "203.0.113.") {
			t.Error("the log has no event of the limit, or names an address that was forged")
		}
	}, limited)
}

// addresses are where the events of accounts came from, in order.
func (h *house) addresses(t *testing.T) []string {
	rows, err := h.data.Read.Query(`SELECT address FROM events ORDER BY id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLOG12ANetworkOfIPv6IsOneSource(t *testing.T) {
	either(t, func(t *testing.T, _ *house, v *visitor) {
		tries := func(address string, i int) *page {
			return v.another().from(address).tries(fmt.Sprint("invented", i), "wrong")
		}
		for i := range freeHere {
			tries(fmt.Sprintf("2001:db8:1:2:%x::%x", i, i*7), i).is(422)
		}
		tries("2001:db8:1:2:ffff:ffff:ffff:ffff", 99).is(429)
		tries("2001:db8:1:3::1", 99).is(422)
		for i := range freeHere {
			tries([]string{"192.0.2.1", "::ffff:192.0.2.1"}[i%2], i).is(422)
		}
		tries("192.0.2.1", 98).is(429)
		tries("::ffff:192.0.2.1", 98).is(429)
		tries("192.0.2.2", 98).is(422)
	}, func(s *Site) {
		limited(s)
		s.Limits.WrongPasswords = 0
	})
}

func TestLOG14WhileOneMustWaitRightAndWrongAreTheSame(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		same := func(address string) {
			t.Helper()
			right := v.another().from(address).get("/login").submit(map[string]string{"username": "ada", "password": storetest.Password, "remember": "on"})
			wrong := v.another().from(address).get("/login").submit(map[string]string{"username": "ada", "password": "wrong", "remember": "on"})
			if right.masked("") != wrong.masked("") {
				t.Errorf("the right password gets\n%s\na wrong one\n%s", right.masked(""), wrong.masked(""))
			}
			if right.is(429).value("username") != "ada" || right.value("password") != "" || right.cookie("sid") != nil || right.cookie("device") != nil {
				t.Errorf("the form keeps the username %q and the password %q; the cookies are %q", right.value("username"), right.value("password"), right.header.Values("Set-Cookie"))
			}
			if right.header.Get("Content-Security-Policy") == "" || right.Find(".summary[role=alert]").Length() != 1 {
				t.Error("the answer lacks its headers or its summary")
			}
			if h.rows(t, "signins") != 0 || h.rows(t, "sessions") != 0 {
				t.Error("there is a sign-in or a session")
			}
		}
		for range free {
			v.from("192.0.2.1").tries("ada", "wrong").is(422)
		}
		same("192.0.2.2") // the account makes everybody wait
		h.clock.Move(time.Second)
		for i := range freeHere {
			v.from("192.0.2.3").tries(fmt.Sprint("invented", i), "wrong").is(422)
		}
		same("192.0.2.3") // the source must wait
		v.another().from("192.0.2.2").tries("ada", storetest.Password).goesTo("/")
		v.another().from("192.0.2.2").tries("ada", "wrong").is(422)
	}, limited)
}

// loses takes a table away while do runs, so that whatever needs it fails.
func (h *house) loses(t *testing.T, table string, do func()) {
	t.Helper()
	rename := func(from, to string) {
		t.Helper()
		if _, err := h.data.Write.Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to); err != nil {
			t.Fatal(err)
		}
	}
	rename(table, "lost")
	do()
	rename("lost", table)
}

func TestWhatWritesNoLetterCostsNone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		forgets := func() *page { return v.post("/password/forgot", url.Values{"username": {"nobody"}}) }
		resends := func() *page { return v.post("/email/verify/resend", url.Values{}) }
		for range 12 {
			v.asks(" ADA@example.com").is(422).says("That's the address you have.")
			v.asks("nowhere").is(422)
			v.post("/password/forgot", url.Values{"username": {" "}}).is(422)
		}
		h.loses(t, "letter_addresses", func() {
			for range 12 {
				v.asks("new@example.com").is(503)
				forgets().is(503)
				resends().is(503)
			}
		})
		v.follows(h.link(t, "ada@example.com")).submit(nil)
		for range 12 {
			resends().goesTo("/account").says("The address ada@example.com is confirmed already.").hides("Sent to")
		}
		for range 10 {
			v.asks("new@example.com").goesTo("/account/email")
		}
		v.asks("new@example.com").is(429)
		forgets().is(429)
	}, withMail, limited)
}

// Whether somebody has an account, or an address had enough, must not show by
// what is left of a budget.
func TestLettersThatNobodyGetsAreCounted(t *testing.T) {
	for name, ask := range map[string]func(v *visitor) *page{
		"for an account":             func(v *visitor) *page { return v.post("/password/forgot", url.Values{"username": {"ada"}}) },
		"for nobody":                 func(v *visitor) *page { return v.post("/password/forgot", url.Values{"username": {"nobody"}}) },
		"for what can be nobody":     func(v *visitor) *page { return v.post("/password/forgot", url.Values{"username": {"?"}}) },
		"for no registration at all": func(v *visitor) *page { return v.post("/email/verify/resend", url.Values{}) },
	} {
		t.Run(name, func(t *testing.T) {
			either(t, func(t *testing.T, h *house, v *visitor) {
				storetest.Register(t, h.Store, storetest.Ada())
				for range 10 {
					if ask(v.another().from("192.0.2.1")).destination() == "" {
						t.Error("refused before the source has had its share")
					}
				}
				ask(v.another().from("192.0.2.1")).waits("360")
			}, withConfirm, limited)
		})
	}
}

func TestAFaultCostsNoSignUpAndNoCheck(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1")
		check := func() *page { return v.post("/register/check/username", url.Values{"username": {"grace"}}) }
		h.loses(t, "events", func() {
			for range 3 {
				v.post("/register", person("grace")).is(503)
			}
		})
		h.loses(t, "reserved_usernames", func() {
			for range 3 {
				if v.post("/register", person("grace")).is(503); v.htmx {
					check().is(503)
				}
			}
		})
		if v.htmx {
			check().is(200)
			check().is(429)
		}
		v.post("/register", person("grace")).goesTo("/")
		v.another().from("192.0.2.1").post("/register", person("mary")).is(429)
		v.another().from("192.0.2.2").post("/register", person("mary")).is(429)
	}, func(s *Site) {
		limited(s)
		s.Limits.UsernameChecks = store.Rates{{Count: 1, Per: time.Minute}}
		s.Limits.Registrations = store.Rates{{Count: 1, Per: time.Hour}}
		s.Limits.AllRegistrations = store.Rates{{Count: 1, Per: time.Hour}}
	})
}

func TestTwoCopiesShareTheCountOfAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouseOn(t, storetest.PostgreSQL, limited)
	copies := []*house{h, h.beside(t)}
	storetest.Register(t, h.Store, storetest.Ada())
	for _, name := range []string{"ada", "countess"} {
		for i := range free {
			copies[i%2].visitor(t).from("192.0.2.1").tries(name, "wrong").is(422)
		}
		for _, copy := range copies {
			copy.visitor(t).from("192.0.2.2").tries(name, storetest.Password).waits("1")
		}
	}
}

func TestSRV08ARestartKeepsSignInsAndCounts(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			h := newHouseOn(t, d, limited)
			v := h.visitor(t)
			v.registers()
			for range free {
				h.visitor(t).from("192.0.2.1").tries("ada", "wrong").is(422)
			}
			h.server.Close()
			if err := h.db.Close(); err != nil {
				t.Fatal(err)
			}
			again := h.beside(t)
			after := again.visitor(t)
			after.present(v.session())
			if got := after.signedIn(); got != "ada" {
				t.Errorf("after a restart signed in as %q", got)
			}
			again.visitor(t).from("192.0.2.2").tries("ada", storetest.Password).waits("1")
		})
	}
}

func TestREG15SignUpsFromOneAddressAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	v := h.visitor(t)
	signUp := func(i int) *page {
		return v.another().from("192.0.2.1").post("/register", person(fmt.Sprint("person", i)))
	}
	for i := range 200 {
		if i < 5 {
			signUp(i).goesTo("/")
			continue
		}
		signUp(i).waits("120").says("Too many tries. Try again in 2 minutes.").hides(storetest.Password)
	}
	refused := v.another().from("192.0.2.1").get("/register").submit(ada()).is(429)
	if refused.value("username") != "Ada" || refused.value("email") != "ada@example.com" || refused.value("password") != "" {
		t.Errorf("the form does not keep what was typed:\n%s", refused.body)
	}
	v.another().from("192.0.2.2").post("/register", person("elsewhere")).goesTo("/")
	for i := range 12 {
		h.clock.Move(5 * time.Minute)
		signUp(200 + i)
	}
	// 5 at once, one each 2 minutes until 10 in the hour are spent, then one
	// each 6 minutes.
	if got := h.rows(t, "users"); got != 1+5+12 {
		t.Errorf("%d accounts after an hour", got)
	}
}

func TestREG15WhoeverHangsUpHasUsedUpATry(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	r := httptest.NewRequest(post, "/register", nil).WithContext((&scope{address: "192.0.2.7"}).within(t.Context()))
	for what, try := range map[string]func(*http.Request, func() error) error{"an account": h.withinLimits, "a letter": h.askLetter} {
		var err error
		for range 50 {
			if err = try(r, func() error { return context.Canceled }); err != context.Canceled {
				break
			}
		}
		if refusal, refused := rules.AsRefusal(err); !refused || refusal.Wait == 0 {
			t.Errorf("fifty times hung up on %s: %v, want to wait", what, err)
		}
	}
}

func TestWhoeverHangsUpHasUsedUpACheck(t *testing.T) {
	either(t, func(t *testing.T, h *house, _ *visitor) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		for range 3 {
			sc := &scope{address: "192.0.2.7"}
			sc.route.URLParams.Add("field", "username")
			r := httptest.NewRequest(post, "/register/check/username", nil).WithContext(sc.within(gone))
			r.Header = http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}}
			r.PostForm = url.Values{"username": {"ada"}}
			if err := h.checkRegister(httptest.NewRecorder(), r); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("a check that is left ends with %v", err)
			}
		}
		if err := spend(h.budgets.usernameChecks, "192.0.2.7"); err == nil {
			t.Error("checks that were left are not counted")
		}
	}, func(s *Site) { s.Limits.UsernameChecks = store.Rates{{Count: 3, Per: time.Minute}} })
}

func TestATakenUsernameCostsACheckAndATakenEmailASignUp(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		sends := func(username, email string) *page {
			return v.another().from("192.0.2.1").post("/register", url.Values{"username": {username}, "email": {email}, "password": {storetest.Password}})
		}
		for range 3 {
			if got := sends("ada", "new@example.com").is(422).message("username"); got != "This username is taken. Was that you just now? Sign in" {
				t.Errorf("the message is %q", got)
			}
		}
		sends("ada", "new@example.com").waits("20").hides("taken")
		asks := v.another().from("192.0.2.1")
		asks.htmx = true
		asks.post("/register/check/username", url.Values{"username": {"ada"}}).is(429)
		sends("grace", "ada@example.com").is(422).says("This address has an account.")
		sends("grace", "grace@example.com").goesTo("/") // a free username needs no check
		sends("mary", "ADA@example.com").waits("300").hides("has an account")
		sends("mary", "mary@example.com").is(429)
	}, func(s *Site) {
		limited(s)
		s.Limits.UsernameChecks = store.Rates{{Count: 3, Per: time.Minute}}
		s.Limits.Registrations = store.Rates{{Count: 2, Per: 10 * time.Minute}}
	})
}

func TestSignUpsFromEverywhereAreLimitedTogether(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		from := func(address, username, email string) *page {
			return v.another().from(address).post("/register", url.Values{"username": {username}, "email": {email}, "password": {storetest.Password}})
		}
		from("192.0.2.1", "ada", "ada@example.com").goesTo("/")
		from("192.0.2.2", "ada", "b@example.com").is(422) // takes nothing of what all share
		from("192.0.2.3", "grace", "ada@example.com").is(422)
		from("192.0.2.4", "grace", "grace@example.com").goesTo("/")
		from("192.0.2.5", "mary", "mary@example.com").waits("1800")
		h.clock.Move(30 * time.Minute)
		from("192.0.2.5", "mary", "mary@example.com").goesTo("/") // its own was not taken for nothing
		from("192.0.2.5", "joan", "joan@example.com").is(429)
	}, func(s *Site) {
		limited(s)
		s.Limits.Registrations = store.Rates{{Count: 1, Per: time.Hour}}
		s.Limits.AllRegistrations = store.Rates{{Count: 2, Per: time.Hour}}
	})
}

func TestInlineChecksOfUsernamesAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	v := h.visitor(t).from("192.0.2.1")
	v.registers()
	v.htmx = true
	for i := range 60 {
		path := []string{"/register", "/account/profile"}[i%2]
		v.post(path+"/check/username", url.Values{"username": {fmt.Sprint("person", i)}}).is(200).says("is free")
	}
	for _, path := range []string{"/register", "/account/profile"} {
		answer := v.post(path+"/check/username", url.Values{"username": {"ada"}}).waits("1")
		if got := answer.message("username"); got != "We'll check this when you send the form." {
			t.Errorf("the note is %q", got)
		}
		if answer.Find(".field-refused, .field-fine").Length() != 0 || answer.value("username") != "ada" {
			t.Errorf("the field is more than noted:\n%s", answer.body)
		}
		v.post(path+"/check/name", url.Values{"name": {"Ada"}}).is(200)
	}
	v.post("/register/check/username", url.Values{"username": {"a"}}).is(200) // shape alone asks nobody
	v.post("/register/check/email", url.Values{"email": {"x@example.com"}}).is(200)
	v.post("/register/check/password", url.Values{"password": {"owl barn xk2"}}).is(200)
	v.post("/login/check/username", url.Values{"username": {"x"}}).is(200)
	v.another().from("192.0.2.2").post("/register/check/username", url.Values{"username": {"x"}}).is(200)
	h.clock.Move(time.Second)
	v.post("/register/check/username", url.Values{"username": {"person"}}).is(200).says("is free")
}

// nothing. The gate is held until that has happened.
func TestLOG22WhoeverIsDisabledWhileSigningInIsNotSignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		user := storetest.Register(t, h.Store, storetest.Ada())
		for name, takeAway := range map[string]func() error{
			"disabled": func() error { return h.Store.Disable(t.Context(), user, storetest.Operator) },
			"closed":   func() error { return h.Store.CloseAccount(t.Context(), user, storetest.From) },
		} {
			held, release := make(chan struct{}), make(chan struct{})
			go h.Hasher.Gate.Do(t.Context(), func() { close(held); <-release }) //nolint:errcheck // held says that it runs
			<-held
			answer := make(chan *page)
			go func() { answer <- v.another().tries("ada", storetest.Password) }()
			for deadline := time.Now().Add(time.Minute); h.rows(t, "throttles") == 0; runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("the try was never counted")
				}
			}
			err := takeAway()
			close(release)
			late := <-answer
			if err != nil {
				t.Fatal(err)
			}
			late.is(422).says("Wrong username or password.")
			if h.rows(t, "signins") != 0 || late.cookie("sid") != nil {
				t.Errorf("%s: signed in", name)
			}
			if err := h.Store.Enable(t.Context(), user, storetest.Operator); err != nil {
				t.Fatal(err)
			}
			if _, err := h.data.Write.Exec(`DELETE FROM throttles`); err != nil {
				t.Fatal(err)
			}
			if _, err := h.data.Write.Exec(`UPDATE users SET closed_at = NULL`); err != nil {
				t.Fatal(err)
			}
		}
	}, func(s *Site) {
		limited(s)
		s.Hasher.Gate = secret.NewGate(1, time.Minute)
	})
}
