package main

import (
	"flag"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"gatehouse/handlers"
)

var update = flag.Bool("update", false, "write the table of settings into the README of the program")

const (
	readme        = "README.md"
	settingsBegin = "<!-- settings -->\n"
	settingsEnd   = "<!-- /settings -->"
)

// model is the command line as kong understands it. Nobody changes it.
func model(t *testing.T) *kong.Application {
	t.Helper()
	parser, err := theParser()
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

var theParser = sync.OnceValues(func() (*kong.Kong, error) { return newParser(&cli{}, terminal{}, handlers.Product{}) })

// settingsTable is the table of the README: a row for each setting.
func settingsTable(t *testing.T) string {
	t.Helper()
	var table strings.Builder
	table.WriteString("| setting | default | meaning |\n|---|---|---|\n")
	for _, f := range model(t).Flags {
		if f.Name == "help" {
			continue
		}
		preset := "none"
		switch said := f.Tag.Get("preset"); {
		case said != "":
			preset = "`" + said + "`"
		case f.HasDefault:
			preset = "`" + f.Default + "`"
		case f.IsBool():
			preset = "off"
		}
		fmt.Fprintf(&table, "| `--%s` | %s | %s |\n", f.Name, preset, strings.ReplaceAll(f.Help, "|", `\|`))
	}
	return table.String()
}

func TestREADMESettings(t *testing.T) {
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), settingsBegin)
	got, after, ends := strings.Cut(rest, settingsEnd)
	if !begins || !ends {
		t.Fatalf("cmd/gatehouse/README.md has no table between %q and %q", settingsBegin, settingsEnd)
	}
	want := "\n" + settingsTable(t) + "\n"
	if got == want {
		return
	}
	if !*update {
		t.Fatalf("the table of settings is not in step; run go test ./cmd/gatehouse -run TestREADMESettings -update\ngot:%swant:%s", got, want)
	}
	if err := os.WriteFile(readme, []byte(before+settingsBegin+want+settingsEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestBaseURLsAreWrittenAsBrowsersDo(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"https://accounts.example.com":      "https://accounts.example.com",
		"https://Accounts.Example.com/":     "https://accounts.example.com",
		"https://accounts.example.com:443":  "https://accounts.example.com",
		"https://accounts.example.com:8443": "https://accounts.example.com:8443",
		"https://accounts.example.com.:443": "https://accounts.example.com",
		"https://konten.bücher.example":     "https://konten.xn--bcher-kva.example",
		"http://localhost:80":               "http://localhost",
		"http://[::1]:8080":                 "http://[::1]:8080",
		"http://127.0.0.1:8080":             "http://127.0.0.1:8080",
	} {
		got, err := parseBase(value)
		if err != nil || got.String() != want {
			t.Errorf("parseBase(%q) = %v, %v; want %s", value, got, err, want)
		}
	}
}

func TestEverySettingIsAnEnvironmentVariable(t *testing.T) {
	t.Parallel()
	for _, f := range model(t).Flags {
		want := []string{"GATEHOUSE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))}
		if f.Name == "help" {
			want = nil
		}
		if !slices.Equal(f.Envs, want) {
			t.Errorf("--%s is set by %q, want %q", f.Name, f.Envs, want)
		}
		if f.Help == "" || f.Hidden {
			t.Errorf("--%s is not in the help", f.Name)
		}
	}
}

func TestHelpIsCompleteForEveryCommand(t *testing.T) {
	t.Parallel()
	for _, command := range model(t).Leaves(false) {
		out, err := gatehouse(append(strings.Fields(command.FullPath())[1:], "--help")...).CombinedOutput()
		if err != nil {
			t.Errorf("%s --help: %v", command.FullPath(), err)
		}
		if command.Help == "" || command.Hidden {
			t.Errorf("%s is not in the help", command.FullPath())
		}
		for _, flags := range command.AllFlags(false) {
			for _, f := range flags {
				if !strings.Contains(string(out), "--"+f.Name) {
					t.Errorf("%s --help does not name --%s", command.FullPath(), f.Name)
				}
			}
		}
	}
}

func TestBaseURLIsAnOrigin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ value, want string }{
		{"https://accounts.example.com", "https://accounts.example.com"},
		{"https://Accounts.Example.com:8443/", "https://accounts.example.com:8443"},
		{"HTTPS://accounts.example.com", "https://accounts.example.com"},
		{"http://localhost:8080", "http://localhost:8080"},
		{"http://127.0.0.2", "http://127.0.0.2"},
		{"http://[::1]:8080", "http://[::1]:8080"},
		{"http://localhost.", ""},
		{"http://0.0.0.0", ""},
		{"http://127.0.0.1.example.com", ""},
		{"http://localhost@example.com", ""},
		{"https://example.com#fragment", ""},
		{"https://example.com:0x50", ""},
		{"//example.com", ""},
		{"javascript:alert(1)", ""},
		{"https://a b", ""},
	} {
		got := ""
		if u, err := parseBase(c.value); err == nil {
			got = u.String()
		}
		if got != c.want {
			t.Errorf("--base-url %s is %q, want %q", c.value, got, c.want)
		}
	}
}

func TestSettingsOfTheSecondStepAreRules(t *testing.T) {
	t.Parallel()
	const far, here = "https://accounts.example.com", "http://localhost:8080"
	for _, c := range []struct {
		base            string
		args            []string
		staff, required bool
		trust           time.Duration
	}{
		{far, nil, true, false, 30 * day},
		{here, nil, false, false, 30 * day},
		{"http://127.0.0.1", nil, false, false, 30 * day},
		{"", nil, false, false, 30 * day},
		{"https://localhost", nil, true, false, 30 * day},
		{here, []string{"--second-step", "staff"}, true, false, 30 * day},
		{"", []string{"--second-step", "staff"}, true, false, 30 * day},
		{here, []string{"--second-step", "required", "--trust-days", "0"}, false, true, 0},
		{far, []string{"--second-step", "optional", "--trust-days", "90"}, false, false, 90 * day},
	} {
		var base *url.URL
		if c.base != "" {
			var err error
			if base, err = parseBase(c.base); err != nil {
				t.Fatal(err)
			}
		}
		got := parseSettings(t, c.args...).rules(base)
		if got.SecondStepStaff != c.staff || got.SecondStepRequired != c.required || got.Trust != c.trust {
			t.Errorf("%v at %q: of staff %v, of everybody %v, trusted for %v; want %v, %v, %v",
				c.args, c.base, got.SecondStepStaff, got.SecondStepRequired, got.Trust, c.staff, c.required, c.trust)
		}
	}
}

// Without a rule the next pruning would delete all of it.
func TestTheAuditIsKeptForAsLongAsIsSaid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want time.Duration
	}{
		{nil, 730 * day},
		{[]string{"--audit-days", "1"}, day},
	} {
		if got := parseSettings(t, c.args...).rules(nil).AuditRetention; got != c.want {
			t.Errorf("%v: kept for %v, want %v", c.args, got, c.want)
		}
	}
}

// The mailbox shows links that open accounts, so it is shown to this machine alone.
func TestSRV09OnlyAListenerOnThisMachineHasAMailbox(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost:0": true, "[::1]:80": true, ":8080": false, "0.0.0.0:8080": false, "[::]:80": false, "192.0.2.1:80": false,
	} {
		if got := (&settings{Listen: listen}).usesMailbox(nil); got != want {
			t.Errorf("listening on %s: a mailbox %v, want %v", listen, got, want)
		}
	}
}

// Whoever adds a setting that is secret must mark it, or it would be shown and logged.
func TestSecretSettingsAreMarked(t *testing.T) {
	t.Parallel()
	looksSecret := regexp.MustCompile(`(^|-)(secret|pepper|password|token|key|smtp|database)$`)
	marked := 0
	for _, f := range model(t).Flags {
		if f.Tag.Has("secret") {
			marked++
		} else if f.Target.Kind() == reflect.String && looksSecret.MatchString(f.Name) {
			t.Errorf("--%s is not marked as secret", f.Name)
		}
	}
	if marked < 4 {
		t.Errorf("%d are marked", marked)
	}
}

// Nothing that is secret is in what shows the settings, in whatever way it was given.
func TestSettingsAndLogShowNoSecret(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const word = "kestrel-9-%40"
	for _, args := range [][]string{
		{"--database", "postgres://ada:" + word + "@db.example.com/people?sslmode=disable"},
		{"--database", "postgres://db.example.com/people?user=ada&password=" + word},
		{"--database", "host=db.example.com password=" + word},
		{"--database", "postgres:ada:" + word + "@db.example.com"},
		{"--database", "postgres://ada:" + word + "%zz@db.example.com"},
		{"--smtp", "smtp://ada:" + word + "@mail.example.com:587"},
		{"--smtp", "ada:" + word + "@mail.example.com"},
		{"--base-url", "https://ada:" + word + "@example.com"},
		{"--support", "https://ada:" + word + "@example.com/help"},
		{"--secret", word},
		{"--old-pepper", word},
	} {
		for _, form := range [][]string{nil, {"--json"}} {
			got := commandIn(folder, "", slices.Concat([]string{"settings"}, form, args)...)
			if got.status != exitDone || strings.Contains(got.out+got.err, "kestrel") || !strings.Contains(got.out, hidden) {
				t.Errorf("%q: %+v", args, got)
			}
		}
	}
	got := commandIn(folder, "", "settings", "--smtp", "smtp://ada:"+word+"@mail.example.com:587", "--database", "sqlite:/var/lib/people.db")
	for _, want := range []string{"smtp://ada:(set)@mail.example.com:587", "sqlite:/var/lib/people.db"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%s is not in\n%s", want, got.out)
		}
	}
	p := launch(t, filepath.Join(folder, "people.db"), "--smtp", "smtp://ada:"+word+"@127.0.0.1:1", "--secret", sharedSecret, "--old-pepper", word, "--trust-days", "7")
	log := p.log.String()
	if strings.Contains(log, "kestrel") || strings.Contains(log, sharedSecret) {
		t.Errorf("the log has a secret:\n%s", log)
	}
	line, _, _ := strings.Cut(log, "\n")
	for _, want := range []string{"msg=settings ", " trust-days=7", " secret=(set)", " old-pepper=(set)", "smtp://ada:(set)@127.0.0.1:1"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %s", want, line)
		}
	}
	if strings.Contains(line, "registration=") {
		t.Errorf("what nobody set is in %s", line)
	}
}
