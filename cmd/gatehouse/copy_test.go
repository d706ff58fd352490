package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// ownServer is an empty PostgreSQL database to which nobody else connects by its role.
func ownServer(t *testing.T) string {
	t.Helper()
	role := storetest.Postgres(t).NewRole(t, `work_mem = '4MB'`)
	return storetest.PostgreSQL.New(t) + "&user=" + role + "&password=kestrel"
}

// bothWays are the ways of a copy.
var bothWays = []string{"to postgres", "to sqlite"}

// wayOf makes two places for one of them.
func wayOf(t *testing.T, way string) (from, to string) {
	t.Helper()
	file, server := filepath.Join(t.TempDir(), "site.db"), ownServer(t)
	if way == "to sqlite" {
		return server, file
	}
	return file, server
}

// copies runs a copy that must succeed.
func copies(t *testing.T, from, to string, more ...string) string {
	t.Helper()
	return says(t, slices.Concat([]string{"copy", "--from", from, "--to", to}, more, forTests)...)
}

// kindAt is the dialect of a place.
func kindAt(place string) storetest.Database {
	if strings.HasPrefix(place, "postgres") {
		return storetest.PostgreSQL
	}
	return storetest.SQLite
}

// execAt changes a database that nobody has open.
func execAt(t *testing.T, place, statement string, args ...any) {
	t.Helper()
	db := kindAt(place).Open(t, place)
	_, err := db.Accounts().Write.Exec(statement, args...)
	must(t, err)
	must(t, db.Close())
}

// contentOf are all rows of a file, but for what a copy notes in the audit.
func contentOf(t *testing.T, file string) string {
	t.Helper()
	db := storetest.SQLite.Open(t, file)
	defer db.Close() //nolint:errcheck // nothing was written
	read := db.Accounts().Read
	names, err := read.Query(`SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT IN ('sqlite_stat1', 'locks') ORDER BY name`)
	must(t, err)
	defer names.Close()
	var all strings.Builder
	for names.Next() {
		var table string
		must(t, names.Scan(&table))
		condition := map[string]string{"audit": ` WHERE detail <> 'copy'`, "sqlite_sequence": ` WHERE name <> 'audit'`}[table]
		rows, err := read.Query(`SELECT * FROM "` + table + `"` + condition + ` ORDER BY 1, 2`)
		must(t, err)
		columns, err := rows.Columns()
		must(t, err)
		fmt.Fprintln(&all, table)
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			must(t, rows.Scan(into...))
			for i, value := range values {
				if columns[i] == "expiry" {
					value = fmt.Sprintf("%.8f", value) // to the millisecond
				}
				if at, is := value.(time.Time); is {
					value = at.UTC().Truncate(time.Microsecond)
				}
				fmt.Fprintf(&all, " %s=%T %v", columns[i], value, value)
			}
			fmt.Fprintln(&all)
		}
		must(t, rows.Err())
	}
	return all.String()
}

// Everything goes over to PostgreSQL and back: every kind of value, sign-ins, and which number comes next.
func TestACopyHasEverything(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	p := launch(t, w.database)
	grace := p.caller()
	person := guest("grace")
	person.Name = "Grâce Höpper 漢字 \U0001f6aa"
	grace.register(person).is(t, http.StatusSeeOther)
	p.caller().register(guest("last")).is(t, http.StatusSeeOther)
	p.stop()
	says(t, "user", "delete", "last", "--yes", "--database", w.database)
	execAt(t, w.database, `INSERT INTO passkeys SELECT x'00ff', id, 'h', 'example.com', 'Key', x'', '', '', 7, FALSE, TRUE, TRUE, created_at, NULL FROM users WHERE username = 'ada'`)
	before := contentOf(t, w.database)

	server := ownServer(t)
	said := copies(t, w.database, server)
	for _, want := range []string{" tables and compared each\n", "serve it with --database postgres://", "GATEHOUSE_SECRET set to what stands in " + w.database + ".secret\n"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in %s", want, said)
		}
	}
	if strings.Contains(said, "kestrel") || strings.Contains(said, sharedSecret) {
		t.Errorf("a secret is in %s", said)
	}
	back := filepath.Join(t.TempDir(), "back.db")
	copies(t, server, back, "--secret", sharedSecret)
	after := contentOf(t, back)
	for line := range strings.Lines(before) {
		if !strings.Contains(after, line) {
			t.Errorf("this did not come back: %s", line)
		}
	}
	if len(after) != len(before) {
		t.Errorf("what came back is\n%s", after)
	}
	must(t, os.Remove(back))
	if said := copies(t, w.database, back); !strings.Contains(said, "its secret lies beside it") {
		t.Error(said)
	}
	if secret, err := os.ReadFile(back + ".secret"); err != nil || strings.TrimSpace(string(secret)) != sharedSecret {
		t.Errorf("the secret beside the copy is %q, %v", secret, err)
	}

	p = launch(t, server, "--secret", sharedSecret)
	if !grace.at(p).signedIn() {
		t.Error("who was signed in is not")
	}
	p.caller().signIn(person).is(t, http.StatusSeeOther)
	p.caller().register(guest("next")).is(t, http.StatusSeeOther)
	p.stop()
	db := storetest.PostgreSQL.Open(t, server)
	var id int64
	must(t, db.Accounts().Read.QueryRow(`SELECT id FROM users WHERE username = 'next'`).Scan(&id))
	if id != 4 {
		t.Errorf("the next number is %d, want 4: 3 was given before", id)
	}
	if _, err := db.Accounts().Write.Exec(`UPDATE events SET name = 'x'`); err == nil {
		t.Error("events can be changed in the copy")
	}
}

// A copy that cannot be whole is none.
func TestACopyIsRefusedOrWhole(t *testing.T) {
	t.Parallel()
	migrate := func(t *testing.T, place string) {
		t.Helper()
		says(t, "migrate", "--database", place)
	}
	orders := map[string]string{
		"postgres": `CREATE TABLE orders (id BIGINT PRIMARY KEY, total NUMERIC NOT NULL)`,
		"sqlite":   `CREATE TABLE orders (id INTEGER PRIMARY KEY, total NUMERIC NOT NULL)`,
	}
	late := map[string]string{
		"postgres": `CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := 'Spoilt'; RETURN NEW; END $$;
			CREATE TRIGGER spoil BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION spoil()`,
		"sqlite": `CREATE TRIGGER spoil AFTER INSERT ON users BEGIN UPDATE users SET name = 'Spoilt' WHERE id = NEW.id; END`,
	}
	for name, c := range map[string]struct {
		source, target func(t *testing.T, place string)
		more           []string
		status         int
		says           string
	}{
		"a row in the target": {target: func(t *testing.T, place string) {
			migrate(t, place)
			execAt(t, place, `INSERT INTO reserved_usernames (username, until) VALUES ('x', '2026-11-30 00:00:00+00:00')`)
		}, says: "rows in reserved_usernames of the target"},
		"a table that only the source has": {source: func(t *testing.T, place string) {
			execAt(t, place, `CREATE TABLE orders (id INTEGER PRIMARY KEY, what TEXT NOT NULL)`)
		}, says: "Only the source has orders."},
		"a column that only the target has": {target: func(t *testing.T, place string) {
			migrate(t, place)
			execAt(t, place, `ALTER TABLE users ADD COLUMN city TEXT`)
		}, says: "Only the target has users.city"},
		"a column of another kind": {source: func(t *testing.T, place string) {
			execAt(t, place, `CREATE TABLE orders (what TEXT)`)
		}, target: func(t *testing.T, place string) {
			migrate(t, place)
			execAt(t, place, `CREATE TABLE orders (what BOOLEAN)`)
		}, says: "orders.what is text in the source and boolean in the target"},
		"a type that nobody copies": {source: func(t *testing.T, place string) {
			execAt(t, place, orders[kindAt(place).Name])
		}, says: "orders.total is numeric, which is not copied"},
		"an older source": {source: func(t *testing.T, place string) {
			execAt(t, place, `DELETE FROM migrations WHERE version = 16`)
		}, says: "older than this program"},
		"a newer target": {target: func(t *testing.T, place string) {
			migrate(t, place)
			execAt(t, place, `INSERT INTO migrations VALUES (9999, 'later.sql')`)
		}, says: "newer version"},
		"something that changes what arrives": {target: func(t *testing.T, place string) {
			migrate(t, place)
			execAt(t, place, late[kindAt(place).Name])
		}, says: "What has arrived in users differs"},
	} {
		for _, way := range bothWays {
			t.Run(name+", "+way, func(t *testing.T) {
				t.Parallel()
				from, to := wayOf(t, way)
				db := kindAt(from).Open(t, from)
				if _, err := db.Migrate(t.Context(), product(&handlers.Site{}).Migrations); err != nil {
					t.Fatal(err)
				}
				storetest.Register(t, storetest.New(t, db.Accounts(), storetest.NewClock()), storetest.Ada())
				must(t, db.Close())
				if c.source != nil {
					c.source(t, from)
				}
				if c.target != nil {
					c.target(t, to)
				}
				said := fails(t, slices.Concat([]string{"copy", "--from", from, "--to", to}, c.more, forTests)...)
				if !strings.Contains(said, c.says) || strings.Contains(said, "kestrel") {
					t.Errorf("said %q, want %q", said, c.says)
				}
				if n := usersAt(t, to); n != 0 {
					t.Errorf("%d accounts arrived", n)
				}
			})
		}
	}
	file := filepath.Join(t.TempDir(), "none.db")
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"--from", file, "--to", file}, exitUsage, "are the same"},
		{[]string{"--from", file, "--to", file + "2"}, exitFailed, "there is no database at"},
		{[]string{"--from", file, "--to", "mysql://ada:kestrel@host/x"}, exitUsage, "--to must be a file"},
		{[]string{"--from", file}, exitUsage, "--to"},
	} {
		got := commandIn(t.TempDir(), "", append([]string{"copy"}, c.args...)...)
		if got.status != c.status || !strings.Contains(got.err, c.says) || strings.Contains(got.err, "kestrel") {
			t.Errorf("%q: %+v", c.args, got)
		}
	}
}

// usersAt counts accounts; a database without tables has none.
func usersAt(t *testing.T, place string) (n int) {
	t.Helper()
	db := kindAt(place).Open(t, place)
	db.Accounts().Read.QueryRow(`SELECT count(*) FROM users`).Scan(&n) //nolint:errcheck // there may be no tables
	must(t, db.Close())
	return n
}

// A site that is served is copied for trying alone, and nothing is copied into one that is.
func TestASiteThatIsServedIsNotCopied(t *testing.T) {
	t.Parallel()
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			from, to := wayOf(t, way)
			p := launch(t, from, "--secret", sharedSecret)
			p.caller().register(storetest.Ada()).is(t, http.StatusSeeOther)
			if said := fails(t, append([]string{"copy", "--from", from, "--to", to}, forTests...)...); !strings.Contains(said, "is in use: stop gatehouse first, or try with --rehearse") || strings.Contains(said, "kestrel") {
				t.Error(said)
			}
			if said := copies(t, from, to, "--rehearse"); !strings.Contains(said, "for trying only") {
				t.Error(said)
			}
			if n := usersAt(t, to); n != 1 {
				t.Errorf("%d accounts are in the rehearsal", n)
			}
			p.caller().register(guest("later")).is(t, http.StatusSeeOther)
			p.stop()
			execAt(t, to, `DELETE FROM users`)
			other := launch(t, to, "--secret", sharedSecret)
			if said := fails(t, append([]string{"copy", "--from", from, "--to", to}, forTests...)...); !strings.Contains(said, "is in use") {
				t.Error(said)
			}
			other.stop()
		})
	}
}

// many fills a database with people.
func many(t *testing.T, place string, n int) {
	t.Helper()
	says(t, "migrate", "--database", place)
	numbers := fmt.Sprintf(`WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < %d) `, n)
	execAt(t, place, `INSERT INTO users (username, email, email_key, name, created_at)
		`+numbers+`SELECT 'guest-' || n, 'guest-' || n || '@example.com', 'guest-' || n || '@example.com', 'Guest ' || n, $1 FROM numbers`, time.Now().UTC())
}

// However often a copy is killed, the next one is whole.
func TestKill9LeavesNoHalfOfACopy(t *testing.T) {
	t.Parallel()
	const people = 20000
	for _, way := range bothWays {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			from, to := wayOf(t, way)
			many(t, from, people)
			for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL} {
				cmd := gatehouse(append([]string{"copy", "--from", from, "--to", to}, forTests...)...)
				must(t, cmd.Start())
				eventually(t, "a copy under way", func() bool { return underWay(t, to) })
				cmd.Process.Signal(signal) //nolint:errcheck // Wait says more
				cmd.Wait()                 //nolint:errcheck // by a signal
				if n := usersAt(t, to); n != 0 && n != people {
					t.Fatalf("%v left %d accounts", signal, n)
				} else if n == people {
					t.Log("the copy was faster than the signal")
					execAt(t, to, `DELETE FROM users`)
					execAt(t, to, `DELETE FROM audit`)
				}
			}
			copies(t, from, to)
			if n := usersAt(t, to); n != people {
				t.Errorf("%d accounts arrived, want %d", n, people)
			}
		})
	}
}

// Whoever is interrupted hears of it, and leaves nothing.
func TestASignalUndoesABackupOrACopy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from := filepath.Join(folder, "from.db")
	many(t, from, 60000)
	for name, args := range map[string][]string{
		"backed up": {"backup", filepath.Join(folder, "to.db"), "--database", from},
		"copied":    {"copy", "--from", from, "--to", filepath.Join(folder, "to.db")},
	} {
		for try := 0; ; try++ {
			if try == 10 {
				t.Fatalf("%s: it was always faster than the signal", name)
			}
			cmd := gatehouse(append(args, forTests...)...)
			var said strings.Builder
			cmd.Stderr = &said
			must(t, cmd.Start())
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			eventually(t, "a file under way", func() bool {
				return !isMissing(filepath.Join(folder, "to.db.part")) || !isMissing(filepath.Join(folder, "to.db-journal")) || len(ended) > 0
			})
			cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // it may have ended
			<-ended
			whole := cmd.ProcessState.ExitCode() == exitDone
			if !whole && said.String() != "gatehouse: interrupted: nothing was "+name+"\n" {
				t.Errorf("%v, %q", cmd.ProcessState, said.String())
			}
			if rest, _ := filepath.Glob(filepath.Join(folder, "to.db?part*")); len(rest) > 0 {
				t.Errorf("%s: %v is left", name, rest)
			}
			if to := filepath.Join(folder, "to.db"); !isMissing(to) {
				if n := usersAt(t, to); !whole && n != 0 {
					t.Errorf("%s: %d accounts are there", name, n)
				}
				must(t, os.Remove(to))
			}
			if !whole {
				break
			}
		}
	}
}

// underWay says whether a copy writes into a place.
func underWay(t *testing.T, place string) bool {
	t.Helper()
	if kindAt(place).Name == storetest.SQLite.Name {
		_, err := os.Stat(place + "-journal")
		return err == nil
	}
	db := storetest.PostgreSQL.Open(t, strings.Split(place, "&user=")[0])
	defer db.Close() //nolint:errcheck // nothing was written
	role := strings.Split(strings.Split(place, "&user=")[1], "&")[0]
	var n int
	must(t, db.Accounts().Read.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE usename = $1 AND query LIKE 'copy%users%'`, role).Scan(&n))
	return n > 0
}

// Of two copies into one place at once, one is done and the other is refused.
func TestTwoCopiesAtOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			to := filepath.Join(t.TempDir(), "to.db")
			if kind.Name == storetest.PostgreSQL.Name {
				to = ownServer(t)
			}
			says(t, "migrate", "--database", to)
			var group sync.WaitGroup
			status := make([]int, 2)
			for i := range status {
				from := filepath.Join(t.TempDir(), "from.db")
				many(t, from, 3000)
				group.Go(func() {
					cmd := gatehouse(append([]string{"copy", "--from", from, "--to", to}, forTests...)...)
					cmd.Run() //nolint:errcheck // the status says it
					status[i] = cmd.ProcessState.ExitCode()
				})
			}
			group.Wait()
			if slices.Sort(status); !slices.Equal(status, []int{exitDone, exitFailed}) {
				t.Errorf("ended with %v", status)
			}
			if n := usersAt(t, to); n != 3000 {
				t.Errorf("%d accounts arrived", n)
			}
		})
	}
}

// What the disk or the source refuses is one sentence, and nothing is left.
func TestACopyThatTheDiskRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command string
		damaged bool
		says    string
	}{
		"a full disk":        {command: `ulimit -f 2000; exec gatehouse copy --from "$0" --to "$1"/to.db`, says: "the disk is full"},
		"no folder":          {command: `exec gatehouse copy --from "$0" --to "$1"/nowhere/to.db`, says: "no such file or directory"},
		"a damaged source":   {command: `exec gatehouse copy --from "$0" --to "$1"/to.db`, damaged: true, says: "its file is damaged"},
		"no folder to write": {command: `exec gatehouse copy --from "$0" --to /proc/to.db`, says: "/proc/to.db"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			from := filepath.Join(folder, "from.db")
			many(t, from, 30000)
			if c.damaged {
				must(t, damageLate(from))
			}
			cmd := exec.Command("sh", "-c", c.command, from, folder)
			cmd.Env = gatehouse().Env
			status, said := endsWith(cmd)
			if status != exitFailed || !strings.Contains(said, c.says) || strings.Count(strings.TrimSpace(said), "\n") != 0 {
				t.Errorf("status %d, %q, want %q", status, said, c.says)
			}
			if to := filepath.Join(folder, "to.db"); !isMissing(to) && usersAt(t, to) != 0 {
				t.Error("half a copy is there")
			}
		})
	}
}

// damageLate overwrites pages behind the first of a file.
func damageLate(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	size := sizeOf(path)
	_, err = file.WriteAt(make([]byte, 400<<10), size/2)
	return err
}

// The commands of the README are run as they are written there.
func TestMovingBetweenDatabasesAsTheREADMESays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	must(t, err)
	_, about, _ := strings.Cut(string(text), "\n## From SQLite to PostgreSQL, and back\n")
	about, _, _ = strings.Cut(about, "\n## ")
	blocks := strings.Split(about, "```")
	if len(blocks) != 5 {
		t.Fatalf("the README has %d blocks of commands about it", len(blocks)/2)
	}
	w, server := newIdleSite(t), ownServer(t)
	for _, block := range []string{blocks[1], blocks[3]} {
		runs(t, w.folder, strings.TrimPrefix(block, "sh\n"), server)
	}
	if there, back := usersAt(t, server), usersAt(t, filepath.Join(w.folder, "gatehouse-back.db")); there != 1 || back != 1 {
		t.Errorf("%d accounts went, %d came back", there, back)
	}
}

// What leaves is in the audit of what it left.
func TestACopyIsInTheAudit(t *testing.T) {
	t.Parallel()
	w := newIdleSite(t)
	copies(t, w.database, filepath.Join(t.TempDir(), "to.db"))
	if said := says(t, "audit", "--database", w.database); !strings.Contains(said, store.EventExported) || !strings.Contains(said, "copy") {
		t.Error(said)
	}
}
