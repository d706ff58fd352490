package handlers

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// forgets asks for a letter to choose a new password.
func (v *visitor) forgets(who string) *page {
	v.t.Helper()
	return v.post("/password/forgot", url.Values{"username": {who}})
}

const resetSubject = "Choose a new password"

func TestRST01EverybodyGetsTheSamePage(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		storetest.Register(t, h.Store, registration("mary")) // never confirmed
		gone := h.confirms(t, "joan")
		if err := h.Store.Disable(t.Context(), gone, storetest.Operator); err != nil {
			t.Fatal(err)
		}
		closed := h.confirms(t, "rosa")
		if err := h.Store.CloseAccount(t.Context(), closed, storetest.From); err != nil {
			t.Fatal(err)
		}
		h.letters(t)
		want := v.another().forgets("nobody@example.com").masked("")
		for _, who := range []string{"ada", "ada@example.com", "mary", "mary@example.com", "joan", "joan@example.com", "rosa", "nobody", "nobody@example.com", "<b>", "no such name at all", storetest.Password} {
			other := v.another()
			answer := other.forgets(who)
			if got := answer.masked(""); got != want {
				t.Errorf("%s gets\n%s\nnobody gets\n%s", who, got, want)
			}
			answer.goesTo("/password/forgot?sent=1").is(200).says("Check your inbox").says("within 30 minutes").hides("@example.com", storetest.Password)
			if other.session() != "" {
				t.Errorf("%s gets a session", who)
			}
		}
		for to, want := range map[string]int{"ada@example.com": 2, "mary@example.com": 2, "joan@example.com": 0, "rosa@example.com": 1, "nobody@example.com": 0} {
			got := 0
			for _, subject := range h.subjects(t, to) {
				if subject == resetSubject {
					got++
				}
			}
			if got != want {
				t.Errorf("%s gets %d letters, want %d", to, got, want)
			}
		}
	}, withMail)
}

func TestRST02ALetterGoesToTheStoredAddressAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada()) // keeps Ada@example.com
		const evil = "mallory@example.net"
		storetest.Register(t, h.Store, store.Registration{Username: "mallory", Email: evil, Password: storetest.Password})
		before := len(h.letters(t))
		const victim = "ada@example.com"
		for _, form := range []url.Values{
			{"username": {victim, evil}},
			{"username": {evil, victim}},
			{"username[]": {victim, evil}},
			{"username[0]": {victim}, "username[1]": {evil}},
			{"email": {victim, evil}},
			{"email[]": {victim}},
			{"username": {victim + "," + evil}},
			{"username": {victim + ", " + evil}},
			{"username": {victim + ";" + evil}},
			{"username": {victim + " " + evil}},
			{"username": {victim + "\n" + evil}},
			{"username": {victim + "\r\nBcc: " + evil}},
			{"username": {victim + "%0a" + evil}},
			{"username": {victim + "\x00" + evil}},
			{"username": {"<" + victim + ">"}},
			{"username": {`["` + victim + `","` + evil + `"]`}},
			{"username": {"ａda@example.com"}},
			{"username": {"ada@exampłe.com"}},
		} {
			v.post("/password/forgot", form)
			if got := h.letters(t); len(got) != before {
				t.Errorf("%v brings a letter to %s", form, got[0].To)
				before = len(got)
			}
		}
		for _, body := range []string{`{"username":["` + victim + `","` + evil + `"]}`, `["` + victim + `"]`} {
			v.send(post, "/password/forgot", strings.NewReader(body), http.Header{"Content-Type": {"application/json"}}).is(415)
		}
		v.post("/password/forgot?username="+victim, url.Values{}).is(422)
		for _, form := range []url.Values{{"username": {" ADA@EXAMPLE.COM "}}, {"username": {victim}, "email": {evil}}} {
			v.post("/password/forgot?username="+evil, form)
			got := h.letters(t)
			if len(got) != before+1 || got[0].To != "Ada@example.com" {
				t.Errorf("%v brings %d letters, the last to %s", form, len(got)-before, got[0].To)
			}
			before = len(got)
		}
	}, withMail)
}

func TestRST12LettersToOneAddressAreFew(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		want := ""
		for i := range 20 {
			answer := v.another().from(fmt.Sprint("192.0.2.", i)).forgets([]string{"ada", "ADA@example.com"}[i%2])
			if want == "" {
				want = answer.masked("")
			}
			if answer.masked("") != want || answer.destination() != "/password/forgot?sent=1" {
				t.Errorf("the answer %d is\n%s", i, answer.masked(""))
			}
			if i%3 == 0 {
				h.letters(t) // some at once, some together
			}
		}
		count := func() int { return len(h.subjects(t, "ada@example.com")) - 1 }
		if got := count(); got != store.LettersPerHour {
			t.Errorf("%d letters, want %d", got, store.LettersPerHour)
		}
		v.another().follows(h.link(t, "ada@example.com")).is(200)
		h.clock.Move(time.Hour)
		v.from("192.0.2.99").forgets("ada")
		if got := count(); got != store.LettersPerHour+1 {
			t.Errorf("%d letters after an hour", got)
		}
	}, withMail, limited)
}

func TestRED06ForgedHostsReachNoLetter(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		const evil = "evil.example"
		v.header.Set("X-Forwarded-Host", evil)
		v.header.Set("X-Forwarded-Server", evil)
		v.header.Set("X-Original-Host", evil)
		v.header.Set("X-Forwarded-Proto", "https")
		v.header.Set("Forwarded", "host="+evil+";proto=https")
		v.forgets("ada").arrives("/password/forgot?sent=1").hides(evil)
		newest := h.letters(t)[0]
		if newest.Subject != resetSubject || strings.Contains(newest.Text+newest.HTML, evil) || !strings.Contains(newest.Text, "\n"+h.BaseURL.String()+"/password/reset/") {
			t.Errorf("the letter is\n%s", newest.Text)
		}
		count := len(h.letters(t))
		v.header.Set("Host", evil)
		v.forgets("ada").is(421)
		v.header.Set("Host", h.BaseURL.Host+":1")
		v.forgets("ada").is(421)
		if got := len(h.letters(t)); got != count {
			t.Error("a letter was written for another host")
		}
	}, withMail)
}

// A request line that names a host counts for more than the header (RFC 9112, 3.2.2).
func TestRED06ARequestLineThatNamesAnotherHostIsRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	for line, want := range map[string]int{"http://" + h.BaseURL.Host + "/login": 200, "http://evil.example/login": 421, "https://evil.example:443/login": 421} {
		conn, err := net.Dial("tcp", h.server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", line, h.BaseURL.Host)
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Errorf("%s is answered %d, want %d", line, answer.StatusCode, want)
		}
	}
}

func TestINJ06NamesInLettersAreText(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.header.Set("User-Agent", "ACCOUNT STOLEN - open https://evil.example/login")
		wish := registration("ada")
		wish.Name = `Ada <img src=x onerror=alert(1)> "B" & 'C' {{999*9}}`
		storetest.Register(t, h.Store, wish)
		link := h.link(t, "ada@example.com")
		v.forgets("ada") // while nobody has confirmed the address
		strange := len(h.letters(t))
		if _, err := h.Store.VerifyEmail(t.Context(), token(link), storetest.From); err != nil {
			t.Fatal(err)
		}
		v.forgets("ada")
		post := h.letters(t)
		for i, m := range post {
			if m.To != "ada@example.com" || strings.ContainsAny(m.To+m.Subject+m.From, "\r\n") || strings.Contains(m.Subject, "img") {
				t.Errorf("to %q, subject %q", m.To, m.Subject)
			}
			// Nobody writes to a stranger through us: what somebody calls themselves
			// is not said to an address that nobody confirmed, and what a client
			// calls itself to none.
			named := i < len(post)-strange
			if strings.Contains(m.HTML, "<img src=x") || strings.Contains(m.HTML, "&lt;img") != named || strings.Contains(m.HTML, "evil") {
				t.Errorf("the HTML is\n%s", m.HTML)
			}
			if strings.Contains(m.Text, wish.Name) != named || strings.Contains(m.Text, "<p>") || strings.Contains(m.Text, "evil") {
				t.Errorf("the plain text is\n%s", m.Text)
			}
		}
		count := len(h.letters(t))
		for _, name := range []string{"Ada\r\nBcc: mallory@example.net", "Ada\nX", "Ada\u2028X", "Ada\x00"} {
			form := person("grace")
			form.Set("name", name)
			v.post("/register", form).is(422)
		}
		if got := len(h.letters(t)); got != count {
			t.Errorf("%d letters more", got-count)
		}
	}, withMail)
}

func TestForgotSaysWhatIsMissing(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		page := v.get("/login").Find(`main a[href="/password/forgot"]`)
		if page.Length() != 1 {
			t.Error("the sign-in page leads nobody here")
		}
		refused := v.get("/password/forgot").is(200).submit(map[string]string{"username": " "}).is(422)
		if got := refused.message("username"); got != "Enter your username or email address." {
			t.Errorf("the message is %q", got)
		}
		if h.rows(t, "letters") != 0 {
			t.Error("something is queued")
		}
	}, withMail)
}

func TestWithoutMailForgotNamesThePeopleWhoRunTheSite(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, storetest.Ada())
		before := h.dump(t)
		for _, path := range []string{"/password/forgot", "/password/forgot?sent=1"} {
			page := v.get(path).is(200).says("This site sends no mail.").says("Ask the people who run this site.")
			if page.Find("main form").Length() != 0 {
				t.Error("a letter is offered")
			}
		}
		v.forgets("ada").is(403).says("Ask the people who run this site.")
		if h.dump(t) != before {
			t.Error("something is queued")
		}
		// What they give works all the same.
		token, err := h.Store.ResetToken(t.Context(), h.user(t, "ada"), storetest.Operator)
		if err != nil {
			t.Fatal(err)
		}
		v.follows("/password/reset/" + token).is(200).submit(map[string]string{"password": newPassword}).goesTo("/login")
		v.tries("ada", newPassword).goesTo("/")
		if h.rows(t, "letters") != 0 {
			t.Error("something is queued")
		}
	})
}

func TestForgotWorksWhereverOneIs(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/password/forgot").is(200) // signed in as well: letters lead here
		v.forgets("ada").arrives("/password/forgot?sent=1")
		if v.signedIn() != "ada" {
			t.Error("asking signs out")
		}
		if got := h.subjects(t, "ada@example.com"); !slices.Contains(got, resetSubject) {
			t.Errorf("the letters are %q", got)
		}
		v.get("/account/activity").says("link")
	}, withMail)
}

// A letter about something unexpected leads to a page that says what its button said, and asks nothing that the site knows.
func TestALetterThatFrightensLeadsToItsPage(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		ada := h.confirms(t, "ada")
		v.another().signsInAs("ada")
		v.signsInAs("ada")
		var link string
		for _, m := range h.letters(t) {
			if m.Subject == "You signed in on a new device" {
				_, after, _ := strings.Cut(m.Text, "Secure my account:\n"+h.BaseURL.String())
				link, _, _ = strings.Cut(after, "\n")
			}
		}
		p := v.get(link).is(200)
		if got := p.Find("h1").Text(); got != "Secure your account" || p.value("username") != "ada" {
			t.Errorf("%q leads to %q, filled in with %q", link, got, p.value("username"))
		}
		if got := v.another().get(link).is(200).value("username"); got != "" {
			t.Errorf("a stranger is shown %q", got)
		}
		p = p.submit(map[string]string{"username": ""}).is(422)
		if got := p.Find("h1").Text(); got != "Secure your account" {
			t.Errorf("refused, the page is headed %q", got)
		}
		p.submit(map[string]string{"username": "ada"}).goesTo("/password/forgot?sent=1")
		if got := h.subjects(t, ada.Email)[0]; got != resetSubject {
			t.Errorf("the newest letter is %q", got)
		}
		// Nobody else's words get into the page, and the page of visitors stays theirs.
		for _, query := range []string{"", "?why=", "?why=evil", "?why=secure&why=evil", "?x=1"} {
			if got := v.another().get("/password/forgot" + query).is(200).hides("evil").Find("h1").Text(); got == "Secure your account" {
				t.Errorf("%q is headed %q", query, got)
			}
		}
	}, withMail)
}

// Who is signed in and does not know what happened there is led to the page that secures an account. For them it leads
// back to their account, and to a change of password for whoever knows theirs.
func TestWhatNobodyDidLeadsToASecureAccount(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.verifies()
		v.another().tries("ada", "wrong")
		link := v.get("/account/activity").is(200).Find(`.entry-alarming a`).AttrOr("href", "")
		p := v.get(link).is(200)
		if got := p.Find("h1").Text(); got != "Secure your account" || p.value("username") != "ada" {
			t.Errorf("%q leads to %q, filled in with %q", link, got, p.value("username"))
		}
		leads := func(p *page, member bool) {
			t.Helper()
			for path, want := range map[string]bool{"/account": member, "/login": !member} {
				if got := p.Find(`main .aside a[href="`+path+`"]`).Length() == 1; got != want {
					t.Errorf("%s leads to %s: %v, want %v", p.path, path, got, want)
				}
			}
		}
		leads(p, true)
		leads(v.another().get(link).is(200).hides("Change it"), false)
		if p.Find(`main a[href="/account/password"]`).Length() != 1 {
			t.Error("no way to change a password that is known")
		}
		leads(p.submit(map[string]string{"username": "ada"}).goesTo("/password/forgot?sent=1").is(200), true)
		leads(v.another().get("/password/forgot?sent=1").is(200), false)
		if got := h.subjects(t, "ada@example.com")[0]; got != resetSubject {
			t.Errorf("the newest letter is %q", got)
		}
	}, withMail)
}

// A site that sends no mail still has a way for who knows their password.
func TestAnAccountIsSecuredWithoutMail(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		if v.get("/password/forgot?why=secure").is(200).Find(`main a[href="/account/password"]`).Length() != 1 {
			t.Error("no way to change a password that is known")
		}
	})
}
