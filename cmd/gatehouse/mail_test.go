package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store/storetest"
)

// mailing are the flags of a site that sends to a server.
func mailing(s *mailtest.Server, d storetest.Database) []string {
	flags := []string{"--smtp", "smtp://" + s.Addr}
	if d.Name == storetest.PostgreSQL.Name {
		flags = append(flags, "--secret", sharedSecret)
	}
	return flags
}

func hangs(int, string) error { return mailtest.Hangs }

// Whatever was promised is delivered after a kill: what nobody had taken yet,
// what waited for a carrier, and what was just being handed over.
func TestKill9LosesNoLetter(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			const people, inFlight = 12, 3 // as many as go to one domain at a time
			database := d.New(t)
			hanging := (&mailtest.Server{Answer: hangs}).Start(t)
			p := launch(t, database, mailing(hanging, d)...)
			for i := range people {
				c := p.caller()
				c.register(guest(fmt.Sprintf("person%d", i))).is(t, http.StatusSeeOther)
			}
			hanging.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived >= inFlight })
			p.signal(syscall.SIGKILL)
			p.end()
			hanging.Close()

			healthy := (&mailtest.Server{}).Start(t)
			// As if the time were over for which a letter belongs to its worker.
			db := d.Open(t, database)
			result, err := db.Accounts().Write.Exec(`UPDATE letters SET due_at = created_at WHERE sealed IS NOT NULL`)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := result.RowsAffected(); err != nil || n != people {
				t.Errorf("%d letters wait, %v; want %d", n, err, people)
			}
			p = launch(t, database, mailing(healthy, d)...)
			got := map[string]int{}
			for _, m := range healthy.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) >= people }) {
				got[strings.Join(m.To, ",")]++
			}
			for i := range people {
				if to := fmt.Sprintf("person%d@example.com", i); got[to] != 1 {
					t.Errorf("%s got %d letters, want 1", to, got[to])
				}
			}
			p.stop()
		})
	}
}

// Nobody learns from how long an answer takes that a letter was written, or
// waits for one.
func TestSRV06FormsAnswerWithoutAMailServer(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*mailtest.Server{"hanging": (&mailtest.Server{Answer: hangs}).Start(t), "down": {Addr: "127.0.0.1:1"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), append(mailing(s, storetest.SQLite), "--registration", "confirm")...)
			begun := time.Now()
			var answers []string
			for i := range 6 { // more than are carried at a time
				r := p.caller().register(guest(fmt.Sprintf("person%d", i))).is(t, http.StatusSeeOther)
				answers = append(answers, r.header.Get("Location"))
			}
			if name == "hanging" {
				s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived >= 3 })
			}
			for _, who := range []string{"person0", "nobody", "person1@example.com", "nobody@example.com"} {
				r := p.caller().post("/password/forgot", url.Values{"username": {who}}).is(t, http.StatusSeeOther)
				answers = append(answers, r.header.Get("Location"))
			}
			p.caller().get("/").is(t, http.StatusOK)
			p.stop()
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("answering and stopping took %v", took)
			}
			for i, location := range answers {
				if want := answers[i/6*6]; location != want {
					t.Errorf("answer %d leads to %s, others to %s", i, location, want)
				}
			}
			if len(s.Received()) != 0 {
				t.Error("a letter was taken")
			}
		})
	}
}

// The mailbox shows what opens accounts.
func TestTheMailboxIsForDevelopersAlone(t *testing.T) {
	t.Parallel()
	s := (&mailtest.Server{}).Start(t)
	for _, c := range []struct {
		name, host string
		flags      []string
		want       int
	}{
		{"on http://localhost", "", nil, http.StatusOK},
		{"on http://localhost with a mail server", "", []string{"--smtp", "smtp://" + s.Addr}, http.StatusNotFound},
		{"on https", "accounts.example.com", []string{"--base-url", "https://accounts.example.com"}, http.StatusNotFound},
		{
			"on https with a mail server", "accounts.example.com",
			[]string{"--base-url", "https://accounts.example.com", "--smtp", "smtp://" + s.Addr},
			http.StatusNotFound,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), c.flags...)
			for _, path := range []string{"/dev/mailbox", "/dev/mailbox.json"} {
				request, err := http.NewRequest(http.MethodGet, p.url+path, nil)
				if err != nil {
					t.Fatal(err)
				}
				request.Host = c.host
				answer, err := p.caller().client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if answer.StatusCode != c.want {
					t.Errorf("%s: %s, want %d", path, answer.Status, c.want)
				}
			}
			if said := strings.Contains(p.out.String(), "/dev/mailbox"); said != (c.want == http.StatusOK) {
				t.Errorf("stdout is %q", p.out.String())
			}
		})
	}
}

// Whoever forgets the mail server finds out when the program starts, not when
// somebody has lost a password.
func TestServeSaysThatNobodyGetsMail(t *testing.T) {
	t.Parallel()
	const said = "there is no mail server: nobody gets mail, so nobody can confirm an address or recover an account; set --smtp\n"
	s := (&mailtest.Server{}).Start(t)
	for _, c := range []struct {
		name  string
		flags []string
		want  bool
	}{
		{"on http://localhost", nil, false},
		{"on https", []string{"--base-url", "https://accounts.example.com"}, true},
		{"on https with a mail server", []string{"--base-url", "https://accounts.example.com", "--smtp", "smtp://" + s.Addr}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), c.flags...)
			p.stop()
			if got := strings.HasSuffix(p.out.String(), said); got != c.want {
				t.Errorf("stdout is %q; it ends in %q: %v, want %v", p.out.String(), said, got, c.want)
			}
		})
	}
}

func TestUserResetPrintsALinkThatWorksOnce(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite.New(t)
	p := launch(t, database)
	signedIn := p.caller()
	signedIn.register(storetest.Ada()).is(t, http.StatusSeeOther)
	out, err := gatehouse("user", "reset", "ada", "--database", database, "--base-url", p.url).Output()
	if err != nil {
		t.Fatal(err)
	}
	link, found := strings.CutPrefix(strings.TrimSuffix(string(out), "\n"), p.url)
	if !found || strings.Contains(link, "\n") {
		t.Fatalf("printed %q", out)
	}
	const chosen = "difference engine no. 2"
	for _, want := range []int{http.StatusSeeOther, http.StatusUnprocessableEntity} {
		c := p.caller()
		if got := c.get(link).is(t, http.StatusSeeOther).header.Get("Location"); strings.Contains(got, link) {
			t.Errorf("the token stays in %s", got)
		}
		form := c.opens(link)
		form.Set("password", chosen)
		c.post("/password/reset", form).is(t, want)
		if c.signedIn() {
			t.Error("the link signs in")
		}
	}
	if signedIn.signedIn() {
		t.Error("signed in before is signed in after")
	}
	who := storetest.Ada()
	p.caller().signIn(who).is(t, http.StatusUnprocessableEntity)
	who.Password = chosen
	p.caller().signIn(who).is(t, http.StatusSeeOther)
}

func TestUserInviteIsSentByTheRunningSite(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite.New(t)
	s := (&mailtest.Server{}).Start(t)
	p := launch(t, database, append(mailing(s, storetest.SQLite), "--registration", "invite")...)
	p.caller().register(storetest.Ada()).is(t, http.StatusForbidden)
	if out, err := gatehouse("user", "invite", "Ada@example.com", "--database", database, "--smtp", "smtp://"+s.Addr).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == 1 })[0]
	_, rest, _ := strings.Cut(m.Body, p.url)
	link, _, found := strings.Cut(rest, "\r\n")
	if !found || m.To[0] != "Ada@example.com" {
		t.Fatalf("wrote to %v:\n%s", m.To, m.Body)
	}
	c := p.caller()
	form := c.opens(link)
	for name, value := range registration(storetest.Ada()) {
		form[name] = value
	}
	form.Del("email")
	c.post("/invite", form).is(t, http.StatusSeeOther)
	if !usernames(t, database)["ada"] {
		t.Error("the invitation opened no account")
	}
}

// Whatever the site is called, mail servers can take what it says of itself.
func TestTheSiteIntroducesItselfToTheMailServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		flags       []string
		hello, from string
		header      string
	}{
		{"on http://localhost", nil, "[127.0.0.1]", "no-reply@[127.0.0.1]", `"Gatehouse" <no-reply@[127.0.0.1]>`},
		{
			"by its name",
			[]string{"--base-url", "https://accounts.example.com", "--name", `Ada "&" <Co>`},
			"accounts.example.com", "no-reply@accounts.example.com", `"Ada \"&\" <Co>" <no-reply@accounts.example.com>`,
		},
		{
			"by an address",
			[]string{"--base-url", "https://[2001:db8::1]:8443", "--name", "Bücher"},
			"[127.0.0.1]", "no-reply@[IPv6:2001:db8::1]", "=?utf-8?q?B=C3=BCcher?= <no-reply@[IPv6:2001:db8::1]>",
		},
		{"in other letters", []string{"--base-url", "https://bücher.example"}, "xn--bcher-kva.example", "no-reply@xn--bcher-kva.example", `"Gatehouse" <no-reply@xn--bcher-kva.example>`},
		{"by a name nobody else knows", []string{"--base-url", "https://intranet"}, "[127.0.0.1]", "no-reply@intranet", `"Gatehouse" <no-reply@intranet>`},
		{
			"as it is told",
			[]string{"--base-url", "https://intranet", "--helo-name", "Out.example.com", "--mail-from", "Us <us@example.com>"},
			"out.example.com", "us@example.com", `"Us" <us@example.com>`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			database, s := storetest.SQLite.New(t), (&mailtest.Script{}).Start(t)
			flags := append([]string{"--smtp", "smtp://" + s.Addr}, c.flags...)
			p := launch(t, database, flags...)
			if out, err := gatehouse(append([]string{"user", "invite", "ada@example.com", "--database", database}, flags...)...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for deadline := time.Now().Add(30 * time.Second); len(s.Got()) == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("said %q", s.Said())
				}
			}
			said := strings.Join(s.Said(), "\n")
			if !strings.HasPrefix(said, "EHLO "+c.hello+"\nMAIL FROM:<"+c.from+">") || !strings.Contains(s.Got()[0], "\nFrom: "+c.header+"\r\n") {
				t.Errorf("said\n%s\n%s", said, s.Got()[0])
			}
			p.stop()
		})
	}
}
