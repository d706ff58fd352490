package storetest_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of names and usernames.
func TestProfileContract(t *testing.T) {
	contract(t, []promise{
		{"changes the display name as often as one likes", changesName},
		{"changes the username once a day", renamesDaily},
		{"keeps the old username for its owner, for thirty days", keepsUsername},
		{"REG-17 refuses reserved, taken and malformed usernames, and changes nothing", renameRefused},
		{"gives a username to one of many who want it at once", oneNewOwner},
		{"gives no one a username while its owner gives it up", noneComesBetween},
		{"refuses a username that was given up while a password was hashed", givenUpMeanwhile},
		{"prunes reservations that have run out, in batches", prunesUsernames},
	})
}

// rename changes the username alone.
func (h house) rename(t *testing.T, from, to string) error {
	t.Helper()
	user := h.find(t, from)
	_, err := h.UpdateProfile(h.ctx, user, user.Name, to, From)
	return err
}

func register(h house, username string) error {
	r := grace()
	r.Username, r.Email = username, username+"@example.org"
	_, err := h.Register(h.ctx, r, From)
	return err
}

func changesName(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	for _, name := range []string{" Countess of Lovelace ", "", "Ada"} {
		changed, err := h.UpdateProfile(h.ctx, ada, name, ada.Username, From)
		want := ada
		want.Name = strings.TrimSpace(name)
		if found := h.find(t, "ada"); err != nil || changed != want || found != want {
			t.Errorf("UpdateProfile = %+v, %v and Find = %+v; want %+v", changed, err, found, want)
		}
		ada = changed
	}
	_, err := h.UpdateProfile(h.ctx, ada, strings.Repeat("n", rules.NameMax+1), "countess", From)
	if r := refused(t, err); r.Field != "name" || h.find(t, "ada") != ada {
		t.Errorf("a long name says %+v", r)
	}
	h.count(t, "reserved_usernames", 0)
}

func renamesDaily(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	n := h.signIn(t, false)
	changed, err := h.UpdateProfile(h.ctx, ada, "Countess", " Countess ", From)
	must(t, err)
	want := ada
	want.Name, want.Username, want.RenamedAt = "Countess", "countess", h.clock.Now().UTC().Truncate(time.Microsecond)
	if found := h.find(t, "countess"); changed != want || found != want {
		t.Errorf("UpdateProfile = %+v and Find = %+v; want %+v", changed, found, want)
	}
	h.visit(t, n.ID)
	h.clock.Move(store.UsernameEvery - time.Second)
	_, err = h.UpdateProfile(h.ctx, changed, "Ada", "lovelace", From)
	if r := refused(t, err); r.Field != "username" || !strings.Contains(r.Sentence, "once a day") {
		t.Errorf("a second change within the day says %+v", r)
	}
	if found := h.find(t, "countess"); found != changed {
		t.Errorf("a refused change left %+v, want %+v", found, changed)
	}
	if _, err := h.UpdateProfile(h.ctx, ada, ada.Name, "lovelace", From); err == nil {
		t.Error("a page from before the change changes it again")
	}
	h.clock.Move(time.Second)
	must(t, h.rename(t, "countess", "lovelace"))
	h.enter(t, "lovelace", Password, From)
}

func keepsUsername(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	must(t, h.rename(t, "ada", "countess"))
	h.clock.Move(store.UsernameReservation - time.Second)
	for name, err := range map[string]error{
		"register":       register(h, "ADA"),
		"rename":         h.rename(t, "grace", "ada"),
		"ask":            h.UsernameFree(h.ctx, "ada", store.User{}, ""),
		"ask, signed in": h.UsernameFree(h.ctx, "ada", h.find(t, "grace"), ""),
	} {
		if r := refused(t, err); r.Field != "username" || !strings.Contains(r.Sentence, "taken") {
			t.Errorf("%s: %+v", name, r)
		}
	}
	if err := h.UsernameFree(h.ctx, "ada", ada, ""); err != nil {
		t.Errorf("to its owner UsernameFree = %v", err)
	}
	must(t, h.rename(t, "countess", "ada"))
	if err := h.rename(t, "grace", "countess"); err == nil {
		t.Error("somebody took the username that was given up last")
	}
	export, err := h.Export(h.ctx, ada)
	must(t, err)
	until := h.clock.Now().UTC().Truncate(time.Microsecond).Add(store.UsernameReservation)
	if r := export.Reserved; len(r) != 1 || r[0] != (store.ReservedUsername{Username: "countess", Until: until}) {
		t.Errorf("reserved are %v, want countess until %v", r, until)
	}
	h.clock.Move(store.UsernameReservation)
	must(t, h.rename(t, "grace", "countess"))
	must(t, register(h, "grace2"))
}

func renameRefused(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	before := h.dump(t)
	for _, name := range []string{"", "a", "admin", "Root", "me", "gatehouse", "localhost", "..", "a/b", "аda", "grace", " GRACE", strings.Repeat("a", 33)} {
		_, err := h.UpdateProfile(h.ctx, h.find(t, "ada"), "Another", name, From)
		if r := refused(t, err); r.Field != "username" {
			t.Errorf("%q: %+v, want a refusal of the username", name, r)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func oneNewOwner(t *testing.T, h house) {
	other := h.copied(t)
	var group sync.WaitGroup
	answers := make([]error, 10)
	for i := range answers {
		must(t, register(h, fmt.Sprintf("person%d", i)))
	}
	for i := range answers {
		group.Go(func() {
			house := []house{h, other}[i%2]
			if i%3 == 0 {
				r := grace()
				r.Username, r.Email = "wanted", fmt.Sprintf("wanted%d@example.org", i)
				_, answers[i] = house.Register(h.ctx, r, From)
				return
			}
			user, err := house.Find(h.ctx, fmt.Sprintf("person%d", i))
			if err == nil {
				_, err = house.UpdateProfile(h.ctx, user, user.Name, "wanted", From)
			}
			answers[i] = err
		})
	}
	group.Wait()
	won := 0
	for _, err := range answers {
		if err == nil {
			won++
		} else if r := refused(t, err); r.Field != "username" {
			t.Errorf("a loser is told %+v", r)
		}
	}
	if won != 1 {
		t.Errorf("%d have the username, want 1", won)
	}
}

func noneComesBetween(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	other := h.copied(t)
	gracie := h.find(t, "grace")
	var group sync.WaitGroup
	group.Go(func() {
		if err := h.rename(t, "ada", "countess"); err != nil {
			t.Errorf("rename: %v", err)
		}
	})
	for i := range 8 {
		group.Go(func() {
			r := grace()
			r.Username, r.Email = "ada", fmt.Sprintf("g%d@example.org", i)
			if _, err := other.Register(h.ctx, r, From); err == nil {
				t.Error("somebody registered a username that was being given up")
			}
			if _, err := other.UpdateProfile(h.ctx, gracie, gracie.Name, "ada", From); err == nil {
				t.Error("somebody took a username that was being given up")
			}
		})
	}
	group.Wait()
	h.count(t, "users", 2)
	must(t, h.UsernameFree(h.ctx, "ada", h.find(t, "countess"), ""))
}

// The username is free when it is asked for, and reserved when it is written.
func givenUpMeanwhile(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	must(t, register(h, "other"))
	now := h.clock.Now().UTC().Truncate(time.Microsecond)
	h.exec(t, `INSERT INTO reserved_usernames (username, user_id, until) SELECT 'wanted', id, $1 FROM users WHERE username = 'ada'`, now)
	last := []string{
		`UPDATE users SET username = 'ada' WHERE username = 'wanted'`,
		`UPDATE reserved_usernames SET until = (SELECT max(until) FROM reserved_usernames WHERE username = 'later')`,
	}
	h.exec(t, `INSERT INTO reserved_usernames (username, until) VALUES ('later', $1)`, now.Add(store.UsernameReservation))
	for _, verb := range []func() error{
		func() error { return register(h, "wanted") },
		func() error { return h.rename(t, "other", "wanted") },
	} {
		h.exec(t, `UPDATE reserved_usernames SET until = $1 WHERE username = 'wanted'`, now)
		answers := h.overtake(t, `UPDATE users SET username = 'wanted' WHERE username = 'ada'`, last, verb)
		if r := refused(t, answers[0]); !strings.Contains(r.Sentence, "This username is taken") {
			t.Errorf("got %+v", r)
		}
		if _, err := h.Find(h.ctx, "wanted"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("Find = %v, want ErrNotFound", err)
		}
	}
	h.count(t, "users", 2)
	h.find(t, "other")
}

func prunesUsernames(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, name := range [][2]string{{"ada", "ada1"}, {"ada1", "ada2"}, {"ada2", "ada3"}, {"ada3", "ada4"}, {"ada4", "ada5"}} {
		must(t, h.rename(t, name[0], name[1]))
		h.clock.Move(store.UsernameEvery)
	}
	h.clock.Move(store.UsernameReservation - 2*store.UsernameEvery)
	for _, want := range []int64{3, 1, 0} {
		if got, err := Prune(h.ctx, h.Store, "reserved usernames", 3); err != nil || got != want {
			t.Errorf("pruning reserved usernames = %d, %v; want %d", got, err, want)
		}
	}
	if err := register(h, "ada4"); err == nil {
		t.Error("pruning took a reservation that had not run out")
	}
}
