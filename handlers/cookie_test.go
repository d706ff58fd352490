package handlers

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Browsers share the cookies of localhost between ports.
func TestCookiesOfLocalhostBearThePort(t *testing.T) {
	t.Parallel()
	for base, want := range map[string]string{
		"http://localhost:8080": "sid-8080", "http://localhost": "sid-80", "http://[::1]:9": "sid-9",
		"https://example.com": "__Host-sid", "https://localhost:8443": "__Host-sid",
	} {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		if got := cookieName("sid", u); got != want {
			t.Errorf("at %s the cookie is %s, want %s", base, got, want)
		}
	}
	h := newHouse(t, withMail)
	v := h.visitor(t)
	v.registers()
	v.follows(h.link(t, "ada@example.com"))
	v.post("/theme", url.Values{"theme": {"dark"}})
	for _, cookie := range v.client.Jar.Cookies(h.BaseURL) {
		if !strings.HasSuffix(cookie.Name, "-"+h.BaseURL.Port()) {
			t.Errorf("%s bears no port", cookie.Name)
		}
	}
}

// Another program on this host has cookies of our names, with a shape of its own or
// with ours.
func TestForeignCookiesOfOurNameDoNoHarm(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		registered := v.get("/register").submit(ada())
		sid := registered.cookie(sessionCookie)
		name, ours := sid.Name, sid.Name+"="+sid.Value
		shaped := strings.Repeat("A", tokenLength)
		closed := v.another()
		closed.closes("grace") // a session in which nobody is signed in
		for _, cookies := range []string{
			name + "=" + closed.session() + "; " + ours,
			name + "=s%3Aforeign; " + ours,
			ours + "; " + name + "=s%3Aforeign",
			name + "=" + shaped + "; " + ours,
			ours + "; " + name + "=" + shaped,
			name + "=x; " + name + "=y; " + name + "=z; " + name + "=; " + ours,
			"sid=" + shaped + "; " + ours,
			name + `="quoted"; ` + ours,
		} {
			other := v.another()
			other.header.Set("Cookie", cookies)
			if got := other.signedIn(); got != "ada" {
				t.Errorf("with %s signed in as %q", cookies, got)
			}
		}
		other := v.another()
		other.header.Set("Cookie", name+"="+shaped+"; "+ours+"; "+name+"=s%3Aforeign")
		out := other.post("/logout", url.Values{})
		if out.destination() != signedOutPage || v.signedIn() != "" || h.rows(t, "signins") != 0 || h.rows(t, "sessions") != 1 {
			t.Errorf("signed out, %d sign-ins and %d sessions are left", h.rows(t, "signins"), h.rows(t, "sessions"))
		}
	})
}

// Of any number of cookies three are looked up.
func TestFewSessionsAreLookedUp(t *testing.T) {
	t.Parallel()
	w := newWatched(t, storetest.SQLite)
	v := w.visitor(t)
	v.registers()
	var cookies []string
	for i := range 50 {
		cookies = append(cookies, w.cookieName(sessionCookie)+"="+strings.Repeat(string(rune('A'+i%26)), tokenLength-1)+string(rune('A'+i/26)))
	}
	other := w.visitor(t)
	other.header.Set("Cookie", strings.Join(cookies, "; "))
	w.w.Take()
	other.get("/")
	if got := len(w.w.Take()); got != cookiesMax {
		t.Errorf("%d statements, want %d", got, cookiesMax)
	}
}

// Cookies of the release before have no port in their names.
func TestCookiesUnderTheirFormerNamesAreRead(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		user := h.confirms(t, "ada")
		v.tries("ada", storetest.Password)
		if err := h.Store.AskReset(t.Context(), "ada", storetest.From); err != nil {
			t.Fatal(err)
		}
		old := v.another()
		jar := old.client.Jar
		keep := func(name, value string) {
			jar.SetCookies(h.BaseURL, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
		}
		keep("sid", v.session())
		keep("device", v.device())
		keep("theme", "dark")
		keep("reset", token(h.link(t, user.Email)))
		if old.signedIn() != "ada" || old.get("/").Find("html").AttrOr("data-bs-theme", "") != "dark" {
			t.Error("the session or the theme is not read")
		}
		old.get("/password/reset").is(200).says("ada")
		old.post("/logout", url.Values{}).goesTo(signedOutPage)
		if h.rows(t, "sessions") != 0 || old.carriesExactly("sid") != "" {
			t.Error("the session stays, or its cookie")
		}
		old.tries("ada", storetest.Password).goesTo("/")
		if old.device() != v.device() {
			t.Error("the device is another one")
		}
		if list, err := h.Store.SignIns(t.Context(), user); err != nil || len(list) != 1 {
			t.Errorf("%d sign-ins, %v", len(list), err)
		}
		if got := h.Store.EventCount(store.EventSignedIn); got != 2 {
			t.Errorf("%d sign-ins were counted", got)
		}
	}, withMail)
}

// Whoever signs out is not signed in by a further cookie.
func TestSigningOutEndsAllThatTheBrowserIsSignedInBy(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		storetest.Register(t, h.Store, registration("bert"))
		v.signsIn()
		old := v.another()
		old.tries("bert", storetest.Password)
		v.client.Jar.SetCookies(h.BaseURL, []*http.Cookie{{Name: "sid", Value: old.session(), Path: "/"}})
		v.post("/logout", url.Values{}).goesTo(signedOutPage)
		if v.signedIn() != "" || h.rows(t, "signins") != 0 {
			t.Errorf("signed in as %q, %d sign-ins are left", v.signedIn(), h.rows(t, "signins"))
		}
	})
}

func TestCookiesOfOthersAreLeftAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.header.Set("Cookie", "theme=solarized; reset=their-own; pending=x")
		for _, c := range (&http.Response{Header: v.post("/theme", url.Values{"theme": {"auto"}}).header}).Cookies() {
			if c.Name != h.cookieName(themeCookie) {
				t.Errorf("%s is set", c.Name)
			}
		}
	})
}
