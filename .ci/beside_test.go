package ci

import (
	"database/sql"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store/storetest"
)

// site is what both copies serve. Over https the cookies of both have the same names.
const site = "https://gatehouse.example"

// oneOf is a copy with a mail server of its own, which can be told to take nothing.
type oneOf struct {
	*running
	mail  *mailtest.Server
	takes atomic.Bool
}

func copyOf(p program) *oneOf {
	c := &oneOf{}
	c.takes.Store(true)
	c.mail = (&mailtest.Server{Answer: func(int, string) error {
		if c.takes.Load() {
			return nil
		}
		return mailtest.Later
	}}).Start(p.t)
	c.running = p.serve("--smtp", "smtp://"+c.mail.Addr)
	return c
}

// goesOnBeside runs a copy of the release on a database that today's program has
// migrated, as a rolling upgrade does: people and letters go from each to the other.
func goesOnBeside(t *testing.T, before, now string) {
	place := storetest.PostgreSQL.New(t)
	settings := []string{
		"--database", place, "--secret", siteSecret, "--bcrypt-cost", "10", "--base-url", site, "--trusted-proxy", "127.0.0.0/8",
	}
	program{t, before, settings}.run("migrate")
	old := copyOf(program{t, before, settings})
	program{t, now, settings}.run("migrate")
	today := copyOf(program{t, now, settings})
	db := storetest.PostgreSQL.Open(t, place).Accounts().Write
	for _, way := range []struct {
		who      string
		from, to *oneOf
	}{{"ada", old, today}, {"grace", today, old}} {
		goesOver(t, db, way.who, way.from, way.to)
	}
	// What was typed at the old copy is not lost at the new one.
	ada := newBrowser(t, site, old.address)
	ada.signsIn("ada").leads("/")
	other := newBrowser(t, site, today.address)
	other.signsIn("ada").leads("/")
	other.post("/account/signins/end-others", nil).leads("/account/signins")
	ada.post("/account/profile", url.Values{"name": {"Augusta"}, "username": {"countess"}}).leads("/login")
	ada.at = today.address
	ada.signsIn("ada", "next", "/account/profile").leads("/account/profile")
	if got := ada.get("/account/profile").Find("#username").AttrOr("value", ""); got != "countess" {
		t.Errorf("the form comes back with %q", got)
	}
}

// goesOver has somebody begin at one copy and go on at the other.
func goesOver(t *testing.T, db *sql.DB, who string, from, to *oneOf) {
	t.Helper()
	email := who + "@example.com"
	b := newBrowser(t, site, from.address)
	at := func(c *oneOf) *browser {
		b.at = c.address
		return b
	}
	// carries has a letter of that kind, which the one copy writes, be delivered by the
	// other, and returns its link.
	carries := func(kind, page string, write func()) (path string) {
		t.Helper()
		from.takes.Store(false)
		to.takes.Store(false)
		write()
		eventually(t, "a letter that is put back", func() bool {
			var n int
			err := db.QueryRow(`SELECT count(*) FROM letters WHERE kind = $1 AND sealed IS NOT NULL AND tries > 0 AND due_at < now() + INTERVAL '1 minute'`, kind).Scan(&n)
			return err == nil && n == 1
		})
		from.signal(syscall.SIGSTOP)
		defer from.signal(syscall.SIGCONT)
		to.takes.Store(true)
		if _, err := db.Exec(`UPDATE letters SET due_at = created_at WHERE kind = $1 AND sealed IS NOT NULL`, kind); err != nil {
			t.Fatal(err)
		}
		return link(t, to.mail, email, page)
	}

	verify := carries("confirm", "/email/verify", func() {
		at(from).get("/register").fills("username", who, "email", email, "password", password).leads("/")
	})
	if welcome := at(to).opens("/").Text(); !strings.Contains(welcome, "Welcome, "+who) {
		t.Errorf("the other copy does not welcome %s:\n%s", who, welcome)
	}
	for _, c := range []*oneOf{from, to} {
		if !at(c).signedIn(who) {
			t.Errorf("%s is not signed in at both", who)
		}
	}
	at(from).opens(verify).fills().leads("/account")
	if text := at(to).opens("/account").Text(); strings.Contains(text, "not confirmed") {
		t.Errorf("the other copy does not know that the address is confirmed:\n%s", text)
	}

	// A proof at one holds at the other, and so does the end of it all.
	at(from).post("/logout", nil).leads("/")
	at(to).signsIn(who, "remember", "on").leads("/")
	if shown := at(from).get("/account/email"); shown.status != http.StatusOK {
		t.Errorf("the proof at the other copy does not hold: %d, to %s", shown.status, shown.location)
	}
	at(from).post("/logout", nil).leads("/")
	if at(to).signedIn(who) {
		t.Errorf("%s signed out at one copy and not at the other", who)
	}

	reset := carries("reset", "/password/reset", func() { at(from).get("/password/forgot").fills("username", who) })
	at(to).opens(reset).fills("password", password+" anew").leads("/login")
	at(from).get("/login").fills("username", who, "password", password+" anew").leads("/")
	at(from).opens("/")
	at(to).get("/account/password").fills("current", password+" anew", "password", password+" again").leads("/account")
	at(to).opens("/account")
	at(from).get("/account/password").fills("current", password+" again", "password", password).leads("/account")

	// Both count the same wrong passwords. On a busy machine the first wait, of a second, is over before
	// the next try is counted, so two more may follow. A copy that counted alone would take three.
	guesses := newBrowser(t, site, from.address)
	guess := func() int { return guesses.get("/login").fills("username", who, "password", "wrong").status }
	for range 3 {
		guess()
	}
	guesses.at = to.address
	for range 2 {
		guess()
	}
	status := guess()
	for range 2 {
		if status != http.StatusTooManyRequests {
			status = guess()
		}
	}
	if status != http.StatusTooManyRequests {
		t.Errorf("after three wrong passwords at one copy and two at the other the answer to the next is %d", status)
	}
	at(to).opens("/account")
}
