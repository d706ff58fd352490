package handlers

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// registersAs makes an account with that username and leaves the visitor
// signed in.
func (v *visitor) registersAs(username string) *page {
	v.t.Helper()
	return v.get("/register").submit(map[string]string{
		"username": username, "email": username + "@example.com", "password": storetest.Password,
	}).goesTo("/")
}

// Every cookie that there is, even where it is deleted.
func TestSES01CookiesOverHTTPS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withConfirm, func(s *Site) { s.BaseURL = &url.URL{Scheme: "https", Host: "accounts.example.org"} })
	h.confirms(t, "ada")
	v := h.visitor(t)
	answers := []*page{
		h.visitor(t).post("/login", url.Values{"username": {"ada"}, "password": {"wrong"}}).is(422),
		v.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}, "remember": {"on"}}).is(303),
		v.post("/register", person("grace")).is(303),
		v.post("/theme", url.Values{"theme": {"dark"}}).is(303),
		v.post("/theme", url.Values{"theme": {"auto"}}).is(303),
	}
	for _, link := range h.links(t) {
		answers = append(answers, v.get(link).is(303))
	}
	want := map[string]bool{sessionCookie: true, deviceCookie: true, pendingCookie: true, themeCookie: true, typedCookie: true, usernameCookie: true}
	for _, p := range linkPages {
		want[p.cookie] = true
	}
	seen := map[string]bool{}
	for _, answer := range answers {
		for _, c := range (&http.Response{Header: answer.header}).Cookies() {
			name, prefixed := strings.CutPrefix(c.Name, "__Host-")
			if !prefixed || !c.Secure || !c.HttpOnly || c.Path != "/" || c.SameSite != http.SameSiteLaxMode || c.Domain != "" || len(c.String()) > 4096 {
				t.Errorf("%s sets the cookie %v", answer.path, c)
			}
			seen[name] = true
		}
	}
	if !maps.Equal(seen, want) {
		t.Errorf("the cookies are %v, want %v", seen, want)
	}
}

func TestSES02TokensAreLongAndUnique(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	seen := map[string]bool{}
	prefixes := map[string]int{}
	for range 1000 {
		ctx, err := h.Sessions.Load(context.Background(), "")
		if err != nil {
			t.Fatal(err)
		}
		h.Sessions.Put(ctx, keyFlash, "x")
		token, _, err := h.Sessions.Commit(ctx)
		if err != nil {
			t.Fatal(err)
		}
		// 43 characters of base64 are 256 bits.
		if len(token) < 43 || seen[token] {
			t.Fatalf("token %q is short or was seen before", token)
		}
		seen[token] = true
		prefixes[token[:2]]++
	}
	for prefix, n := range prefixes {
		if n > 20 {
			t.Errorf("%d of 1000 tokens begin with %q", n, prefix)
		}
	}
}

func TestSES03NothingSurvivesASignOut(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		old := v.session()
		out := v.post("/logout", url.Values{})
		if got := out.header.Get("Clear-Site-Data"); got != `"storage"` {
			t.Errorf("Clear-Site-Data is %q", got)
		}
		out.goesTo(signedOutPage).signedInAs("")
		if got := v.session(); got != "" {
			t.Errorf("the cookie is still %q", got)
		}
		if h.rows(t, "signins") != 0 || h.rows(t, "sessions") != 0 {
			t.Error("rows are left behind")
		}
		v.present(old)
		v.get("/account").is(303).hides("ada")
		v.header.Set("HX-Request", "true")
		v.header.Set("HX-Request-Type", "partial")
		v.get("/account").is(204).hides("ada")
	})
}

// A request that is on its way while the person signs out writes the session
// back. It must be worth nothing.
func TestSES03ALateWriteOfTheSessionRevivesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	old := v.session()
	late, err := h.Sessions.Load(context.Background(), old)
	if err != nil {
		t.Fatal(err)
	}
	v.post("/logout", url.Values{}).goesTo(signedOutPage)
	h.Sessions.Put(late, keyFlash, "late")
	if _, _, err := h.Sessions.Commit(late); err != nil {
		t.Fatal(err)
	}
	if h.rows(t, "sessions") != 1 {
		t.Fatal("the late write did not come about, so this test shows nothing")
	}
	v.present(old)
	if got := v.signedIn(); got != "" {
		t.Errorf("signed in as %q", got)
	}
}

func TestSES05IdleSessionsEnd(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for range 3 {
			h.clock.Move(59 * time.Minute)
			v.get("/account").is(200)
		}
		h.clock.Move(60 * time.Minute)
		v.get("/account").goesTo("/login?next=%2Faccount").hides("ada@example.com")
		v.signsIn("remember")
		h.clock.Move(store.IdleRemembered - time.Minute)
		v.get("/account").is(200)
		h.clock.Move(store.IdleRemembered)
		v.get("/account").is(303)
	})
}

func TestSES06SessionsEndHoweverOftenTheyAreUsed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for range 47 {
			h.clock.Move(30 * time.Minute)
			v.get("/").is(200).signedInAs("ada")
		}
		h.clock.Move(30 * time.Minute)
		if got := v.signedIn(); got != "" {
			t.Errorf("after a day of use still signed in as %q", got)
		}
	})
}

func TestSES10TheDatabaseKeepsNoSecretInClear(t *testing.T) {
	t.Parallel()
	h := newHouse(t, limited)
	v := h.visitor(t)
	v.registers()
	secrets := []string{storetest.Password, url.QueryEscape(storetest.Password), v.session(), v.device()}
	v.tries(storetest.Password, "typed into the wrong line") // as somebody does who is signed in: refused
	h.visitor(t).tries(storetest.Password, "swapped the two lines").is(422)
	h.clock.Move(store.RecentAuth)
	v.post("/account/delete", url.Values{"username": {"ada"}, "current": {"kept from the session"}, "password": {"kept out of it as well"}})
	v.reauthenticates()
	secrets = append(secrets, v.session(), "kept from the session", "kept out of it as well", "swapped the two lines")
	v.post("/account/password", url.Values{"current": {storetest.Password}, "password": {"difference engine no. 2"}}).goesTo("/account")
	secrets = append(secrets, v.session(), "difference engine no. 2")
	v.post("/account/password", url.Values{"current": {"a wrong guess of it"}, "password": {"difference engine no. 3"}}).is(422)
	secrets = append(secrets, "a wrong guess of it", "difference engine no. 3")
	for _, secret := range secrets[2:] {
		secrets = append(secrets, url.QueryEscape(secret))
	}
	var path string
	if err := h.data.Read.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if secret == "" || strings.Contains(string(data), secret) {
				t.Errorf("%s contains %q", path+suffix, secret)
			}
		}
	}
	for _, secret := range secrets {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
	for _, path := range append(h.private(), "/") {
		v.get(path).hides(secrets...)
	}
}

func TestSES11AnonymousVisitorsLeaveNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for range 400 {
		for _, path := range []string{"/", "/login", "/register", "/account", "/nowhere"} {
			answer := ask(h.server.Config.Handler, h.BaseURL.Host, path, http.Header{})
			if cookie := answer.Header().Get("Set-Cookie"); cookie != "" {
				t.Fatalf("%s sets the cookie %s", path, cookie)
			}
		}
	}
	for _, path := range []string{"/healthz", "/robots.txt", "/favicon.ico"} {
		if cookie := h.visitor(t).get(path).is(200).header.Get("Set-Cookie"); cookie != "" {
			t.Errorf("%s sets the cookie %s", path, cookie)
		}
	}
	if h.rows(t, "sessions") != 0 || h.rows(t, "signins") != 0 {
		t.Error("rows were made")
	}
}

func TestSES12OddCookiesAreAnonymous(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	signedIn := h.visitor(t)
	signedIn.registers()
	good, sid := signedIn.session(), h.cookieName(sessionCookie)+"="
	control := h.visitor(t)
	control.header.Set("Cookie", sid+good)
	control.get("/").signedInAs("ada") // so what fails below fails for what it is
	for name, cookie := range map[string]string{
		"oversized":        sid + strings.Repeat("A", 8000),
		"not base64":       sid + "%%%%",
		"quoted":           sid + `"quoted"`,
		"empty":            sid,
		"NUL":              sid + "a\\x00b",
		"not a cookie":     ";;;===",
		"a prefix":         sid + good[:20],
		"one more":         sid + good + "A",
		"a stranger first": sid + "stranger; " + sid + good[:10],
	} {
		v := h.visitor(t)
		v.header.Set("Cookie", cookie)
		v.get("/").is(200).signedInAs("")
		v.get("/account").is(303)
		t.Log(name)
	}
}

func TestSES12ASessionThatCannotBeReadIsAnonymous(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	for _, data := range [][]byte{{}, {0xff}, []byte("garbage"), {0x02, 0x80}, {0x02, 1, 'k', 's', 0xff, 0xff}} {
		if _, err := h.data.Write.Exec(`UPDATE sessions SET data = $1`, data); err != nil {
			t.Fatal(err)
		}
		v.get("/").is(200).signedInAs("")
	}
	v.signsIn()
}

func TestSES13ConditionalRequestsTellNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	answer := v.get("/account").is(200)
	if answer.header.Get("ETag") != "" || answer.header.Get("Last-Modified") != "" {
		t.Error("a private page has a validator")
	}
	v.post("/logout", url.Values{})
	v.header.Set("If-None-Match", "*")
	v.header.Set("If-Modified-Since", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
	v.get("/account").is(303).hides("ada")
}

func TestSES14PagesAreNotStoredAndFilesAre(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	registered := v.get("/register").submit(ada())
	for _, answer := range []*page{
		registered, v.get("/"), v.get("/account"), v.get("/nowhere"), v.post("/login", url.Values{}), h.visitor(t).get("/login"),
		h.visitor(t).get("/account"), v.get("/readyz"),
	} {
		if got := strings.Join(answer.header.Values("Cache-Control"), ", "); !strings.Contains(got, "no-store") {
			t.Errorf("%s: Cache-Control is %q, want no-store in it", answer.path, got)
		}
	}
	css := v.get("/").Find("link[rel=stylesheet]").AttrOr("href", "")
	for path, want := range map[string]string{css: "public, max-age=31536000, immutable", "/assets/site.00000000.css": "no-store"} {
		file := v.get(path).is(200)
		if got := file.header.Get("Cache-Control"); got != want || file.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: Cache-Control is %q, want %q", path, got, want)
		}
	}
}

// Whatever a browser cached would be there for whoever comes next: of every route,
// accepted or refused, as a page or as a part of one, nothing is.
func TestSES14NoAnswerIsStored(t *testing.T) {
	t.Parallel()
	kept := func(t *testing.T, p *page) {
		t.Helper()
		if got := strings.Join(p.header.Values("Cache-Control"), ", "); got != "no-store" {
			t.Errorf("%s, %d: Cache-Control is %q, want no-store", p.path, p.status, got)
		}
		if p.header.Get("ETag") != "" || p.header.Get("Last-Modified") != "" || p.header.Get("Expires") != "" {
			t.Errorf("%s has a validator", p.path)
		}
	}
	part := http.Header{"HX-Request": {"true"}, "HX-Request-Type": {"partial"}}
	// lived is a site with a visitor, a member, and links that work.
	lived := func(t *testing.T) (*house, []*visitor) {
		t.Helper()
		h := newHouse(t, withMail)
		member, anonymous := h.visitor(t), h.visitor(t)
		member.registers()
		member.another().signsIn()
		h.links(t)
		return h, []*visitor{anonymous, member}
	}
	follows := func(t *testing.T, h *house, v *visitor, r route) {
		t.Helper()
		for route, link := range h.live {
			if page, _, _ := strings.Cut(route, "/{"); strings.HasPrefix(r.path, page) {
				kept(t, v.get(link))
			}
		}
	}
	routes := newHouse(t, withMail).routes()
	t.Run("what is looked at", func(t *testing.T) {
		t.Parallel()
		h, visitors := lived(t) // looking changes nothing, so one serves all
		for _, r := range routes {
			if r.guard == static || r.method != get {
				continue
			}
			for _, v := range visitors {
				follows(t, h, v, r)
				path := h.example(t, r)
				kept(t, v.get(path))
				kept(t, v.send(get, path, nil, part.Clone()))
				kept(t, v.send(http.MethodHead, path, nil, http.Header{}))
			}
		}
	})
	for _, r := range routes {
		if r.guard == static || r.method == get {
			continue
		}
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			t.Parallel()
			h, visitors := lived(t)
			for _, v := range visitors {
				follows(t, h, v, r)
				for _, form := range []url.Values{{}, accepted(r.path)} {
					for _, htmx := range []bool{true, false} {
						v.htmx = htmx
						kept(t, v.post(h.example(t, r), form))
					}
				}
			}
		})
	}
}

func TestSES15KeptSignInsPersist(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		cookie := func(boxes ...string) *http.Cookie {
			values := map[string]string{"username": "ada", "password": storetest.Password}
			for _, box := range boxes {
				values[box] = "on"
			}
			other := h.visitor(t)
			other.htmx = v.htmx
			return other.get("/login").submit(values).cookie("sid")
		}
		if c := cookie(); c.MaxAge != 0 || !c.Expires.IsZero() {
			t.Errorf("not kept: the cookie is %v", c)
		}
		month := int(store.AbsoluteRemembered / time.Second)
		if c := cookie("remember"); c.MaxAge < month-60 || c.MaxAge > month+1 {
			t.Errorf("kept: the cookie lasts %d s, want %d", c.MaxAge, month)
		}
	})
}

func TestADM03ADisabledPersonIsOutAtTheNextRequest(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		user, err := h.Store.Find(t.Context(), "ada")
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Store.Disable(t.Context(), user, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v.get("/account").is(303)
		if err := h.Store.Enable(t.Context(), user, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		v.get("/account").is(303)
		v.signsIn()
	})
}

func TestVisitsAreWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	before := h.dump(t)
	for range 20 {
		v.get("/account").is(200)
	}
	h.clock.Move(59 * time.Second)
	v.get("/").is(200)
	if after := h.dump(t); after != before {
		t.Errorf("visits within a minute were written:\n%s\nbefore:\n%s", after, before)
	}
	h.clock.Move(time.Second)
	v.get("/").is(200)
	if after := h.dump(t); after == before {
		t.Error("a visit after a minute was not written")
	}
}

func TestTheCodecKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	deadline := time.Now().UTC().Truncate(time.Microsecond)
	values := map[string]any{"signin": "ABC", "__rememberMe": true, "flash": "Welcome, Ада.", "": "", "no": false}
	data, err := codec{}.Encode(deadline, values)
	if err != nil {
		t.Fatal(err)
	}
	gotDeadline, got, err := codec{}.Decode(data)
	if err != nil || !gotDeadline.Equal(deadline) || len(got) != len(values) {
		t.Errorf("got %v, %v, %v; want %v, %v", gotDeadline, got, err, deadline, values)
	}
	for key, want := range values {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	if _, err := (codec{}).Encode(deadline, map[string]any{"n": 1}); err == nil {
		t.Error("a number was encoded")
	}
}

func FuzzSessionData(f *testing.F) {
	data, _ := codec{}.Encode(time.Now(), map[string]any{"signin": "ABC", "__rememberMe": true})
	f.Add(data)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		deadline, values, err := codec{}.Decode(data)
		if err != nil || values == nil {
			t.Fatalf("Decode(%x) = %v, %v", data, values, err)
		}
		if _, err := (codec{}).Encode(deadline, values); err != nil {
			t.Errorf("what Decode made cannot be encoded: %v", err)
		}
	})
}

// FuzzCookie sends any Cookie header there is.
func FuzzCookie(f *testing.F) {
	h := newHouse(f)
	sid := h.cookieName(sessionCookie) + "="
	for _, seed := range []string{sid + "x", sid + `"x"`, sid + strings.Repeat("A", 5000), ";;;", sid + "\x00", sid + "a; " + sid + "b"} {
		f.Add(seed)
	}
	handler := h.server.Config.Handler
	f.Fuzz(func(t *testing.T, cookie string) {
		if got := ask(handler, h.BaseURL.Host, "/account", http.Header{"Cookie": {cookie}}).Code; got != http.StatusSeeOther {
			t.Errorf("Cookie %q: %d, want 303", cookie, got)
		}
	})
}

// Whoever holds a request back until they are signed out gets nothing done with it.
func TestSES09ASlowBodyIsJudgedWhenItHasCome(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	h.confirms(t, "ada")
	thief := h.visitor(t)
	thief.tries("ada", storetest.Password).goesTo("/")
	owner := thief.another()
	owner.tries("ada", storetest.Password).goesTo("/")
	const body = "email=thief%40example.net"
	conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /account/email HTTP/1.1\r\nHost: %s\r\nCookie: %s=%s\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		h.BaseURL.Host, h.Sessions.Cookie.Name, thief.session(), formType, len(body))
	answers := bufio.NewReader(conn)
	if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("the server says %q, %v", line, err)
	}
	owner.post("/account/signins/end-others", nil).goesTo("/account/signins")
	fmt.Fprint(conn, body)
	if _, err := answers.ReadString('\n'); err != nil { // the empty line behind 100
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(answers, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if to := answer.Header.Get("Location"); !strings.HasPrefix(to, "/login") {
		t.Errorf("the request leads to %q, want the sign-in page", to)
	}
	if subjects := h.subjects(t, "thief@example.net"); len(subjects) > 0 {
		t.Errorf("letters were written to the thief: %q", subjects)
	}
}
