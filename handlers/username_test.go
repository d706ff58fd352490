package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/storetest"
)

func TestTheSignInPageGreetsWhoAskedToStaySignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		v.signsIn("remember")
		v.post("/logout", url.Values{}).goesTo(signedOutPage).says("signed out")
		page := v.get("/login?next=%2Faccount%2Fdata").says("Welcome back")
		if page.value("username") != "ada" {
			t.Errorf("the page knows %q", page.value("username"))
		}
		page = v.post("/login/not-me", url.Values{"next": {"/account/data"}}).goesTo("/login?next=%2Faccount%2Fdata").hides("Welcome back")
		if page.value("username") != "" {
			t.Errorf("the page still knows %q", page.value("username"))
		}

		v.signsIn("remember")
		v.post("/logout", url.Values{})
		v.signsIn()
		v.post("/logout", url.Values{})
		v.get("/login").hides("Welcome back")
	})
}

// A refusal leads on with what was typed, in the same words whether or not there is such an account.
func TestARefusalLeadsOn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		leads := func(p *page, to ...string) {
			t.Helper()
			if got := p.is(422).linksIn("#summary"); !slices.Equal(got, to) {
				t.Errorf("the summary leads to %q, want %q", got, to)
			}
		}
		knows := func(path, want string) {
			t.Helper()
			if got := v.get(path).value("username"); got != want {
				t.Errorf("%s knows %q, want %q", path, got, want)
			}
		}
		for _, typed := range []string{"ada", "nobody", "ADA@example.com", "nobody@example.com"} {
			p := v.tries(typed, "wrong password")
			leads(p, "#username", "/password/forgot")
			if got := strings.Join(strings.Fields(p.Find("#summary").Text()), " "); got != "Wrong username or password. Forgot your password?" {
				t.Errorf("%s is told %q", typed, got)
			}
			knows("/password/forgot", typed)
		}
		v = v.another()
		leads(v.tries("ada", ""), "#password")

		taken := url.Values{"username": {"countess"}, "email": {"ada@example.com"}, "password": {storetest.Password}, "next": {"/account/data"}}
		leads(v.post("/register", taken), "#email", "/login?next=%2Faccount%2Fdata", "/password/forgot")
		knows("/login", "ada@example.com")
		taken.Set("username", "ada")
		taken.Set("email", "countess@example.com")
		leads(v.post("/register", taken), "#username", "/login?next=%2Faccount%2Fdata")
		knows("/login", "ada")
	}, withMail)
}

func TestWhatWasTypedIsNotAskedAgain(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		knows := func(path, want string) {
			t.Helper()
			if got := v.get(path).hides("Welcome back").value("username"); got != want {
				t.Errorf("%s knows %q, want %q", path, got, want)
			}
		}
		v.tries("nobody", "wrong").is(422)
		knows("/password/forgot", "nobody")
		knows("/login", "nobody")
		v.signsIn()
		knows("/password/forgot", "ada")
		v.post("/account/delete", url.Values{"username": {"ada"}}).goesTo("/")
		knows("/login", "")

		v = v.another()
		v.post("/register", url.Values{"username": {"countess"}, "email": {"ada@example.com"}, "password": {storetest.Password}}).is(422)
		knows("/login", "ada@example.com")
		v = v.another()
		for _, typed := range []string{strings.Repeat("w", rules.EmailMax+1), "a\x00b", ""} {
			v.tries(typed, "wrong")
			knows("/login", "")
		}
	}, withMail)
}

// What a browser sends as a cookie is shown only if it may be a username.
func TestAUsernameInACookieIsChecked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, value := range []string{"ada", "%", encodeUsername("a\nb"), encodeUsername(strings.Repeat("w", 5000)), encodeUsername("\xff"), encodeUsername("a b c"), encodeUsername("<b>")} {
		v := h.visitor(t)
		v.header.Set("Cookie", h.cookieName(usernameCookie)+"="+value)
		if page := v.get("/login").is(200); page.value("username") != "" {
			t.Errorf("%q is shown as %q", value, page.value("username"))
		}
	}
	v := h.visitor(t)
	v.header.Set("Cookie", h.cookieName(usernameCookie)+"="+encodeUsername(`"><script>alert(1)</script>`))
	v.get("/login").hides("<script>alert")
}

func TestWhoeverIsSentToSignInLearnsWhy(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/account/activity").goesTo("/login?next=%2Faccount%2Factivity").says("your account")
		v.get("/login").hides("Sign in to see")
		v.get("/login?next=%2F%2Fevil.example").hides("Sign in to see")
	})
}

func TestCheckYourInboxNamesTheAddressThatWasTypedHere(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		v.post("/register", url.Values{"username": {"grace"}, "email": {"grace@example.com"}, "password": {storetest.Password}}).goesTo("/email/verify").says("grace@example.com")
		other := v.another()
		other.post("/register", url.Values{"username": {"countess"}, "email": {"Ada@example.com"}, "password": {storetest.Password}}).goesTo("/email/verify").says("Ada@example.com")
		h.clock.Move(time.Millisecond)
		v.post("/register", url.Values{"username": {"rosa"}, "email": {"rosa@example.com"}, "password": {storetest.Password}}).goesTo("/email/verify").says("rosa@example.com").hides("grace@example.com")
	}, withConfirm)
}
