package handlers

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

func TestSignInByUsernameOrEmail(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		for _, who := range []string{"ada", " ADA ", "Ada@Example.com"} {
			other := h.visitor(t)
			other.htmx = v.htmx
			other.get("/login").submit(map[string]string{"username": who, "password": storetest.Password}).goesTo("/").
				says("Welcome back, Ada Lovelace.").signedInAs("ada")
		}
	})
}

func TestSignInComesBackToThePageThatWasAskedFor(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		login := v.get("/account?tab=1").goesTo("/login?next=%2Faccount%3Ftab%3D1")
		refused := login.submit(map[string]string{"username": "ada", "password": "wrong"}).is(422)
		if got, want := refused.value("next"), "/account?tab=1"; got != want {
			t.Errorf("after a refusal next is %q, want %q", got, want)
		}
		refused.submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/account?tab=1").says("Your account")
	})
}

func TestRegistrationComesBackToThePageThatWasAskedFor(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		link := v.get("/login?next=%2Faccount").Find(".lead a").AttrOr("href", "")
		v.get(link).submit(ada()).goesTo("/account")
	})
}

// A host answering htmx must send it to sign in, or the form would be swapped
// into a corner of the page.
func TestHDR07SignedOutRequestsLeadToSignIn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.get("/account").is(http.StatusSeeOther)
	v.header.Set("HX-Request", "true")
	v.header.Set("HX-Request-Type", "partial")
	answer := v.get("/account").is(http.StatusNoContent)
	if got, want := answer.header.Get("HX-Redirect"), "/login?next=%2Faccount"; got != want || answer.body != "" {
		t.Errorf("HX-Redirect is %q with body %q, want %q and none", got, answer.body, want)
	}
}

func TestLOG01EveryFailedSignInLooksTheSame(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		disabled := storetest.Register(t, h.Store, registration("grace"))
		if err := h.Store.Disable(t.Context(), disabled, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		passkey := storetest.Register(t, h.Store, registration("mary"))
		if _, err := h.data.Write.Exec(`UPDATE users SET password_hash = '', password_scheme = '' WHERE id = $1`, passkey.ID); err != nil {
			t.Fatal(err)
		}
		var first string
		for _, who := range []string{"ada", "nobody", "grace", "mary"} {
			other := h.visitor(t)
			other.htmx = v.htmx
			password := storetest.Password
			if who == "ada" {
				password = "wrong password"
			}
			answer := other.get("/login").submit(map[string]string{"username": who, "password": password}).is(422)
			whole := answer.masked(who)
			if first == "" {
				first = whole
			}
			if whole != first {
				t.Errorf("%s gets another answer:\n%s\nwant\n%s", who, whole, first)
			}
			answer.says("Wrong username or password.").hides(password)
		}
		if h.rows(t, "sessions") != 0 || h.rows(t, "signins") != 0 {
			t.Error("a failed sign-in left a session")
		}
	})
}

// Nobody has to think of a new password because the old one is old (NIST SP
// 800-63B-4, 3.1.1.2).
func TestAPasswordIsGoodForYears(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.clock.Move(5 * 365 * 24 * time.Hour)
		v.another().signsIn().is(200).signedInAs("ada")
	})
}

func TestSignInAsksForBoth(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		refused := v.get("/login").submit(map[string]string{"username": " ", "password": ""}).is(422)
		if got, want := refused.message("username"), "Enter your username or email address."; got != want {
			t.Errorf("username: %q, want %q", got, want)
		}
		if got, want := refused.message("password"), "Enter your password."; got != want {
			t.Errorf("password: %q, want %q", got, want)
		}
		kept := v.get("/login").submit(map[string]string{"username": "ada", "password": "x", "remember": "on"}).is(422)
		if _, ticked := kept.Find("#remember").Attr("checked"); !ticked || kept.value("username") != "ada" || kept.value("password") != "" {
			t.Errorf("the refused form keeps ticked=%v username=%q password=%q", ticked, kept.value("username"), kept.value("password"))
		}
	})
}

func TestLOG15SignInEndsTheSessionBefore(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		for _, planted := range []string{"invented-by-an-attacker", strings.Repeat("A", 43)} {
			other := h.visitor(t)
			other.htmx = v.htmx
			other.present(planted)
			other.signsIn()
			if got := other.session(); got == planted || got == "" {
				t.Fatalf("the session after signing in is %q, planted %q", got, planted)
			}
			thief := h.visitor(t)
			thief.present(planted)
			if got := thief.signedIn(); got != "" {
				t.Errorf("the planted session is signed in as %q", got)
			}
		}
		// An anonymous session that exists, because a sentence waits in it.
		other := h.visitor(t)
		other.registersAs("grace")
		old := other.session()
		other.post("/logout", url.Values{}).goesTo(signedOutPage)
		other.present(old)
		other.htmx = v.htmx
		other.signsIn()
		thief := h.visitor(t)
		thief.present(old)
		if got := thief.signedIn(); got != "" {
			t.Errorf("the old session is signed in as %q", got)
		}
	})
}

func TestLOG17CredentialsInTheQueryAreNeitherReadNorLogged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, storetest.Ada())
	v := h.visitor(t)
	query := "/login?username=ada&password=" + url.QueryEscape(storetest.Password)
	v.get(query).is(200).hides(storetest.Password, `value="ada"`)
	v.post(query, url.Values{}).is(422)
	v.post("/nowhere"+query, url.Values{}).is(404)
	if v.signedIn() != "" {
		t.Error("the query signed somebody in")
	}
	for _, secret := range []string{storetest.Password, url.QueryEscape(storetest.Password), "analytical"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
}

func TestLOG18OnlyPlainFormsAreRead(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	storetest.Register(t, h.Store, storetest.Ada())
	form := url.Values{"username": {"ada"}, "password": {storetest.Password}}.Encode()
	for name, c := range map[string]struct {
		header http.Header
		body   string
		want   int
	}{
		"JSON":            {http.Header{"Content-Type": {"application/json"}}, `{"username":"ada"}`, 415},
		"multipart":       {http.Header{"Content-Type": {"multipart/form-data; boundary=x"}}, "--x--", 415},
		"plain text":      {http.Header{"Content-Type": {"text/plain"}}, form, 415},
		"no type":         {http.Header{}, form, 415},
		"a broken type":   {http.Header{"Content-Type": {";;;"}}, form, 415},
		"another charset": {http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-16"}}, form, 415},
		"compressed":      {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Content-Encoding": {"gzip"}}, form, 415},
		"bad escapes":     {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "username=%zz", 400},
		"semicolons":      {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, "username=ada;password=x", 400},
	} {
		for _, r := range h.unsafe() {
			answer := h.visitor(t).send(r.method, r.example().address(), strings.NewReader(c.body), c.header.Clone())
			if answer.status != c.want {
				t.Errorf("%s to %s: %d, want %d", name, r.path, answer.status, c.want)
			}
		}
	}
	if h.rows(t, "signins") != 0 {
		t.Error("somebody was signed in")
	}
	charset := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=UTF-8"}}
	h.visitor(t).send(http.MethodPost, "/login", strings.NewReader(form), charset).is(303)
}

func TestLOG19BusyIsSaidInTime(t *testing.T) {
	full := secret.NewGate(0, time.Millisecond) // no slot ever comes free
	t.Cleanup(full.Close)
	both(t, func(t *testing.T, h *house, v *visitor) {
		for path, values := range map[string]map[string]string{
			"/login":    {"username": "ada", "password": storetest.Password, "remember": "on"},
			"/register": ada(),
		} {
			answer := v.get(path).submit(values).is(503).says("Nothing was lost")
			if answer.header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", path)
			}
			answer.hides(storetest.Password)
		}
		v.get("/login").is(200)
	}, func(s *Site) { s.Hasher.Gate = full })
}

func TestLOG20AnOldHashIsUpgradedByTheRightPassword(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, storetest.New(t, h.data, h.clock), storetest.Ada())
		cost := func() int {
			var hash string
			if err := h.data.Read.QueryRow(`SELECT password_hash FROM users`).Scan(&hash); err != nil {
				t.Fatal(err)
			}
			cost, err := bcrypt.Cost([]byte(hash))
			if err != nil {
				t.Fatal(err)
			}
			return cost
		}
		v.get("/login").submit(map[string]string{"username": "ada", "password": "wrong"}).is(422)
		if got := cost(); got != storetest.Cost {
			t.Errorf("after a wrong password the cost is %d, want %d", got, storetest.Cost)
		}
		var group sync.WaitGroup
		for range 2 {
			group.Go(func() { h.visitor(t).signsIn() })
		}
		group.Wait()
		if got := cost(); got != storetest.Cost+1 {
			t.Errorf("after the right one the cost is %d, want %d", got, storetest.Cost+1)
		}
		v.signsIn()
	}, func(s *Site) { s.Hasher.Cost = storetest.Cost + 1 })
}

func TestLOG21LargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	kind := func() http.Header { return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}} }
	for name, c := range map[string]struct {
		body func() io.Reader
		want int
	}{
		"ten megabytes":       {text("username=" + strings.Repeat("x", 10<<20)), 413},
		"endless and chunked": {func() io.Reader { return io.LimitReader(endless{}, 1<<30) }, 413},
		"20,000 fields":       {text(strings.Repeat("a=&", 20000)), 400},
		"a megabyte field":    {text("password=" + strings.Repeat("x", 1<<20)), 413},
	} {
		for _, path := range []string{"/login", "/register"} {
			request, err := http.NewRequest(http.MethodPost, h.server.URL+path, c.body())
			if err != nil {
				t.Fatal(err)
			}
			request.Header = kind()
			request.Host = h.BaseURL.Host
			response, err := http.DefaultTransport.RoundTrip(request)
			if err != nil {
				// The server may close the connection while we still send.
				if !errors.Is(err, io.ErrUnexpectedEOF) && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "broken pipe") {
					t.Errorf("%s to %s: %v", name, path, err)
				}
				continue
			}
			response.Body.Close()
			if response.StatusCode != c.want {
				t.Errorf("%s to %s: %d, want %d", name, path, response.StatusCode, c.want)
			}
		}
	}
}

func text(s string) func() io.Reader { return func() io.Reader { return strings.NewReader(s) } }

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

func TestLOG23MetaCharactersChangeNothing(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		for _, value := range []string{`' OR '1'='1`, `ada' --`, `"; DROP TABLE users; --`, "%", "ad_", "\x00", `\`} {
			v.get("/login").submit(map[string]string{"username": value, "password": value}).is(422)
			planted := ask(h.server.Config.Handler, h.BaseURL.Host, "/account", http.Header{"Cookie": {h.cookieName(sessionCookie) + "=" + value}})
			if planted.Code != 303 {
				t.Errorf("the cookie %q: %d, want 303", value, planted.Code)
			}
			v.get("/login?next=" + url.QueryEscape(value)).is(200)
		}
		if h.rows(t, "users") != 1 {
			t.Error("the accounts changed")
		}
	})
}

func headerText(header http.Header) string {
	var text strings.Builder
	header.Write(&text) //nolint:errcheck // in memory
	return text.String()
}
