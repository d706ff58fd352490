package handlers

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// withConfirm has accounts open only once their address is confirmed.
func withConfirm(s *Site) {
	withMail(s)
	s.Registration = store.RegistrationConfirm
}

// waitsAs registers somebody, whose account then waits for their address.
func (v *visitor) waitsAs(username, email string) *page {
	v.t.Helper()
	form := person(username)
	form.Set("email", email)
	return v.post("/register", form)
}

// typedAddress is where a page says which address was typed in this browser.
var typedAddress = regexp.MustCompile(`(class="address">)[^<]+<`)

func TestREG01KnownAndFreshAddressesAreAnsweredAlike(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		h.moves(t, "rosa")
		storetest.Register(t, h.Store, registration("mary")) // never confirmed
		gone := h.confirms(t, "joan")
		if err := h.Store.Disable(t.Context(), gone, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		users, want := h.rows(t, "users"), ""
		for i, email := range []string{"fresh@example.com", "ada@example.com", "ADA@Example.com", "rosa@example.com", "mary@example.com", "joan@example.com"} {
			other := v.another()
			answer := other.waitsAs(fmt.Sprint("person", i), email)
			all := strings.ReplaceAll(answer.masked(""), other.carries(pendingCookie), "TOKEN") + answer.goesTo("/email/verify").is(200).says("Check your inbox").masked("")
			all += other.post("/email/verify/resend", url.Values{}).masked("")
			if other.signedIn() != "" || other.carries(pendingCookie) == "" {
				t.Errorf("%s: signed in as %q", email, other.signedIn())
			}
			// The session of the flash differs every time, and the page names what was typed.
			all = typedAddress.ReplaceAllString(strings.ReplaceAll(all, other.session(), "SESSION"), `$1TYPED<`)
			if want == "" {
				want = all
			}
			if all != want {
				t.Errorf("%s gets\n%s\na fresh address\n%s", email, all, want)
			}
		}
		if got := h.rows(t, "users"); got != users {
			t.Errorf("%d accounts, want %d", got, users)
		}
		for email, want := range map[string]string{
			"fresh@example.com": "Confirm your email address to open your account", "ada@example.com": "You have an account already",
			"mary@example.com": "You have an account already", "rosa@example.com": "Your email address was changed",
		} {
			if got := h.subjects(t, email); len(got) == 0 || got[0] != want {
				t.Errorf("%s is written %q, want %q", email, got, want)
			}
		}
		for _, m := range h.letters(t) {
			if m.Subject == "You have an account already" && strings.Contains(m.Text, "/email/") {
				t.Errorf("the owner gets a link:\n%s", m.Text)
			}
		}
	}, withConfirm)
}

func TestREG03ARegistrationThatWaitsSignsNobodyIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		submitted := "difference engine no. 2"
		for i, email := range []string{"fresh@example.com", "ada@example.com"} {
			form := person(fmt.Sprint("person", i))
			form.Set("email", email)
			form.Set("password", submitted)
			v.another().post("/register", form).goesTo("/email/verify")
		}
		want := v.another().tries("nobody", submitted).is(422).says("Wrong username or password.").masked("nobody")
		for _, name := range []string{"person0", "fresh@example.com", "person1", "ada@example.com"} {
			other := v.another()
			if got := other.tries(name, submitted).masked(name); got != want {
				t.Errorf("%s gets\n%s\nnobody gets\n%s", name, got, want)
			}
			if other.signedIn() != "" {
				t.Errorf("%s is signed in", name)
			}
		}
	}, withConfirm)
}

func TestTheBrowserThatRegisteredIsSignedInByTheButton(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("ada", "ada@example.com").goesTo("/email/verify").says("Check your inbox").says("ada@example.com")
		page := v.follows(h.link(t, "ada@example.com")).is(200).says("Is ada@example.com yours?")
		if page.Find("#password").Length() != 0 {
			t.Error("the password is asked for")
		}
		if v.signedIn() != "" || h.rows(t, "users") != 0 {
			t.Error("the link alone opened the account")
		}
		old := v.session()
		answer := page.submit(nil)
		answer.goesTo("/").says("Welcome, ada. Your account is open.").signedInAs("ada").hides("isn't confirmed yet")
		if v.session() == old || v.device() == "" || v.carries(pendingCookie) != "" || v.carries(verifyPage.cookie) != "" {
			t.Error("the session is not a new one, or a cookie stays")
		}
		if user := h.user(t, "ada"); !user.Verified() {
			t.Error("the address is not confirmed")
		}
		if h.rows(t, "pending") != 0 {
			t.Error("the registration still waits")
		}
		v.another().signsIn()
	}, withConfirm)
}

func TestAnotherBrowserGivesThePasswordAndIsNotSignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").waitsAs("ada", "ada@example.com")
		link := h.link(t, "ada@example.com")
		for name, browser := range map[string]string{"no cookie": "", "another registration's": "mary", "an invented one": strings.Repeat("A", 26)} {
			other := v.another().from("192.0.2.2")
			if browser == "mary" {
				other.waitsAs("mary", "mary@example.com")
			} else if browser != "" {
				other.header.Set("Cookie", h.cookieName(pendingCookie)+"="+browser)
			}
			form := other.follows(link).is(200)
			if form.Find("#password[autocomplete=current-password]").Length() != 1 || form.Find("input[autocomplete=username]").AttrOr("value", "") != "ada" {
				t.Errorf("%s: the form is\n%s", name, form.body)
			}
			form.submit(map[string]string{"password": ""}).is(422)
			if got := other.post("/email/verify", url.Values{}).is(422).message("password"); got != "Enter the password you chose." {
				t.Errorf("%s: the message is %q", name, got)
			}
		}
		other := v.another().from("192.0.2.3")
		form := other.follows(link)
		for range free {
			refused := form.submit(map[string]string{"password": "wrong words here"}).is(422).hides("wrong words here")
			if got := refused.message("password"); got != "That's not your password." {
				t.Errorf("the message is %q", got)
			}
		}
		form.submit(map[string]string{"password": storetest.Password}).waits("1").says("Too many tries.")
		if h.rows(t, "users") != 0 {
			t.Error("there is an account")
		}
		h.clock.Move(time.Second)
		other.post("/email/verify", url.Values{"password": {storetest.Password}}).goesTo("/login").says("Your account is open. Sign in with it.")
		if other.signedIn() != "" {
			t.Error("signed in")
		}
		other.signsIn()
		v.post("/email/verify", url.Values{}).is(422)
		v.get("/email/verify").is(200).says("Check your inbox")
	}, withConfirm, limited)
}

func TestGuessesAtRegistrationsThatWaitCountForTheSource(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").waitsAs("ada", "ada@example.com")
		other := v.another().from("192.0.2.2")
		other.get(h.link(t, "ada@example.com"))
		for range freeHere {
			other.post("/email/verify", url.Values{"password": {"wrong"}}).is(422)
		}
		other.post("/email/verify", url.Values{"password": {storetest.Password}}).waits("10")
		other.tries("nobody", "wrong").is(429)
	}, withConfirm, limited, func(s *Site) { s.Limits.WrongPasswords = 0 })
}

// Who registers with the address of somebody else gains nothing when that
// person opens the letter and presses the button.
func TestTheOwnerOfAnAddressOpensNoAccountForOthers(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("mallory", "victim@example.com")
		victim := v.another()
		victim.follows(h.link(t, "victim@example.com")).submit(map[string]string{"password": "whatever they chose"}).is(422)
		v.get("/email/verify").submit(nil).goesTo("/email/verify")
		v.post("/email/verify", url.Values{"password": {storetest.Password}}).is(422)
		if h.rows(t, "users") != 0 || v.signedIn() != "" {
			t.Error("the account is open")
		}
	}, withConfirm)
}

func TestREG06OneAddressOpensOneAccount(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		var browsers []*visitor
		var links []string
		for i, email := range []string{"ada@example.com", "ADA@example.com", "Ada@Example.com"} {
			other := v.another()
			other.waitsAs(fmt.Sprint("ada", i), email).goesTo("/email/verify")
			browsers, links = append(browsers, other), append(links, h.link(t, email))
		}
		browsers[1].follows(links[1]).submit(nil).goesTo("/").signedInAs("ada1")
		for _, i := range []int{0, 2, 1} {
			browsers[i].follows(links[i]).is(422)
		}
		if h.rows(t, "users") != 1 || h.rows(t, "pending") != 0 {
			t.Errorf("%d accounts, %d registrations", h.rows(t, "users"), h.rows(t, "pending"))
		}
		v.waitsAs("ada0", "other@example.com").goesTo("/email/verify") // the name is free again
	}, withConfirm)
}

func TestALetterIsSentAgain(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("ada", "ada@example.com")
		first := h.link(t, "ada@example.com")
		v.get("/email/verify").submit(nil).goesTo("/email/verify").says("An email is on its way").says("Check your inbox")
		second := h.link(t, "ada@example.com")
		v.another().follows(first).is(422)
		v.follows(second).is(200)
		v.post("/email/verify/resend", url.Values{})
		third := h.link(t, "ada@example.com")
		for range 5 { // more than an address gets in an hour: the last one stays good
			v.post("/email/verify/resend", url.Values{}).goesTo("/email/verify").says("An email is on its way")
		}
		if got := len(h.subjects(t, "ada@example.com")); got != store.LettersPerHour {
			t.Errorf("%d letters, want %d", got, store.LettersPerHour)
		}
		stranger := v.another()
		if got := stranger.post("/email/verify/resend", url.Values{}).goesTo("/email/verify"); !strings.Contains(got.body, "An email is on its way") || strings.Contains(got.body, "ada@example.com") {
			t.Errorf("where nothing waits the answer is\n%s", got.body)
		}
		v.follows(third).submit(nil).goesTo("/")
	}, withConfirm)
}

func TestAMistypedAddressIsCorrectedByRegisteringAgain(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("ada", "ada@exmaple.com")
		wrong := h.link(t, "ada@exmaple.com")
		if got := v.another().waitsAs("ada", "other@example.com").is(422).message("username"); got != "This username is taken." {
			t.Errorf("to another browser the name is %q", got)
		}
		v.waitsAs("ada", "ada@example.com").goesTo("/email/verify")
		v.another().follows(wrong).is(422)
		v.follows(h.link(t, "ada@example.com")).submit(nil).goesTo("/").signedInAs("ada")
		v.get("/account").says("ada@example.com").hides("exmaple")
	}, withConfirm)
}

// LOG-16: whoever signs in while a registration waits stays who they are.
func TestARegistrationThatWaitsInAnothersSessionChangesNoIdentity(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("ada", "ada@example.com")
		link := h.link(t, "ada@example.com")
		h.confirms(t, "grace")
		v.signsInAs("grace")
		answer := v.follows(link).submit(nil)
		if got := v.signedIn(); got != "grace" {
			t.Errorf("signed in as %q after %d", got, answer.status)
		}
		v.another().signsIn()
	}, withConfirm)
}

func TestARegistrationWaitsForADay(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.waitsAs("ada", "ada@example.com")
		link := h.link(t, "ada@example.com")
		h.clock.Move(store.PendingValid)
		v.follows(link).is(422)
		v.post("/email/verify/resend", url.Values{}).goesTo("/email/verify")
		if got := len(h.subjects(t, "ada@example.com")); got != 1 {
			t.Errorf("%d letters", got)
		}
		other := v.another()
		other.waitsAs("ada", "second@example.com").goesTo("/email/verify")
		other.follows(h.link(t, "second@example.com")).submit(nil).goesTo("/").signedInAs("ada")
	}, withConfirm)
}

func TestREG15RegistrationsThatWaitAreLimited(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for i := range 20 {
			answer := v.another().from("192.0.2.1").waitsAs(fmt.Sprint("person", i), "victim@example.com")
			if i >= 5 {
				answer.waits("120")
			}
		}
		for i := range 10 { // from everywhere, and to the owner of an account
			v.another().from(fmt.Sprint("198.51.100.", i)).waitsAs(fmt.Sprint("other", i), "victim@example.com").goesTo("/email/verify")
		}
		if got := len(h.subjects(t, "victim@example.com")); got != store.LettersPerHour {
			t.Errorf("%d letters, want %d", got, store.LettersPerHour)
		}
	}, withConfirm, limited)
}

// The page that was asked for is not lost on the way through the inbox, whichever
// browser opens the link.
func TestConfirmingLeadsToThePageThatWasAskedFor(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		for username, next := range map[string]string{"ada": "/account/activity", "grace": "/account?tab=1"} {
			form := person(username)
			form.Set("next", next)
			v.post("/register", form).goesTo("/email/verify")
			v.post("/email/verify/resend", url.Values{}) // the letter that comes second leads there as well
			link := h.link(t, form.Get("email"))
			if username == "ada" {
				v.follows(link).submit(nil).goesTo(next).is(200)
				v.post("/logout", url.Values{})
				continue
			}
			other := v.another()
			leads := other.follows(link).submit(map[string]string{"password": form.Get("password")}).destination()
			if want := "/login?next=" + url.QueryEscape(next); leads != want {
				t.Errorf("another browser is led to %q, want %q", leads, want)
			}
		}
		form := person("olga")
		form.Set("next", "//evil.example")
		v.post("/register", form)
		v.follows(h.link(t, form.Get("email"))).hides("evil.example").submit(nil).goesTo("/")
	}, withConfirm)
}
