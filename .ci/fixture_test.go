package ci

import (
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"path/filepath"
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

// tables are those of the release, parents first, but for what it locks alone.
var tables = []string{
	"users", "signins", "sessions", "devices", "events", "throttles", "reserved_usernames", "tokens", "pending", "letters",
}

// dump is everything in the database as statements that write it anew.
func (f *fixture) dump() string {
	f.t.Helper()
	f.lastForever()
	var all strings.Builder
	for _, table := range tables {
		all.WriteString(f.dumpTable(table))
	}
	return all.String()
}

func (f *fixture) dumpTable(table string) string {
	f.t.Helper()
	rows, err := f.db.Query(`SELECT * FROM ` + table + ` WHERE 1 = 0`)
	if err != nil {
		f.t.Fatal(err)
	}
	columns, err := rows.Columns()
	rows.Close()
	if err != nil {
		f.t.Fatal(err)
	}
	literals, overriding := make([]string, len(columns)), ""
	for i, column := range columns {
		literals[i] = "quote(" + column + ")"
		if f.dialect == "postgres" {
			literals[i] = "quote_nullable(" + column + "::text)"
			overriding = " OVERRIDING SYSTEM VALUE"
		}
	}
	rows, err = f.db.Query(`SELECT '(' || ` + strings.Join(literals, ` || ', ' || `) + ` || ')' FROM ` + table + ` ORDER BY ` + columns[0])
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			f.t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	if len(lines) == 0 {
		return ""
	}
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ")" + overriding + " VALUES\n" + strings.Join(lines, ",\n") + ";\n"
}

// lastForever lets sessions end in the year 2100: scs asks the calendar, whatever the
// clock of a test says.
func (f *fixture) lastForever() {
	f.t.Helper()
	end := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	rows, err := f.db.Query(`SELECT token, data FROM sessions`)
	if err != nil {
		f.t.Fatal(err)
	}
	sessions := map[string][]byte{}
	for rows.Next() {
		var token string
		var data []byte
		if err := rows.Scan(&token, &data); err != nil {
			f.t.Fatal(err)
		}
		_, n := binary.Varint(data)
		sessions[token] = append(binary.AppendVarint(nil, end.UnixMicro()), data[n:]...)
	}
	if err := rows.Close(); err != nil {
		f.t.Fatal(err)
	}
	expiry := `julianday('2100-01-01')`
	if f.dialect == "postgres" {
		expiry = `TIMESTAMPTZ '2100-01-01 00:00:00+00'`
	}
	for token, data := range sessions {
		f.exec(`UPDATE sessions SET expiry = `+expiry+`, data = $1 WHERE token = $2`, data, token)
	}
}

// write leaves the fixture where the tests of handlers look for it.
func (f *fixture) write(statements string) {
	f.t.Helper()
	type left struct {
		Moment   time.Time
		Browsers map[string]map[string]string
	}
	// All letters are due by then, and nothing has expired yet.
	l := left{time.Now().UTC().Truncate(time.Second).Add(6 * time.Minute), map[string]map[string]string{}}
	for name, b := range f.browsers {
		for _, cookie := range b.client.Jar.Cookies(b.base) {
			if l.Browsers[name] == nil {
				l.Browsers[name] = map[string]string{}
			}
			l.Browsers[name][cookie.Name] = cookie.Value
		}
	}
	cookies, err := json.MarshalIndent(l, "", "\t")
	if err != nil {
		f.t.Fatal(err)
	}
	folder := "../handlers/testdata/release"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		f.t.Fatal(err)
	}
	for name, text := range map[string][]byte{f.dialect + ".sql": []byte(statements), f.dialect + ".json": append(cookies, '\n')} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			f.t.Fatal(err)
		}
	}
}
