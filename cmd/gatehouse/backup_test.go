package main

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/sqlite"
	"gatehouse/store/storetest"
)

// says runs a command that must succeed, and returns what it said.
func says(t *testing.T, args ...string) string {
	t.Helper()
	out, err := gatehouse(args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// fails runs a command that must fail, and returns its sentence.
func fails(t *testing.T, args ...string) string {
	t.Helper()
	status, said := endsWith(gatehouse(args...))
	if status == exitDone || noise.MatchString(said) {
		t.Errorf("%v: status %d, %s", args, status, said)
	}
	return said
}

// A backup that is made while people register is whole, opens where nothing can be written, and is
// served like the live pair.
func TestABackupWhileTheSiteIsServed(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	p.caller().register(storetest.Ada()).is(t, 303)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var n atomic.Int64
	for i := range 3 {
		go func() {
			for j := 0; ctx.Err() == nil; j++ {
				c := p.caller()
				if _, err := c.do(http.MethodPost, "/register", registration(guest(fmt.Sprintf("guest-%d-%d", i, j)))); err != nil {
					return
				}
				n.Add(1)
			}
		}()
	}
	eventually(t, "people", func() bool { return n.Load() > 3 })
	folder := t.TempDir()
	said := says(t, "backup", folder, "--database", p.database)
	cancel()
	names, err := backups(folder)
	if err != nil || len(names) != 1 || !strings.Contains(said, names[0]) || !strings.Contains(said, "checked, in") {
		t.Fatalf("%v, %v: %s", names, err, said)
	}
	copied := filepath.Join(folder, names[0])
	for _, path := range []string{copied, copied + ".secret"} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if same := func(a, b string) bool {
		one, err := os.ReadFile(a)
		other, failed := os.ReadFile(b)
		return err == nil && failed == nil && bytes.Equal(one, other)
	}; !same(copied+".secret", p.database+".secret") {
		t.Error("the secret is another one")
	}
	if err := sqlite.Verify(t.Context(), copied); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(copied + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Error("checking it left a log")
	}
	if said := says(t, "audit", "--database", p.database); !strings.Contains(said, "sensitive_read") || !strings.Contains(said, "backup") {
		t.Errorf("the audit has %s", said)
	}
	other := launch(t, copied)
	other.caller().signIn(storetest.Ada()).is(t, 303)
	if said := fails(t, "backup", copied, "--database", p.database); !strings.Contains(said, "is there already") {
		t.Error(said)
	}
	if said := says(t, "backup", filepath.Join(folder, "alone.db"), "--no-secret", "--json", "--database", p.database); !strings.Contains(said, `"accounts"`) || strings.Contains(said, "secret") {
		t.Error(said)
	}
	if said := fails(t, "backup", filepath.Join(folder, "none", "x.db"), "--database", p.database); !strings.Contains(said, "none") {
		t.Error(said)
	}
	if said := fails(t, "backup", folder, "--database", "postgres://localhost/x"); !strings.Contains(said, "pg_dump") {
		t.Error(said)
	}
}

// Of backups in a folder the newest stay. Whatever else is there stays as well.
func TestOldBackupsAreRemoved(t *testing.T) {
	t.Parallel()
	database, folder := filepath.Join(t.TempDir(), "gatehouse.db"), t.TempDir()
	migrate(t, database)
	for _, name := range []string{"gatehouse-20200101T000000Z.db", "gatehouse-20200102T000000Z.db", "gatehouse-20200102T000000Z.db.secret", "mine.db", "gatehouse-2020.db"} {
		file(name, "x")(t, folder)
	}
	stale := filepath.Join(folder, "gatehouse-20200103T000000Z.db.part")
	file(filepath.Base(stale), "x")(t, folder)
	old := time.Now().Add(-24 * time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	says(t, "backup", folder, "--keep", "2", "--database", database)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	got := strings.Join(left, " ")
	if !strings.HasPrefix(got, "gatehouse-2020.db gatehouse-20200102T000000Z.db gatehouse-20200102T000000Z.db.secret gatehouse-20") || !strings.HasSuffix(got, " mine.db") || len(left) != 5 {
		t.Errorf("left are %s", got)
	}
}

// A restore brings exactly what the backup had, also over what a killed program left, and everybody
// signs in anew.
func TestARestoreIsNotFooledByALog(t *testing.T) {
	t.Parallel()
	p := launch(t, storetest.SQLite.New(t))
	ada := p.caller()
	ada.register(storetest.Ada()).is(t, 303)
	folder := t.TempDir()
	says(t, "backup", folder, "--database", p.database)
	names, err := backups(folder)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(folder, names[0])
	for n := range 20 {
		p.caller().register(guest(fmt.Sprintf("later-%d", n))).is(t, 303)
	}
	if said := fails(t, "restore", copied, "--yes", "--database", p.database); !strings.Contains(said, "is in use: stop gatehouse first") {
		t.Error(said)
	}
	p.signal(syscall.SIGKILL)
	p.end()
	if cmd := gatehouse("restore", copied, "--database", p.database); true {
		cmd.Stdin = strings.NewReader("no\n")
		if status, said := endsWith(cmd); status != exitFailed || !strings.Contains(said, "nothing was restored") {
			t.Errorf("%d, %s", status, said)
		}
	}
	said := says(t, "restore", copied, "--yes", "--database", p.database)
	if !strings.Contains(said, "restored 1 accounts as they were on ") || !strings.Contains(said, "everybody signs in anew") || !strings.Contains(said, "what was there is in "+p.database+".before-") {
		t.Error(said)
	}
	if kept := usernames(t, p.database); len(kept) != 1 || !kept["ada"] {
		t.Errorf("it has %v", kept)
	}
	before, _, _ := strings.Cut(said[strings.Index(said, p.database+".before-"):], "\n")
	if kept := usernames(t, before); len(kept) != 21 {
		t.Errorf("what was there has %d people", len(kept))
	}
	p = launch(t, p.database)
	if ada.at(p).signedIn() {
		t.Error("Ada is still signed in")
	}
	p.caller().signIn(storetest.Ada()).is(t, 303)
	p.stop()
	says(t, "restore", copied, "--yes", "--keep-signins", "--database", p.database)
	p = launch(t, p.database)
	if !ada.at(p).signedIn() {
		t.Error("Ada is not signed in")
	}
}

// What is no good backup changes nothing.
func TestARestoreRefusesWhatIsNoGoodBackup(t *testing.T) {
	t.Parallel()
	database, folder := filepath.Join(t.TempDir(), "gatehouse.db"), t.TempDir()
	migrate(t, database)
	good := filepath.Join(folder, "good.db")
	says(t, "backup", good, "--database", database)
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(text)
	for i := 8192; i < len(flipped); i += 4096 {
		flipped[i+17] ^= 0xff
	}
	newer := filepath.Join(folder, "newer.db")
	file("newer.db", string(text))(t, folder)
	inFile(t, newer, `INSERT INTO migrations (version, name) VALUES (900, '0900_later.sql')`)
	file("flipped.db", string(flipped))(t, folder)
	file("half.db", string(text[:len(text)/2]))(t, folder)
	file("text.db", "no database")(t, folder)
	inFile(t, filepath.Join(folder, "other.db"), `CREATE TABLE things (id)`)
	before, err := os.ReadFile(database)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"newer.db": "newer version", "flipped.db": "is damaged", "half.db": "is damaged", "text.db": "is damaged", "none.db": "there is no file",
		"other.db": "is no database of this program", "": "there is no file",
	} {
		if said := fails(t, "restore", filepath.Join(folder, name), "--yes", "--database", database); !strings.Contains(said, want) {
			t.Errorf("%s: %s", name, said)
		}
	}
	after, err := os.ReadFile(database)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("something was changed: %v", err)
	}
	entries, err := os.ReadDir(filepath.Dir(database))
	if err != nil || len(entries) > 2 {
		t.Errorf("left are %v, %v", entries, err)
	}
	// A database that is damaged itself is put aside as it is.
	if err := os.WriteFile(database, flipped, 0o600); err != nil {
		t.Fatal(err)
	}
	file("gatehouse.db-wal", "a log")(t, filepath.Dir(database))
	says(t, "restore", good, "--yes", "--database", database)
	if kept := usernames(t, database); len(kept) != 0 {
		t.Errorf("%v", kept)
	}
}

// inFile runs a statement on a SQLite file.
func inFile(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

// A restore that is broken off at any point is finished by the next, and until then nothing else runs.
func TestARestoreThatIsBrokenOffIsFinished(t *testing.T) {
	t.Parallel()
	for step, reach := range map[string]func(t *testing.T, database, before string){
		"with its marker alone": func(*testing.T, string, string) {},
		"after the secret":      func(t *testing.T, database, before string) { swaps(t, database+".secret", before+".secret") },
		"after the link": func(t *testing.T, database, before string) {
			swaps(t, database+".secret", before+".secret")
			if err := os.Link(database, before); err != nil {
				t.Fatal(err)
			}
		},
		"after the database": func(t *testing.T, database, before string) {
			swaps(t, database+".secret", before+".secret")
			swaps(t, database, before)
		},
	} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			database := filepath.Join(t.TempDir(), "gatehouse.db")
			p := launch(t, database)
			p.caller().register(storetest.Ada()).is(t, 303)
			copied := filepath.Join(t.TempDir(), "copy.db")
			says(t, "backup", copied, "--database", database)
			p.caller().register(guest("later")).is(t, 303)
			p.stop()
			// As far as the program comes before it changes a name.
			for from, to := range map[string]string{copied: database + ".part", copied + ".secret": database + ".secret.part"} {
				if err := copyFile(from, to); err != nil {
					t.Fatal(err)
				}
			}
			if err := writeDurably(database+".restoring", []byte(`"20261130T000000Z"`)); err != nil {
				t.Fatal(err)
			}
			before := database + ".before-20261130T000000Z"
			reach(t, database, before)
			for _, args := range [][]string{{"user", "list"}, {"serve", "--listen", "127.0.0.1:0"}, {"migrate"}, {"backup", t.TempDir()}} {
				if said := fails(t, append(args, "--database", database)...); !strings.Contains(said, "was broken off; finish it with gatehouse restore") {
					t.Errorf("%v: %s", args, said)
				}
			}
			if said := says(t, "restore", "--database", database); !strings.Contains(said, "finished the restore") {
				t.Error(said)
			}
			if kept := usernames(t, database); len(kept) != 1 || !kept["ada"] {
				t.Errorf("it has %v", kept)
			}
			if kept := usernames(t, before); len(kept) != 2 {
				t.Errorf("what was there has %v", kept)
			}
		})
	}
}

// swaps does what the program does with one of the two files.
func swaps(t *testing.T, place, before string) {
	t.Helper()
	if err := swap(place+".part", place, before); err != nil {
		t.Fatal(err)
	}
}

// A backup that is killed or stopped leaves no file that looks whole.
func TestABackupThatIsBrokenOffLeavesNothingWhole(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "gatehouse.db")
	migrate(t, database)
	to := filepath.Join(t.TempDir(), "copy.db")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sqlite.Backup(ctx, database, to); err == nil {
		t.Error("it was made all the same")
	}
	if entries, err := os.ReadDir(filepath.Dir(to)); err != nil || len(entries) != 0 {
		t.Errorf("left are %v, %v", entries, err)
	}
	file("copy.db.part", "half")(t, filepath.Dir(to))
	if err := sqlite.Backup(t.Context(), database, to); err == nil || !strings.Contains(err.Error(), "another backup is under way, or was broken off") {
		t.Errorf("%v", err)
	}
}

// A served site makes a backup a day, also across restarts, and tries again an hour after one failed.
func TestABackupADay(t *testing.T) {
	t.Parallel()
	database, folder := filepath.Join(t.TempDir(), "gatehouse.db"), filepath.Join(t.TempDir(), "made", "by us")
	migrate(t, database)
	db, err := sqlite.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	clock := storetest.NewClock()
	daily := func() *dailyBackup {
		return &dailyBackup{
			backup: backup{database: database, to: folder, keep: 2, noSecret: true}, accounts: storetest.New(t, db.Accounts(), clock), clock: clock.Now,
			log: slog.New(slog.DiscardHandler),
		}
	}
	d := daily()
	if _, known := d.age(); known {
		t.Error("there is one before the first")
	}
	made := func(d *dailyBackup) int {
		t.Helper()
		if err := d.ifDue(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
		names, err := backups(folder)
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if n := made(d); n != 1 {
		t.Errorf("%d backups", n)
	}
	clock.Move(backupEvery - 2*time.Second)
	if n := made(daily()); n != 1 {
		t.Errorf("%d backups within a day", n)
	}
	clock.Move(3 * time.Second)
	d = daily()
	if n := made(d); n != 2 {
		t.Errorf("%d backups after a day", n)
	}
	if age, known := d.age(); !known || age < 0 || age > time.Minute {
		t.Errorf("%v, %v", age, known)
	}
	clock.Move(48 * time.Hour)
	if made(daily()); made(d) != 2 {
		t.Error("more than two stay")
	}
	d = daily()
	clock.Move(48 * time.Hour)
	d.to = filepath.Join(database, "no folder")
	if err := d.ifDue(t.Context(), clock.Now()); err == nil {
		t.Error("a folder that can't be made is fine")
	}
}

// Backup and restore are tried as the README writes them.
func TestBackupAndRestoreAsTheREADMESays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, about, _ := strings.Cut(string(text), "\n## Backup and restore\n")
	about, _, _ = strings.Cut(about, "\n## ")
	blocks := strings.Split(about, "```")
	if len(blocks) != 7 {
		t.Fatalf("the README has %d blocks of commands about backup and restore, want 3", len(blocks)/2)
	}
	var commands []string
	for i := 1; i < len(blocks); i += 2 {
		commands = append(commands, strings.TrimPrefix(blocks[i], "sh\n"))
	}
	folder := t.TempDir()
	database := filepath.Join(folder, "gatehouse.db")
	p := launch(t, database)
	p.caller().register(storetest.Ada()).is(t, 303)
	runs(t, folder, commands[0], database)
	p.caller().register(guest("later")).is(t, 303)
	p.signal(syscall.SIGKILL)
	p.end()
	for _, command := range commands[1:] {
		runs(t, folder, command, database)
	}
	if kept := usernames(t, database); len(kept) != 1 || !kept["ada"] {
		t.Errorf("it has %v", kept)
	}
	p = launch(t, database)
	p.caller().signIn(storetest.Ada()).is(t, 303)
}
