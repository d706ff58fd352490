package main

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store/storetest"
)

// shell stands in for the command line of SQLite, which not every machine has:
// it runs one statement on one file.
func shell() {
	db, err := sql.Open("sqlite3", os.Args[1])
	if err == nil {
		_, err = db.Exec(os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// steps are the commands of the README about copies, as they are written there:
// those that take a copy on SQLite and on PostgreSQL, and those that put it back.
func steps(t *testing.T) (take, back map[string]string) {
	t.Helper()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, about, _ := strings.Cut(string(text), "\n## Copies\n")
	about, _, _ = strings.Cut(about, "\n## ")
	blocks := strings.Split(about, "```")
	if len(blocks) != 7 {
		t.Fatal("the README has no three blocks of commands about copies")
	}
	take = map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(blocks[1])); lines.Scan(); {
		_, name, _ := strings.Cut(lines.Text(), "# ")
		take[strings.ToLower(strings.TrimSpace(name))] = lines.Text()
	}
	back = map[string]string{"sqlite": strings.TrimPrefix(blocks[3], "sh\n"), "postgresql": strings.TrimPrefix(blocks[5], "sh\n")}
	for name, commands := range map[string]string{"sqlite": "gatehouse.db-wal", "postgresql": "pg_restore"} {
		if take[name] == "" || !strings.Contains(back[name], commands) {
			t.Fatalf("the README has no steps for %s: %q, %q", name, take[name], back[name])
		}
	}
	return take, back
}

// runs commands in a folder, as somebody types them.
func runs(t *testing.T, folder, commands, database string) {
	t.Helper()
	cmd := exec.Command("sh", "-e", "-c", commands)
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "GATEHOUSE_DATABASE="+database)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", commands, err, out)
	}
}

func TestACopyIsPutBackAfterAKillAsTheREADMESays(t *testing.T) {
	t.Parallel()
	take, back := steps(t)
	cluster := storetest.NewCluster(t)
	if err := cluster.CreateDatabase(context.Background(), "gatehouse"); err != nil {
		t.Fatal(err)
	}
	for name, database := range map[string]string{"sqlite": storetest.SQLite.New(t), "postgresql": cluster.URL("gatehouse")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if name == "sqlite" {
				folder = filepath.Dir(database)
			}
			p := launch(t, database)
			ada := p.caller()
			ada.register(storetest.Ada()).is(t, http.StatusSeeOther)
			runs(t, folder, take[name], database)
			for n := range 20 {
				p.caller().register(guest(fmt.Sprintf("later-%d", n))).is(t, http.StatusSeeOther)
			}
			p.signal(syscall.SIGKILL)
			p.end()
			runs(t, folder, back[name], database)
			p = launch(t, database)
			if kept := slices.Sorted(maps.Keys(usernames(t, database))); !slices.Equal(kept, []string{"ada"}) {
				t.Errorf("put back it has %v, want ada alone", kept)
			}
			if !ada.at(p).signedIn() {
				t.Error("who was signed in when the copy was taken is not")
			}
			p.caller().register(guest("later-0")).is(t, http.StatusSeeOther)
			p.caller().get("/readyz").is(t, http.StatusOK)
		})
	}
}

// Whoever forgets the first step hears of it, and can still take it.
func TestACopyBesideALogThatIsNotItsOwnIsNotServed(t *testing.T) {
	t.Parallel()
	take, back := steps(t)
	remove, put, _ := strings.Cut(back["sqlite"], "\n")
	p := launch(t, storetest.SQLite.New(t))
	p.caller().register(storetest.Ada()).is(t, http.StatusSeeOther)
	runs(t, filepath.Dir(p.database), take["sqlite"], p.database)
	p.caller().register(guest("later")).is(t, http.StatusSeeOther)
	p.signal(syscall.SIGKILL)
	p.end()
	runs(t, filepath.Dir(p.database), put, p.database)
	for _, args := range [][]string{{"serve", "--listen", "127.0.0.1:0"}, {"migrate"}, {"user", "list"}} {
		out, err := gatehouse(append(args, "--database", p.database)...).CombinedOutput()
		if err == nil || !strings.Contains(string(out), "gatehouse.db-wal does not belong to") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("gatehouse %v: %v\n%s\nwant one sentence about the log", args, err, out)
		}
	}
	runs(t, filepath.Dir(p.database), remove, p.database)
	if kept := usernames(t, p.database); len(kept) != 1 || !kept["ada"] {
		t.Errorf("put back it has %v, want ada alone", kept)
	}
}
