package main

import (
	"database/sql"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gatehouse/store/storetest"
)

// notReady requires that the probe says why, and in our own words.
func (p *process) notReady(why string) {
	p.t.Helper()
	// A busy machine may have no answer in time, and then the reason is not known yet.
	eventually(p.t, "the reason: "+why, func() bool {
		answer := p.caller().get("/readyz").is(p.t, http.StatusServiceUnavailable)
		return answer.body == "the database cannot be written: "+why+"\n"
	})
}

// asksToTryAgain requires a page that does.
func (p *process) asksToTryAgain(r reply) {
	p.t.Helper()
	p.fails(r.is(p.t, http.StatusServiceUnavailable))
	if r.header.Get("Retry-After") == "" || !strings.Contains(strings.ToLower(r.body), "try again") {
		p.t.Error("the page does not ask to try again")
	}
}

const moved = "its file was removed, replaced or written over while it was open"

func TestADatabaseFileInABadMoodIsNotReadyAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, mood := range map[string]struct {
		begin func(t *testing.T, database string) (end func())
		why   string
	}{
		"locked by another program": {
			func(t *testing.T, database string) func() {
				other, err := sql.Open("sqlite3", database)
				if err != nil {
					t.Fatal(err)
				}
				other.SetMaxOpenConns(1)
				change(t, other, `BEGIN EXCLUSIVE`)
				return func() { other.Close() }
			},
			"another program holds it locked",
		},
		"moved away": {
			func(t *testing.T, database string) func() {
				move := func(from, to string) {
					if err := os.Rename(from, to); err != nil {
						t.Fatal(err)
					}
				}
				move(database, database+".away")
				return func() { move(database+".away", database) }
			},
			moved,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t))
			ada := p.caller()
			ada.register(storetest.Ada()).is(t, http.StatusSeeOther)
			p.caller().get("/readyz").is(t, http.StatusOK)
			end := mood.begin(t, p.database)
			p.notReady(mood.why)
			p.asksToTryAgain(p.caller().register(guest("late")))
			p.notReady(mood.why)
			p.asksToTryAgain(p.caller().signIn(storetest.Ada()))
			p.caller().get("/healthz").is(t, http.StatusOK)
			end()
			p.caller().get("/readyz").is(t, http.StatusOK)
			p.caller().register(guest("late")).is(t, http.StatusSeeOther)
			if !ada.signedIn() {
				t.Error("somebody was signed out by it")
			}
		})
	}
}

// Nobody may be told that they have an account which is gone after a restart.
func TestADatabaseThatIsRemovedAcknowledgesNothing(t *testing.T) {
	t.Parallel()
	for name, ends := range map[string][]string{"all of it": {"", "-wal", "-shm"}, "the file": {""}, "the log": {"-wal"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, storetest.SQLite.New(t))
			p.caller().register(storetest.Ada()).is(t, http.StatusSeeOther)
			for _, end := range ends {
				if err := os.Remove(p.database + end); err != nil {
					t.Fatal(err)
				}
			}
			p.asksToTryAgain(p.caller().register(guest("late")))
			p.notReady(moved)
			p.signal(syscall.SIGTERM)
			status := p.end().ExitStatus()
			if end := ends[0]; end == "-wal" {
				if status != exitDone {
					t.Errorf("ended with status %d, want %d: nothing is lost", status, exitDone)
				}
				launch(t, p.database).caller().signIn(storetest.Ada()).is(t, http.StatusSeeOther)
			} else if status != exitFailed || !strings.Contains(p.log.String(), p.database+" was removed") {
				t.Errorf("ended with status %d, want %d and the reason", status, exitFailed)
			}
		})
	}
}

func TestAReadOnlyPostgreSQLIsServedAndNotReady(t *testing.T) {
	t.Parallel()
	cluster := storetest.Postgres(t)
	role := cluster.NewRole(t, `default_transaction_read_only = off`)
	database := cluster.NewDatabase(t) + "&user=" + role
	first := launch(t, database)
	ada := first.caller()
	ada.register(storetest.Ada()).is(t, http.StatusSeeOther)
	ada.get("/account") // which takes the greeting out of the session
	cluster.Alter(t, role, `default_transaction_read_only = on`)
	// For connections that are there nothing has changed: one that starts now is a
	// standby's.
	p := launch(t, database)
	member := ada.at(p)
	p.notReady("it is read-only")
	p.asksToTryAgain(p.caller().register(guest("late")))
	p.asksToTryAgain(p.caller().signIn(storetest.Ada()))
	p.asksToTryAgain(member.post("/logout", nil))
	if !member.signedIn() {
		t.Error("what only reads is not shown")
	}
	// The connections are not reused: a new one may reach who takes changes by now.
	cluster.Alter(t, role, `default_transaction_read_only = off`)
	eventually(t, "a new connection", func() bool { return p.caller().get("/readyz").status == http.StatusOK })
	p.caller().register(guest("late")).is(t, http.StatusSeeOther)
}

func TestAFolderOrFileThatCannotBeWrittenIsSaidAtStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, folder os.FileMode
		want         string
	}{
		"file":   {0o444, 0o777, "permission denied"},
		"folder": {0o666, 0o555, "its folder must be writable as well"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := filepath.Join(anybodys(t), "gatehouse.db")
			if err := gatehouse("migrate", "--database", database).Run(); err != nil {
				t.Fatal(err)
			}
			for path, mode := range map[string]os.FileMode{database: c.file, filepath.Dir(database): c.folder} {
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			out, err := asNobody(t, "user", "list", "--database", database).CombinedOutput()
			if err == nil || !strings.Contains(string(out), c.want) {
				t.Errorf("%v\n%s\nwant %q", err, out, c.want)
			}
		})
	}
}

// asNobody is a run of the program without the rights of root, which may write
// everywhere.
func asNobody(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := gatehouse(args...)
	if os.Getuid() != 0 {
		return cmd
	}
	program, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(anybodys(t), "gatehouse")
	if err := os.WriteFile(cmd.Path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd.Dir = "/"
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	return cmd
}

// anybodys is a folder that everybody can reach, which those of tests are not.
func anybodys(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("/tmp", "gatehouse-")
	if err == nil {
		err = os.Chmod(folder, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(folder, 0o755) //nolint:errcheck // the removal would fail as well
		os.RemoveAll(folder)
	})
	return folder
}
