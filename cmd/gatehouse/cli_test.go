package main

import (
	"database/sql"
	"errors"
	"html"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	_ "github.com/mattn/go-sqlite3" // transcripts and tests look into database files
	"github.com/rogpeppe/go-internal/testscript"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestCommandLine(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:             "testdata",
		ContinueOnError: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, prompt)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"refuses": refuses,
			"sql":     runSQL,
			"mode":    mode,
		},
	})
}

// noise is what Go says to programmers, and nobody should have to read.
var noise = regexp.MustCompile(`goroutine|panic|\.go:|%!|0x[0-9a-f]{4}|: sql: |SELECT|<nil>|strconv|syscall`)

// refuses runs a program that must fail with that status and one plain
// sentence on stderr: refuses 2 gatehouse --bogus. A mistake in the shape of
// the command line may point to the help as well.
func refuses(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	said := ts.ReadFile("stderr")
	if got != want {
		ts.Fatalf("%v: exit status %d, want %d\n%s", args[1:], got, want, said)
	}
	if out := ts.ReadFile("stdout"); out != "" {
		ts.Fatalf("%v: stdout has %q, want nothing", args[1:], out)
	}
	sentence := strings.TrimSuffix(said, "Run gatehouse --help to see what there is.\n")
	if !strings.HasPrefix(sentence, "gatehouse: ") || strings.Count(sentence, "\n") != 1 || noise.MatchString(sentence) {
		ts.Fatalf("%v: stderr has %q, want one plain sentence", args[1:], said)
	}
}

// runSQL changes a database behind the program's back: sql FILE 'STATEMENT'.
func runSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}

// mode requires the permissions of files: mode 0600 FILE...
func mode(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if info.Mode().Perm() != fs.FileMode(want) {
			ts.Fatalf("%s has the mode %v, want %v", name, info.Mode().Perm(), fs.FileMode(want))
		}
	}
}

func TestDatabaseFilesAreForTheirOwnerAlone(t *testing.T) {
	t.Parallel()
	p := launch(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	p.caller().register(storetest.Ada()).is(t, 303)
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(p.database + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("gatehouse.db%s has the mode %v, want 0600", suffix, got)
		}
	}
}

func TestUserAddRefusesInTheWordsOfTheWeb(t *testing.T) {
	t.Parallel()
	p := launch(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	ada := storetest.Ada()
	p.caller().register(ada).is(t, 303)
	grace := store.Registration{Username: "grace", Email: "grace@example.com", Password: "nanoseconds of copper"}
	for name, row := range map[string]struct {
		field  string
		change func(*store.Registration)
	}{
		"a taken username, whatever its case":   {"username", func(r *store.Registration) { r.Username = "ADA" }},
		"a taken address, whatever its case":    {"email", func(r *store.Registration) { r.Email = "aDA@EXAMPLE.com" }},
		"a reserved username":                   {"username", func(r *store.Registration) { r.Username = "Admin" }},
		"a short username":                      {"username", func(r *store.Registration) { r.Username = "ab" }},
		"a username that is no username":        {"username", func(r *store.Registration) { r.Username = "gr ace" }},
		"an address that is no address":         {"email", func(r *store.Registration) { r.Email = "grace" }},
		"no password":                           {"password", func(r *store.Registration) { r.Password = "" }},
		"a short password":                      {"password", func(r *store.Registration) { r.Password = "short" }},
		"a common password":                     {"password", func(r *store.Registration) { r.Password = "1q2w3e4r5t6y" }},
		"a password made of the username":       {"password", func(r *store.Registration) { r.Password = "grace1234567" }},
		"a password made of the site's name":    {"password", func(r *store.Registration) { r.Password = "gatehouse1234" }},
		"a display name that turns its line":    {"name", func(r *store.Registration) { r.Name = "Grace\u202e" }},
		"a display name of too many characters": {"name", func(r *store.Registration) { r.Name = strings.Repeat("g", 101) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			who := grace
			row.change(&who)
			page, err := goquery.NewDocumentFromReader(strings.NewReader(p.caller().register(who).is(t, 422).body))
			if err != nil {
				t.Fatal(err)
			}
			// The question and the ways on are for people in front of a page.
			message := page.Find("#" + row.field + "-message").Contents().First()
			web := strings.TrimSpace(html.UnescapeString(message.Text()))
			web = strings.TrimSuffix(web, " Was that you just now?")

			cmd := gatehouse("user", "add", who.Username, "--email", who.Email, "--full-name", who.Name, "--database", p.database, "--name", "Gatehouse")
			cmd.Stdin = strings.NewReader(who.Password + "\n")
			var said strings.Builder
			cmd.Stderr = &said
			var exit *exec.ExitError
			if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitFailed {
				t.Errorf("gatehouse user add: %v, want exit status %d", err, exitFailed)
			}
			if want := "gatehouse: " + web + "\n"; web == "" || said.String() != want {
				t.Errorf("the command line says %q, want %q", said.String(), want)
			}
		})
	}
}
