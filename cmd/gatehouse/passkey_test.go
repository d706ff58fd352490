package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// parseSettings reads settings as the program does.
func parseSettings(t *testing.T, args ...string) *settings {
	t.Helper()
	var parsed cli
	parser, err := newParser(&parsed, terminal{}, handlers.Product{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &parsed.settings
}

func TestPasskeysAreMadeForTheHostOrAParentOfIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, chosen, want string }{
		{"https://accounts.example.com", "", "accounts.example.com"},
		{"https://accounts.example.com:8443", "example.com", "example.com"},
		{"https://accounts.example.com", "Accounts.Example.com.", "accounts.example.com"},
		{"https://konten.bücher.example", "bücher.example", "xn--bcher-kva.example"},
		{"http://localhost:8080", "", "localhost"},
		{"https://gate.localhost", "", "gate.localhost"},
		{"https://pages.github.io", "pages.github.io", "pages.github.io"},
		{"https://pages.github.io", "github.io", ""},
		{"https://gate.localhost", "localhost", ""},
		{"https://[2001:db8::1]", "", ""},
		{"https://192.0.2.1", "2.1", ""},
	} {
		flags := []string{"--base-url", c.base}
		if c.chosen != "" {
			flags = append(flags, "--passkey-domain", c.chosen)
		}
		s := parseSettings(t, flags...)
		got := ""
		checked, err := s.check()
		if err == nil {
			party, err := s.relyingParty(checked)
			if err == nil {
				got = party.Domain()
			}
		}
		if got != c.want {
			t.Errorf("%v: passkeys are made for %q, want %q", flags, got, c.want)
		}
	}
}

func TestTheLimitOfPasskeysIsARule(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{nil, "60/1m"},
		{[]string{"--limit-passkey", "5/10s"}, "5/10s"},
		{[]string{"--limit-passkey", "off"}, "off"},
		{[]string{"--insecure-test"}, "off"},
	} {
		if got := parseSettings(t, c.flags...).rules(nil).Limits.Passkeys.String(); got != c.want {
			t.Errorf("%v: %s, want %s", c.flags, got, c.want)
		}
	}
}

// An operator learns at the start what people would learn from a browser.
func TestServeSaysWhyNobodyCanHaveAPasskey(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ base, want string }{
		{"", ""},
		{"https://accounts.example.com", ""},
		{"http://127.0.0.1:8080", "browsers offer passkeys only over https, and on localhost"},
		{"https://192.0.2.1", "passkeys are made for a name, and 192.0.2.1 is none"},
		{"https://[2001:db8::1]", "passkeys are made for a name, and 2001:db8::1 is none"},
		{"https://accounts", "passkeys are made for a name with a dot, or for localhost, and not for accounts"},
	} {
		t.Run(c.base, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t), "--base-url", c.base)
			p.stop()
			said := slices.Collect(strings.Lines(p.out.String()))
			said = slices.DeleteFunc(said, func(line string) bool { return !strings.Contains(line, "passkey") })
			var want []string
			if c.want != "" {
				want = []string{"nobody can have a passkey: " + c.want + "\n"}
			}
			if !slices.Equal(said, want) {
				t.Errorf("stdout has %q, want %q", said, want)
			}
		})
	}
}

// keyholder makes an account that has only a passkey, and returns its sign-in.
func keyholder(t *testing.T, s *store.Store, r store.Registration) store.SignIn {
	t.Helper()
	user := storetest.Register(t, s, r)
	n, err := s.SignIn(t.Context(), store.ByPassword(user), storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	return storetest.AddPasskey(t, s, storetest.NewAuthenticator(storetest.Origin), n).SignIn
}

// There is nothing to put back into a file, so a new secret is all that is needed.
func TestOnPostgreSQLAPasskeyNeedsASecret(t *testing.T) {
	t.Parallel()
	database, folder := storetest.PostgreSQL.New(t), t.TempDir()
	keyholder(t, migrated(t, storetest.PostgreSQL, database), storetest.Ada())
	refused := serveIn(folder, database, away...)
	if refused.status != exitFailed || !strings.HasPrefix(refused.err, "gatehouse: people here have a second step or a passkey, which need --secret: ") {
		t.Errorf("%+v", refused)
	}
	launchIn(t, folder, database, append(secretOf(otherSecret), away...)...).stop()
	if keys := passkeysIn(t, folder, database); len(keys) != 1 {
		t.Errorf("with another secret there are %+v", keys)
	}
}

// passkeysIn are those of Ada, as the program lists them.
func passkeysIn(t *testing.T, folder, database string) []passkey {
	t.Helper()
	out := commandIn(folder, "", "factor", "list", "ada", "--json", "--database", database)
	var list factors
	if err := json.Unmarshal([]byte(out.out), &list); err != nil {
		t.Fatalf("%+v: %v", out, err)
	}
	return list.Passkeys
}

// A command needs no secret to see passkeys and to take them away.
func TestPasskeysAreSeenAndTakenAwayByTheOperator(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			migrated(t, kind, database)
			clock := storetest.NewClock()
			s := storetest.New(t, kind.Open(t, database).Accounts(), clock)
			n := keyholder(t, s, storetest.Ada())
			a := storetest.NewAuthenticator(storetest.Origin)
			a.Synced = true
			clock.Move(time.Minute)
			storetest.AddPasskey(t, s, a, n)
			clock.Move(time.Minute)
			if _, err := storetest.SignInByPasskey(t, s, a, storetest.From); err != nil {
				t.Fatal(err)
			}
			db := kind.Open(t, database).Accounts().Write
			if _, err := db.Exec(`UPDATE passkeys SET name = 'Old phone', domain = 'example.org' WHERE used_at IS NULL`); err != nil {
				t.Fatal(err)
			}

			stored, err := s.ListPasskeys(t.Context(), findAda(t, s))
			if err != nil || len(stored.Keys) != 2 {
				t.Fatalf("Ada has %+v, %v", stored, err)
			}
			keys := passkeysIn(t, folder, database)
			for i, want := range stored.Keys {
				got := keys[i]
				if got.Name != want.Name || got.Synced != (want.Name != "Old phone") || !got.Added.Equal(want.CreatedAt) || got.Domain != want.Domain {
					t.Errorf("lists %+v, want %+v", got, want)
				}
				if used := got.Used; (used == nil) != want.UsedAt.IsZero() || used != nil && !used.Equal(want.UsedAt) {
					t.Errorf("%s was used at %v, want %v", got.Name, used, want.UsedAt)
				}
			}
			site, err := url.Parse(storetest.Origin)
			if err != nil {
				t.Fatal(err)
			}
			const elsewhere = "This site takes passkeys for gatehouse.example alone.\n"
			for _, flags := range [][]string{nil, {"--base-url", site.String()}} {
				text := commandIn(folder, "", append([]string{"factor", "list", "ada", "--database", database}, flags...)...).out
				lines := []string{"Old phone  on one device only  " + date(&keys[0].Added) + "  -"}
				lines = append(lines, fmt.Sprintf("%-9s  %-18s  %s  %s", keys[1].Name, "synced", date(&keys[1].Added), date(keys[1].Used)))
				for _, want := range lines {
					if !strings.Contains(text, want) {
						t.Errorf("%v: lists\n%swhich lacks %q", flags, text, want)
					}
				}
				if told := strings.Contains(text, elsewhere); told != (flags != nil) {
					t.Errorf("%v: lists\n%swhich says that one is for another domain: %v", flags, text, told)
				}
			}
			if out := commandIn(folder, "", "user", "show", "ada", "--database", database).out; !strings.HasSuffix(out, "passkeys     2\n") {
				t.Errorf("shows\n%s", out)
			}

			if _, err := db.Exec(`UPDATE users SET password_scheme = '', password_hash = '', password_cost = 0`); err != nil {
				t.Fatal(err)
			}
			out := commandIn(folder, "ada\n", "factor", "reset", "ada", "--database", database)
			want := "removed the factors of ada, who has no password, and ended 2 sign-ins; nothing signs in now but a password chosen by link: run gatehouse user reset ada\n"
			if out.out != want || out.status != exitDone {
				t.Errorf("%+v, want %q", out, want)
			}
			if keys := passkeysIn(t, folder, database); len(keys) != 0 || findAda(t, s).Passkeys != 0 {
				t.Errorf("Ada still has %+v", keys)
			}
			if files, err := filepath.Glob(filepath.Join(folder, "*.secret")); err != nil || len(files) > 0 {
				t.Errorf("commands made %v, %v", files, err)
			}
			out = commandIn(folder, "", "user", "reset", "ada", "--database", database, "--base-url", site.String())
			if _, token, made := strings.Cut(strings.TrimSpace(out.out), site.String()+"/password/reset/"); !made || s.ResetPassword(t.Context(), token, "a wheel of brass and steam", storetest.From) != nil {
				t.Errorf("the way back is closed: %+v", out)
			}
		})
	}
}
