package main

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// What was acknowledged is there after a kill, and nothing is that nobody asked
// for.
func TestKill9LosesNoAcknowledgedRegistration(t *testing.T) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			const rounds, enough = 3, 40
			database := d.New(t)
			var asked, acknowledged names
			for round := range rounds {
				p := launch(t, database)
				before := len(acknowledged.all())
				stopped := registerAtOnce(p, round, &asked, &acknowledged)
				eventually(t, "registrations", func() bool { return len(acknowledged.all()) >= before+enough })
				p.signal(syscall.SIGKILL)
				if status := p.end(); status.Signal() != syscall.SIGKILL {
					t.Fatalf("gatehouse ended by %v, want SIGKILL", status.Signal())
				}
				stopped()

				p = launch(t, database)
				kept := usernames(t, database)
				for name := range acknowledged.all() {
					if !kept[name] {
						t.Errorf("round %d: %s was acknowledged and is gone", round, name)
					}
				}
				wanted := asked.all()
				for name := range kept {
					if !wanted[name] {
						t.Errorf("round %d: nobody registered %s", round, name)
					}
				}
				if got, most := len(kept), len(acknowledged.all())+(round+1)*clients; got > most {
					t.Errorf("round %d: %d accounts, want at most %d: those acknowledged and those in flight", round, got, most)
				}
				if d.Name == storetest.SQLite.Name {
					sound(t, database, len(kept))
				}
				for name := range acknowledged.all() {
					p.caller().signIn(guest(name)).is(t, http.StatusSeeOther)
					break
				}
				p.stop()
			}
		})
	}
}

const clients = 6

// registerAtOnce lets clients register until the program is gone. The function
// it returns waits for the last one.
func registerAtOnce(p *process, round int, asked, acknowledged *names) (stopped func()) {
	var group sync.WaitGroup
	for i := range clients {
		c := p.caller()
		// Every person is a new one, so no cookie may come along.
		c.client.Jar = nil
		group.Go(func() {
			for n := 0; ; n++ {
				who := guest(fmt.Sprintf("guest-%d-%d-%d", round, i, n))
				asked.add(who.Username)
				answer, err := c.do(http.MethodPost, "/register", registration(who))
				if err != nil {
					return
				}
				if answer.status != http.StatusSeeOther {
					p.t.Errorf("register %s: status %d, want %d", who.Username, answer.status, http.StatusSeeOther)
					return
				}
				acknowledged.add(who.Username)
			}
		})
	}
	return group.Wait
}

func guest(name string) store.Registration {
	return store.Registration{Username: name, Email: name + "@example.com", Password: storetest.Password}
}

// usernames asks the command line who has an account.
func usernames(t *testing.T, database string) map[string]bool {
	t.Helper()
	out, err := gatehouse("user", "list", "--json", "--database", database).Output()
	if err != nil {
		t.Fatalf("gatehouse user list: %v", err)
	}
	var people []person
	if err := json.Unmarshal(out, &people); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]bool)
	for _, p := range people {
		all[p.Username] = true
	}
	if len(all) != len(people) {
		t.Errorf("%d accounts have %d usernames", len(people), len(all))
	}
	return all
}

// sound asks SQLite whether the file is whole, and counts the accounts in it.
func sound(t *testing.T, file string, accounts int) {
	t.Helper()
	db, err := sql.Open("sqlite3", filepath.Clean(file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		`PRAGMA integrity_check`:                          "ok",
		`SELECT count(*) FROM users`:                      fmt.Sprint(accounts),
		`SELECT count(*) FROM pragma_foreign_key_check()`: "0",
	} {
		var got string
		if err := db.QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", query, got, err, want)
		}
	}
}

// names are usernames that several clients note.
type names struct {
	mu    sync.Mutex
	noted map[string]bool
}

func (s *names) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.noted == nil {
		s.noted = make(map[string]bool)
	}
	s.noted[name] = true
}

func (s *names) all() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.noted)
}
