package ci

import (
	"database/sql"
	"flag"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store/storetest"
)

var writes = flag.Bool("fixture", false, "write what the release leaves behind to handlers/testdata/release")

// password is everybody's.
const password = storetest.Password

// leavesBehind makes the data of the release: TestTheDataOfTheReleaseGoesOn of package
// handlers begins with it. Without -fixture it is thrown away, so that the way to make
// it stays a way.
func leavesBehind(t *testing.T, path string, d storetest.Database) {
	place := d.New(t)
	f := &fixture{t: t, dialect: d.Name, program: program{t, path, []string{
		"--database", place, "--secret", siteSecret, "--bcrypt-cost", "10", "--base-url", localhost,
		"--limit-register", "off", "--limit-letters", "off",
	}}, browsers: map[string]*browser{}}
	f.program.run("migrate")
	f.db = d.Open(t, place).Accounts().Write
	f.make()
	written := f.dump()
	if *writes {
		f.write(written)
	}
}

const localhost = "http://localhost:8080"

// fixture is made by the release alone, over HTTP. Of the database it only moves times
// and counters, which would take hours.
type fixture struct {
	t        *testing.T
	dialect  string
	program  program
	db       *sql.DB
	at       string
	browsers map[string]*browser
}

// browser is one with that name, the first time a new one.
func (f *fixture) browser(name string) *browser {
	b, known := f.browsers[name]
	if !known {
		b = newBrowser(f.t, localhost, f.at)
		f.browsers[name] = b
	}
	b.at = f.at
	return b
}

// open runs the release with a mail server, for as long as do takes.
func (f *fixture) open(mail *mailtest.Server, do func(), more ...string) {
	f.t.Helper()
	site := f.program.serve(append([]string{"--smtp", "smtp://" + mail.Addr}, more...)...)
	defer site.stop()
	f.at = site.address
	do()
}

func (f *fixture) exec(statement string, values ...any) {
	f.t.Helper()
	if _, err := f.db.Exec(statement, values...); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) count(query string) (n int) {
	f.t.Helper()
	if err := f.db.QueryRow(query).Scan(&n); err != nil {
		f.t.Fatal(err)
	}
	return n
}

// registers makes an account, named like its browser, and goes nowhere from there.
func (f *fixture) registers(who, name string) *browser {
	f.t.Helper()
	b := f.browser(who)
	b.get("/register").fills("name", name, "username", who, "email", who+"@example.com", "password", password).leads("/")
	return b
}

func (f *fixture) make() {
	mail := (&mailtest.Server{}).Start(f.t)
	f.open(mail, func() { f.settle(mail) })

	refuses := (&mailtest.Server{Answer: func(int, string) error { return mailtest.Later }}).Start(f.t)
	f.open(refuses, f.waits)
	f.open(refuses, f.waitsToBegin, "--registration", "confirm")

	// Due at once, so that the mail server soon has all that is delivered at one time.
	f.exec(`UPDATE letters SET due_at = created_at WHERE sealed IS NOT NULL`)
	hangs := (&mailtest.Server{Answer: func(int, string) error { return mailtest.Hangs }}).Start(f.t)
	f.open(hangs, func() {
		hangs.Wait(f.t, func(_ []mailtest.Message, arrived int) bool { return arrived >= 4 })
		// Nobody is left who could answer.
		f.browser("somebody").get("/password/forgot").fills("username", "bob")
		hangs.Close()
	})
	if n := f.count(`SELECT count(*) FROM letters WHERE kind = 'ask-reset' AND sealed IS NOT NULL`); n != 1 {
		f.t.Errorf("%d questions wait for an answer, want 1", n)
	}
}

// settle makes people whose letters have arrived.
func (f *fixture) settle(mail *mailtest.Server) {
	for _, name := range []string{"Ada", "Cleo", "Dan", "Eve", "Frank", "Gail", "Iris"} {
		who := strings.ToLower(name)
		b := f.registers(who, name)
		b.opens("/")
		b.opens(link(f.t, mail, who+"@example.com", "/email/verify")).fills().leads("/account")
		b.opens("/account")
	}
	for _, who := range []string{"eve", "gail"} {
		b := f.browser(who)
		b.get("/account/email").fills("email", who+"@moved.example").leads("/account/email")
		link(f.t, mail, who+"@moved.example", "/email/verify")
	}
	f.browser("gail").opens(link(f.t, mail, "gail@moved.example", "/email/verify")).fills().leads("/account")
	f.browser("gail").opens(link(f.t, mail, "gail@example.com", "/email/undo"))
	f.browser("eve").opens(link(f.t, mail, "eve@moved.example", "/email/verify"))

	f.browser("iris").post("/logout", nil)
	f.browser("iris").get("/password/forgot").fills("username", "iris")
	f.browser("iris").opens(link(f.t, mail, "iris@example.com", "/password/reset"))

	// What Ada types is kept, because her sign-in has ended.
	f.browser("ada signed out").signsIn("ada").leads("/")
	f.browser("ada signed out").opens("/")
	f.browser("ada").post("/account/signins/end-others", nil).leads("/account/signins")
	f.browser("ada signed out").post("/account/profile", url.Values{"name": {"Augusta & Co"}, "username": {"augusta"}}).leads("/login")
}

// waits makes what is on its way, at a site whose mail server takes nothing.
func (f *fixture) waits() {
	f.registers("bob", "Bob")

	f.browser("ada remembered").signsIn("ada", "remember", "on").leads("/")
	f.browser("ada remembered").opens("/")
	f.browser("ada just now").signsIn("ada").leads("/")

	stale := f.browser("ada long ago")
	stale.signsIn("ada").leads("/")
	stale.opens("/")
	f.exec(`UPDATE signins SET proved_at = $1 WHERE created_at = (SELECT max(created_at) FROM signins)`, time.Now().UTC().Add(-2*time.Hour))
	stale.post("/account/email", url.Values{"email": {"ada@moved.example"}}).leads("/confirm")

	f.browser("ada").get("/account/email").fills("email", "ada@moved.example").leads("/account/email")
	f.browser("somebody").get("/password/forgot").fills("username", "ada")
	for range 4 {
		f.browser("somebody").get("/login").fills("username", "ada", "password", "wrong")
	}

	f.browser("dan").get("/account/password").fills("current", password, "password", "another analytical engine")
	f.program.run("user", "disable", "dan")

	f.browser("cleo").get("/account/delete").fills("username", "cleo").leads("/")
	f.browser("cleo").opens("/")
	f.browser("cleo").signsIn("cleo").leads("/reopen")

	f.exec(`UPDATE users SET wrong_passwords = 89 WHERE username = 'frank'`)
	f.browser("somebody").get("/login").fills("username", "frank", "password", "wrong")

	f.browser("eve").opens("/email/verify").fills().leads("/account")
	f.browser("gail").opens("/email/undo").fills().leads("/")
	f.program.run("user", "invite", "guest@example.com")

	eventually(f.t, "the letters", func() bool {
		return f.count(`SELECT count(*) FROM letters WHERE sealed IS NOT NULL AND kind = 'reset'`) == 1 &&
			f.count(`SELECT count(*) FROM letters WHERE sealed IS NOT NULL AND kind = 'ask-reset'`) == 0
	})
}

// waitsToBegin makes registrations that wait.
func (f *fixture) waitsToBegin() {
	for who, email := range map[string]string{"hal": "hal@example.com", "countess": "ada@example.com"} {
		f.browser(who).get("/register").fills("username", who, "email", email, "password", password)
	}
	if n := f.count(`SELECT count(*) FROM pending`); n != 2 {
		f.t.Errorf("%d registrations wait, want 2", n)
	}
}
