package handlers

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/migrations"
	"gatehouse/store/storetest"
)

// releaseSchema is how many migrations the release had that left testdata/release behind.
// .ci/fixture_test.go says how it was made, and by which.
const releaseSchema = 5

// left is what its browsers had, and when it is that all of it is good.
type left struct {
	*house
	Moment   time.Time
	Browsers map[string]map[string]string
}

// opensLeft brings the data of the release up to this version, at the moment after it
// was left.
func opensLeft(t *testing.T, d storetest.Database) *left {
	t.Helper()
	read := func(ending string) []byte {
		text, err := os.ReadFile(filepath.Join("testdata", "release", d.Name+ending))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	l := &left{}
	if err := json.Unmarshal(read(".json"), l); err != nil {
		t.Fatal(err)
	}
	all, err := store.ReadMigrations(migrations.Files, d.Name)
	if err != nil {
		t.Fatal(err)
	}
	name := d.New(t)
	db := d.Open(t, name).Accounts().Write
	if _, err := store.Migrate(t.Context(), db, all[:releaseSchema], ""); err != nil {
		t.Fatal(err)
	}
	data := string(read(".sql"))
	if d.Name == storetest.PostgreSQL.Name {
		for _, table := range []string{"users", "events", "letters"} {
			data += `SELECT setval(pg_get_serial_sequence('` + table + `', 'id'), (SELECT max(id) FROM ` + table + `));`
		}
	}
	if _, err := db.ExecContext(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	clock := storetest.NewClock()
	clock.Move(l.Moment.Sub(clock.Now()))
	l.house = openHouse(t, d, name, clock, withMail, func(s *Site) { s.Limits = store.DefaultLimits })
	return l
}

// browser is one that was left, with some of its cookies or with all. They have the
// names that the release gave them.
func (l *left) browser(t *testing.T, name string, only ...string) *visitor {
	t.Helper()
	v := l.visitor(t)
	if len(l.Browsers[name]) == 0 {
		t.Fatalf("%s has left nothing", name)
	}
	for cookie, value := range l.Browsers[name] {
		if len(only) == 0 || slices.Contains(only, cookie) {
			v.client.Jar.SetCookies(l.BaseURL, []*http.Cookie{{Name: cookie, Value: value, Path: "/"}})
		}
	}
	return v
}

// letter is the one that waited for an address, with that subject.
func (l *left) letter(t *testing.T, to, subject string) mail.Message {
	t.Helper()
	for _, m := range l.letters(t) {
		if m.To == to && m.Subject == subject {
			return m
		}
	}
	t.Fatalf("no letter to %s says %q", to, subject)
	return mail.Message{}
}

// follows opens the link of a letter in a browser, and the page that it leads to.
func (l *left) follows(t *testing.T, v *visitor, to, subject string) *page {
	t.Helper()
	for line := range strings.Lines(l.letter(t, to, subject).Text) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), l.BaseURL.String()); ok && path != "" {
			return v.follows(path).is(http.StatusOK)
		}
	}
	t.Fatalf("the letter %q has no link", subject)
	return nil
}

// leftLetters are the letters that wait, and words of each.
var leftLetters = [][3]string{
	{"bob@example.com", "Confirm your email address", "Confirm that this address is yours"},
	{"bob@example.com", "Choose a new password", "Device: Firefox on Linux"},
	{"ada@example.com", "You signed in on a new device", "From: 127.0.0.1"},
	{"ada@example.com", "You signed in on a new device", "Device: Firefox on Linux"},
	{"ada@example.com", "Choose a new password", "Works once, within 30 minutes"},
	{"ada@example.com", "You have an account already", "It has one already"},
	{"ada@moved.example", "Confirm your new email address", "your account moves to it"},
	{"dan@example.com", "Your password was changed", "was changed"},
	{"cleo@example.com", "Your account is closed", "For 14 days you can sign in and reopen it"},
	{"frank@example.com", "Your password no longer works", "many wrong passwords"},
	{"eve@example.com", "Your email address was changed", "eve@moved.example"},
	{"gail@example.com", "Your old address is back: choose a new password", "Every device is signed out"},
	{"guest@example.com", "You are invited to Gatehouse", "Choose a username and a password"},
	{"hal@example.com", "Confirm your email address to open your account", "One step is left"},
}

// What the release left behind works: nobody is signed out, nothing typed is lost, no
// letter and no link is dead, and nothing that was counted begins anew.
func TestTheDataOfTheReleaseGoesOn(t *testing.T) {
	t.Parallel()
	for name, check := range map[string]func(t *testing.T, l *left){
		"sign-ins": func(t *testing.T, l *left) {
			for _, name := range []string{"ada", "ada remembered", "ada just now", "ada long ago"} {
				l.browser(t, name).get("/account").is(http.StatusOK).says("ada@example.com")
			}
			l.browser(t, "bob").get("/account").says("bob@example.com").says("Not confirmed")
			activity := l.browser(t, "ada").get("/account/activity").says("Firefox on Linux · 127.0.0.1")
			for _, sentence := range []string{
				"Account created", "Email address confirmed", "Signed in on a new device", "All other devices signed out", "Wrong password",
				"Asked for a password link", "Asked to change address to ada@moved.example",
			} {
				activity.says(sentence)
			}
			if rows := l.browser(t, "ada").get("/account/signins").Find("main form[action$='/end']").Length(); rows != 3 {
				t.Errorf("%d other sign-ins can be ended, want 3", rows)
			}
			l.clock.Move(2 * time.Hour)
			l.browser(t, "ada remembered").get("/account").is(http.StatusOK)
			l.browser(t, "ada just now").get("/account").turnedAway()
			v := l.browser(t, "ada remembered")
			v.post("/logout", url.Values{})
			l.browser(t, "ada remembered").get("/account").turnedAway()
		},
		"who is disabled": func(t *testing.T, l *left) {
			v := l.browser(t, "dan")
			v.get("/account").turnedAway()
			v.tries("dan", "another analytical engine").is(http.StatusUnprocessableEntity)
		},
		"flashes": func(t *testing.T, l *left) {
			l.browser(t, "ada just now").get("/").says("Welcome back, Ada.")
			l.browser(t, "ada just now").get("/").hides("Welcome back, Ada.")
			l.browser(t, "bob").get("/").says("Welcome, Bob. Your account is ready.")
		},
		"a form, after a sign-in": func(t *testing.T, l *left) {
			v := l.browser(t, "ada signed out")
			login := v.get("/login?next=%2Faccount%2Fprofile").says("You have been signed out. Sign in to go on.")
			back := login.submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/account/profile").says("Nothing was changed yet.")
			if name, username := back.value("name"), back.value("username"); name != "Augusta & Co" || username != "augusta" {
				t.Errorf("the form came back with %q and %q", name, username)
			}
			back.submit(nil).goesTo("/account/profile").says("Saved.")
		},
		"a form, after a proof": func(t *testing.T, l *left) {
			v := l.browser(t, "ada long ago")
			proof := v.get("/account/email").goesTo("/confirm?next=%2Faccount%2Femail")
			back := proof.submit(map[string]string{"password": storetest.Password}).goesTo("/account/email").says("Nothing was changed yet.")
			if got := back.value("email"); got != "ada@moved.example" {
				t.Errorf("the form came back with %q", got)
			}
		},
		"letters": func(t *testing.T, l *left) {
			sent := l.letters(t)
			for _, want := range leftLetters {
				i := slices.IndexFunc(sent, func(m mail.Message) bool { return m.To == want[0] && m.Subject == want[1] })
				if i < 0 {
					t.Errorf("no letter to %s says %q", want[0], want[1])
					continue
				}
				m := sent[i]
				sent = slices.Delete(slices.Clone(sent), i, i+1)
				if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, want[2]) {
					t.Errorf("%q does not say %q:\n%s", m.Subject, want[2], m.Text)
				}
				// The release did not say whether the address was confirmed.
				if !strings.HasPrefix(m.Text, "Hello,\n") {
					t.Errorf("%q greets by name:\n%s", m.Subject, m.Text)
				}
			}
			for _, m := range sent {
				t.Errorf("nobody expected %q to %s", m.Subject, m.To)
			}
		},
		"a link to confirm an address": func(t *testing.T, l *left) {
			l.follows(t, l.browser(t, "bob"), "bob@example.com", "Confirm your email address").submit(nil).goesTo("/account").hides("Not confirmed", "isn't confirmed")
		},
		"a link to confirm a new address": func(t *testing.T, l *left) {
			l.follows(t, l.browser(t, "ada"), "ada@moved.example", "Confirm your new email address").submit(nil).goesTo("/account").says("ada@moved.example")
		},
		"a link to put an address back": func(t *testing.T, l *left) {
			l.follows(t, l.visitor(t), "eve@example.com", "Your email address was changed").submit(nil).goesTo("/")
			if user := l.user(t, "eve"); user.Email != "eve@example.com" {
				t.Errorf("her address is %s", user.Email)
			}
			l.browser(t, "eve").get("/account").turnedAway()
		},
		"links to choose a password": func(t *testing.T, l *left) {
			for to, subject := range map[string]string{
				"ada@example.com": "Choose a new password", "bob@example.com": "Choose a new password",
				"gail@example.com": "Your old address is back: choose a new password",
			} {
				v := l.visitor(t)
				l.follows(t, v, to, subject).submit(map[string]string{"password": newPassword}).goesTo("/login").says("Your new password is saved")
				username, _, _ := strings.Cut(to, "@")
				v.tries(to, newPassword).goesTo("/").signedInAs(username)
			}
		},
		"a link that was opened": func(t *testing.T, l *left) {
			v := l.browser(t, "iris")
			v.get("/password/reset").says("For the account iris.").submit(map[string]string{"password": newPassword}).goesTo("/login")
			v.tries("iris", newPassword).goesTo("/").signedInAs("iris")
			l.browser(t, "iris").get("/password/reset").is(http.StatusUnprocessableEntity)
		},
		"an invitation": func(t *testing.T, l *left) {
			l.follows(t, l.visitor(t), "guest@example.com", "You are invited to Gatehouse").
				submit(map[string]string{"username": "georg", "password": storetest.Password}).goesTo("/").signedInAs("georg")
		},
		"a registration that waits": func(t *testing.T, l *left) {
			const subject = "Confirm your email address to open your account"
			l.follows(t, l.browser(t, "hal"), "hal@example.com", subject).submit(nil).goesTo("/").signedInAs("hal")
		},
		"a registration that waits elsewhere": func(t *testing.T, l *left) {
			const subject = "Confirm your email address to open your account"
			shown := l.follows(t, l.visitor(t), "hal@example.com", subject)
			shown.submit(map[string]string{"password": "wrong"}).is(http.StatusUnprocessableEntity).
				submit(map[string]string{"password": storetest.Password}).goesTo("/login").says("Your account is open. Sign in with it.")
		},
		"a ticket to reopen": func(t *testing.T, l *left) {
			l.browser(t, "cleo").get("/reopen").is(http.StatusOK).says("Your account is closed").submit(nil).
				goesTo("/account").says("Welcome back, Cleo. Your account is open again.")
		},
		"counters of wrong passwords": func(t *testing.T, l *left) {
			l.visitor(t).tries("ada", "wrong").is(http.StatusUnprocessableEntity) // the fifth
			l.visitor(t).tries("ada", storetest.Password).is(http.StatusTooManyRequests)
			l.browser(t, "ada remembered", deviceCookie).tries("ada", storetest.Password).goesTo("/").signedInAs("ada")
			l.visitor(t).tries("frank", storetest.Password).is(http.StatusUnprocessableEntity)
			l.browser(t, "frank", deviceCookie).tries("frank", storetest.Password).goesTo("/").signedInAs("frank")
		},
		"counters of letters": func(t *testing.T, l *left) {
			l.letters(t)
			l.visitor(t).tries("ada", storetest.Password).goesTo("/")
			if n := len(l.letters(t)); n != len(leftLetters) {
				t.Errorf("%d letters left, want %d: of a new device this address has had enough", n, len(leftLetters))
			}
			l.clock.Move(time.Hour)
			l.visitor(t).tries("ada", storetest.Password).goesTo("/")
			if n := len(l.letters(t)); n != len(leftLetters)+1 {
				t.Errorf("%d letters left after an hour, want %d", n, len(leftLetters)+1)
			}
		},
	} {
		for _, d := range storetest.Databases {
			t.Run(name+"/"+d.Name, func(t *testing.T) {
				t.Parallel()
				check(t, opensLeft(t, d))
			})
		}
	}
}
