package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

var (
	setupLink   = regexp.MustCompile(`(http\S+)/register/first/([A-Za-z0-9_-]{43})`)
	noAdminLine = "there is no administrator yet: run gatehouse setup"
)

// inContainer are flags of a site that listens on more than this machine.
var inContainer = []string{"--listen", "0.0.0.0:0", "--insecure-test=off", "--bcrypt-cost", "10"}

// setups is how many setup links there are.
func setups(t *testing.T, kind storetest.Database, database string) (n int) {
	t.Helper()
	err := kind.Open(t, database).Accounts().Read.QueryRow(`SELECT count(*) FROM tokens WHERE purpose = $1`, store.PurposeSetup).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// saysNoAdmin is how often the log says that there is no administrator.
func (p *process) saysNoAdmin() (n int) {
	for _, line := range p.logOf("text") {
		if line["msg"] == noAdminLine {
			n++
		}
	}
	return n
}

// What services write to stdout is kept and shipped, as their logs are, so the link of a site that
// others reach stands in neither. The command prints one as often as it is asked.
func TestROL10NoSetupLinkIsWhereOutputIsKept(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		for name, flags := range map[string][]string{
			"behind https":                away,
			"in a container":              inContainer,
			"behind https in a container": slices.Concat(inContainer, away),
		} {
			t.Run(kind.Name+" "+name, func(t *testing.T) {
				t.Parallel()
				database, folder := kind.New(t), t.TempDir()
				flags := slices.Concat(secretOf(sharedSecret), flags)
				for range 2 {
					p := launchIn(t, folder, database, flags...)
					p.stop()
					if said := p.out.String() + p.log.String(); strings.Contains(said, setupPath) {
						t.Errorf("a start says %s", said)
					}
					if n := p.saysNoAdmin(); n != 1 {
						t.Errorf("the log says %d times that there is no administrator, want once:\n%s", n, p.log.String())
					}
				}
				if n := setups(t, kind, database); n != 0 {
					t.Errorf("the starts made %d links, want none", n)
				}
				setup := slices.Concat([]string{"setup", "--database", database}, secretOf(sharedSecret), away)
				var tokens []string
				for range 2 {
					out := commandIn(folder, "", setup...)
					link := setupLink.FindStringSubmatch(out.out)
					if link == nil || link[0]+"\n" != out.out || link[1] != "https://accounts.example.com" || slices.Contains(tokens, link[2]) {
						t.Fatalf("%+v, want a new link with the base URL", out)
					}
					tokens = append(tokens, link[2])
				}
				becomeAdmin(t, kind, database, tokens[1])
				out := commandIn(folder, "", setup...)
				if out.status != exitFailed || out.out != "" || out.err != "gatehouse: there is an administrator already; use gatehouse user role NAME admin\n" {
					t.Errorf("with an administrator: %+v", out)
				}
				p := launchIn(t, folder, database, flags...)
				p.stop()
				if n := p.saysNoAdmin(); n != 0 {
					t.Errorf("the log still says that there is no administrator:\n%s", p.log.String())
				}
			})
		}
	}
}

// becomeAdmin uses a setup link.
func becomeAdmin(t *testing.T, kind storetest.Database, database, token string) *store.Store {
	t.Helper()
	s := migrated(t, kind, database)
	user, err := s.Setup(t.Context(), token, storetest.Ada(), storetest.From)
	if err != nil || user.Role != store.RoleAdmin {
		t.Fatalf("the link makes %+v, %v", user, err)
	}
	return s
}

// A developer finds the way where the address stands.
func TestADeveloperIsShownASetupLink(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			var token string
			for range 2 {
				p := launchIn(t, folder, database, secretOf(sharedSecret)...)
				p.stop()
				link := setupLink.FindStringSubmatch(p.out.String())
				if link == nil || link[1] != p.url || link[2] == token || strings.Count(p.out.String(), setupPath) != 1 {
					t.Fatalf("stdout is %q, want one new link at %s", p.out.String(), p.url)
				}
				token = link[2]
				if log := p.log.String(); strings.Contains(log, token) || p.saysNoAdmin() != 0 {
					t.Errorf("the log has the link, or says what stdout says:\n%s", log)
				}
			}
			p := launchIn(t, folder, database, secretOf(sharedSecret)...)
			c := p.caller()
			form := c.opens(setupPath + "/" + token)
			for field, typed := range registration(storetest.Ada()) {
				form[field] = typed
			}
			c.post(setupPath, form).is(t, 303)
			p.stop()
			if user := findAda(t, migrated(t, kind, database)); user.Role != store.RoleAdmin {
				t.Errorf("the link makes %+v", user)
			}
			p = launchIn(t, folder, database, secretOf(sharedSecret)...)
			p.stop()
			if said := p.out.String() + p.log.String(); strings.Contains(said, "no administrator") {
				t.Errorf("with an administrator: %s", said)
			}
			if n := setups(t, kind, database); n != 0 {
				t.Errorf("%d links are left, want none", n)
			}
		})
	}
}
