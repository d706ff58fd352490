package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// The password of everybody in the files of other systems, and hashes of it that are not ours: by
// bcrypt of Python, Django 3.2, and Python's hashlib.
const (
	oldPassword  = "correct horse battery staple"
	oldPepper    = "pepper of the old house"
	hashFlask    = "$2b$04$6.vvnUK47TGBTx4JA9ZmJOEtmZG3bdKWhdX8uj1u01f.w.V3SHwRa"
	hashDevise   = "$2a$04$olFeUrV2.K3EMx3xw3f6JO4bPO4ZYizHJ7da3tldzes3dqKvrfs8u"
	hashLaravel  = "$2y$04$fJtKEBbVxtP9beQ2vbRM8O24DDodB2jpt.ZT.IJnIrJV5hx6jXHai"
	hashDjango   = "pbkdf2_sha256$1000$saltysalt123$bdlERmmw+duuk5FecWFTVO0M81ggrAuyxRe4nczc3tw="
	hashArgon2   = "argon2$argon2id$v=19$m=512,t=1,p=2$YzUxT2xrckZiYVNKZVFxRnh0QzVnVA$7nP2YDBwNkwqoIYS0Pv8VA"
	hashWerkzeug = "scrypt:1024:8:1$61jhLgLlkiLQzFlL$8e77dae284329343cef6e2c5672e8386cb9d48a68f30675c6f6932ae218a9d50da8dba574abfd2f01cefbc2a0f37e4ab3f4b890c5feb26a288c5f904b9b84bae"
)

// movers are the files of each heading under "Moving in", as those systems write them, and who signs
// in afterwards.
var movers = map[string]struct {
	make   func(t *testing.T, folder string)
	typed  string
	people []string
	env    []string
}{
	"From the Flask sample": {make: flaskFile, typed: oldPassword + "\n", people: []string{"ada", "grace@example.com"}},
	"From Django": {
		make: file("django.csv", "username,email,first_name,last_name,password,date_joined,is_active\n"+
			"ada,ada@example.com,Ada,Lovelace,"+hashDjango+",2019-03-01 10:11:12.123456+00,t\n"+
			`Grace@Hopper,grace@example.com,Grace,Hopper,"`+hashArgon2+`",2020-01-02 03:04:05+01,t`+"\n"+
			"mary,mary@example.com,,,!abcdefghijklmnop,2020-01-02 03:04:05+00,f\n"+
			"nobody,,,,!,2020-01-02 03:04:05+00,t\n"),
		people: []string{"ada", "grace-hopper"},
	},
	"From Rails with Devise": {
		make: file("devise.csv", "email,encrypted_password,created_at,confirmed_at\r\n"+
			"ada@example.com,"+hashDevise+",2019-03-01 10:11:12.123456,2019-03-01 10:15:00\r\ngrace.hopper@example.com,"+hashDevise+",2019-03-01 10:11:12,\r\n"),
		typed: oldPassword + "\n", people: []string{"ada", "grace-hopper"}, env: []string{"GATEHOUSE_OLD_PEPPER=" + oldPepper},
	},
	"From Laravel": {
		make: file("laravel.jsonl", `{"name": "Ada Lovelace", "email": "ada@example.com", "password": "`+hashLaravel+`", "created_at": "2021-05-06 07:08:09.000000", "email_verified_at": "2021-05-06 07:09:00.000000"}`+"\n"+
			`{"name": "Grace Hopper", "email": "grace@example.com", "password": "$argon2id$v=19$m=256,t=2,p=1$yMBLH3uaPIPL6yOq6uuGug$YAfJwLBxfOnqLSyhTsrxQA", "created_at": "2021-05-06 07:08:09.000000", "email_verified_at": null}`+"\n"),
		people: []string{"ada", "grace"},
	},
	"From a CSV file": {
		make:   file("people.csv", "\ufefflogin,mail,Full name,pw,role,note\nada,ada@example.com,\"Lovelace, Ada\","+hashWerkzeug+",admin,\"with \"\"quotes\"\"\"\nbad name,bad@example.com,,"+hashFlask+",,\n"),
		people: []string{"ada"},
	},
}

func file(name, text string) func(t *testing.T, folder string) {
	return func(t *testing.T, folder string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// flaskFile is the database of the Flask sample as its own libraries write it: hashes are bytes in a
// column of text. It is still open for writing.
func flaskFile(t *testing.T, folder string) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Join(folder, "app.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	hash, err := bcrypt.GenerateFromPassword([]byte(oldPassword), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`PRAGMA journal_mode = WAL`,
		`CREATE TABLE "Users" (id INTEGER NOT NULL PRIMARY KEY, user VARCHAR(64), email VARCHAR(120), password VARCHAR(500), name VARCHAR(500), UNIQUE (user), UNIQUE (email))`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"ada", "grace"} {
		if _, err := db.Exec(`INSERT INTO "Users" (user, email, password, name) VALUES ($1, $2, $3, $4)`, name, name+"@example.com", hash, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// Each way in is tried as the README writes it, on files as those systems write them, on both databases.
func TestIMP01MovingInAsTheREADMESays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	_, about, _ := strings.Cut(string(text), "\n## Moving in\n")
	about, _, _ = strings.Cut(about, "\n## ")
	tried := 0
	for _, section := range strings.Split(about, "\n### ")[1:] {
		heading, _, _ := strings.Cut(section, "\n")
		how, known := movers[heading]
		if !known {
			t.Errorf("no file is for %q", heading)
			continue
		}
		tried++
		var commands [][]string
		for line := range strings.Lines(section) {
			if args, ours := strings.CutPrefix(strings.TrimSpace(line), "gatehouse "); ours {
				commands = append(commands, strings.Fields(args))
			}
		}
		for _, d := range storetest.Databases {
			t.Run(heading+" to "+d.Name, func(t *testing.T) {
				t.Parallel()
				folder, database := t.TempDir(), d.New(t)
				how.make(t, folder)
				migrate(t, database)
				for _, args := range commands {
					cmd := gatehouse(append(args, "--database", database)...)
					cmd.Dir, cmd.Stdin, cmd.Env = folder, strings.NewReader(how.typed), append(cmd.Env, how.env...)
					out, err := cmd.CombinedOutput()
					// A bad row makes the first look fail, as it should.
					if dry := strings.Contains(strings.Join(args, " "), "--dry-run"); err != nil && !dry {
						t.Fatalf("%v: %v\n%s", args, err, out)
					}
					t.Logf("%v\n%s", args, out)
				}
				var flags []string
				for _, env := range how.env {
					_, pepper, _ := strings.Cut(env, "=")
					flags = append(flags, "--old-pepper", pepper)
				}
				p := launch(t, database, flags...)
				for _, who := range how.people {
					for range 2 { // by the old password, and by ours
						p.caller().signIn(store.Registration{Username: who, Password: oldPassword}).is(t, 303)
					}
				}
			})
		}
	}
	if tried != len(movers) {
		t.Errorf("%d of %d ways in are in the README", tried, len(movers))
	}
}

// migrate brings a database up to this version.
func migrate(t *testing.T, database string) {
	t.Helper()
	if out, err := gatehouse("migrate", "--database", database).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// IMP-04: an import that is killed is gone on with, and brings nobody twice.
func TestIMP04KilledImportsGoOn(t *testing.T) {
	t.Parallel()
	const people, kills = 3000, 5
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			folder, database := t.TempDir(), d.New(t)
			var rows strings.Builder
			rows.WriteString("username,email,name,password\n")
			for n := range people {
				fmt.Fprintf(&rows, "person-%04d,person-%04d@example.com,Person %d,%s\n", n, n, n, hashFlask)
			}
			file("people.csv", rows.String())(t, folder)
			migrate(t, database)
			pools := d.Open(t, database).Accounts()
			imported := func() (n int) {
				if err := pools.Read.QueryRow(`SELECT count(*) FROM users`).Scan(&n); err != nil {
					t.Fatal(err)
				}
				return n
			}
			path := filepath.Join(folder, "people.csv")
			for kill := range kills {
				cmd := gatehouse("user", "import", path, "--database", database)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				done := make(chan error, 1)
				go func() { done <- cmd.Wait() }()
				before := imported()
				ended := false
				eventually(t, "people", func() bool {
					select {
					case <-done:
						ended = true
						return true
					default:
					}
					return imported() > before+100*kill
				})
				cmd.Process.Kill() //nolint:errcheck // it may have ended
				if !ended {
					<-done
				}
				if got := imported(); got%200 != 0 && got != people {
					t.Errorf("half a batch is there: %d people", got)
				}
				// As if a minute had passed.
				if _, err := pools.Write.Exec(`DELETE FROM locks WHERE name = 'import'`); err != nil {
					t.Fatal(err)
				}
			}
			out, err := gatehouse("user", "import", path, "--database", database).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "3,000 rows: ") {
				t.Fatalf("%v: %s", err, out)
			}
			if got := imported(); got != people {
				t.Errorf("%d people, want %d", got, people)
			}
		})
	}
}

// IMP-02: passwords that take much memory are compared by a process of the running program.
func TestIMP02MemoryHardPasswordsAreDerivedElsewhere(t *testing.T) {
	t.Parallel()
	folder, database := t.TempDir(), filepath.Join(t.TempDir(), "gatehouse.db")
	file("people.csv", "username,email,password\nada,ada@example.com,"+hashWerkzeug+"\ngrace,grace@example.com,"+hashFlask+"\n")(t, folder)
	out, err := gatehouse("user", "import", filepath.Join(folder, "people.csv"), "--database", database).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "longer while passwords of the kind $scrypt$ln=10,r=8,p=1 are left") {
		t.Fatalf("%v: %s", err, out)
	}
	p := launch(t, database)
	for _, c := range []struct {
		who, password string
		want          int
	}{{"ada", oldPassword + "x", 422}, {"grace", oldPassword, 303}, {"ada", oldPassword, 303}, {"ada", oldPassword, 303}} {
		// On a busy machine the other process may not get its turn in time: then it is asked again.
		var answer reply
		eventually(t, "an answer", func() bool {
			answer = p.caller().signIn(store.Registration{Username: c.who, Password: c.password})
			return answer.status != http.StatusServiceUnavailable
		})
		answer.is(t, c.want)
	}
}

func TestMomentsOfOtherSystems(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	at := time.Date(2021, 5, 6, 7, 8, 9, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"": {}, "0": {}, "f": {}, "NULL": {}, "\\N": {}, "1": now, "true": now, "Yes": now,
		"2021-05-06T07:08:09Z": at, "2021-05-06 07:08:09": at, "2021-05-06 07:08:09.000000+00": at, "2021-05-06 09:08:09+02": at,
		"2021-05-06 07:08:09 +0000 UTC": at, "1620284889": at, "1620284889000": at, "1620284889.0": at, "2021-05-06": at.Truncate(24 * time.Hour),
		"2090-01-01": now,
	} {
		if got, err := momentOf(text, now); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "0001-01-01", "-1", "1e300", "NaN", "2021-13-01"} {
		if got, err := momentOf(text, now); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
