package storetest_test

import (
	"context"
	"errors"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// house is one case's own store.
type house struct {
	*store.Store
	db    store.Database
	clock *Clock
	ctx   context.Context
	kind  Database
	place string
}

func open(t *testing.T, d Database) house {
	t.Helper()
	h := house{clock: NewClock(), ctx: context.Background(), kind: d, place: d.New(t)}
	db := d.Open(t, h.place)
	if _, err := db.Migrate(h.ctx); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	h.db = db.Accounts()
	h.Store = New(t, h.db, h.clock)
	return h
}

// copied is another copy of the program on the same database.
func (h house) copied(t *testing.T) house {
	t.Helper()
	h.db = h.kind.Open(t, h.place).Accounts()
	h.Store = New(t, h.db, h.clock)
	return h
}

// ruled is the same house with other rules, and the same secret and passkeys unless they have others.
func (h house) ruled(t *testing.T, rules store.Rules) house {
	t.Helper()
	if rules.Keys == nil {
		rules.Keys = Keys(t)
	}
	if rules.RelyingParty == nil {
		rules.RelyingParty = RelyingParty(t, Origin)
	}
	h.Store = NewWith(t, h.db, h.clock, rules)
	return h
}

func (h house) signIn(t *testing.T, remembered bool) store.SignIn {
	t.Helper()
	user, err := h.Find(h.ctx, "ada")
	if errors.Is(err, store.ErrNotFound) {
		user = Register(t, h.Store, Ada())
	}
	return h.signInAs(t, user, remembered)
}

// unlimited is the same house without limits on tries.
func (h house) unlimited(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Limits = store.Limits{}
	return h.ruled(t, rules)
}

func (h house) signInAs(t *testing.T, user store.User, remembered bool) store.SignIn {
	t.Helper()
	n, err := h.SignIn(h.ctx, store.Entry{User: user, Kind: store.KindPassword, Remembered: remembered}, From)
	if err != nil {
		t.Fatalf("sign in: %v", err)
	}
	return n
}

// visit is what a request does, and returns the sign-in as it found it.
func (h house) visit(t *testing.T, id string) store.SignIn {
	t.Helper()
	n, _, err := h.Current(h.ctx, id)
	if err != nil {
		t.Fatalf("the sign-in is gone: %v", err)
	}
	if err := h.Seen(h.ctx, n); err != nil {
		t.Fatalf("note a visit: %v", err)
	}
	return n
}

func (h house) gone(t *testing.T, id string) {
	t.Helper()
	if _, _, err := h.Current(h.ctx, id); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Current = %v, want ErrNotFound", err)
	}
}

// find returns who has that username, as the database has them now.
func (h house) find(t *testing.T, username string) store.User {
	t.Helper()
	user, err := h.Find(h.ctx, username)
	if err != nil {
		t.Fatalf("find %s: %v", username, err)
	}
	return user
}

// refused is the refusal that an answer must be.
func refused(t *testing.T, err error) rules.Refusal {
	t.Helper()
	refusal, ok := rules.AsRefusal(err)
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refusal
}

// must ends the test on any error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	if _, err := h.db.Write.Exec(query, args...); err != nil {
		t.Fatal(err)
	}
}

func (h house) hash(t *testing.T, user store.User) string {
	t.Helper()
	var hash string
	if err := h.db.Read.QueryRow(`SELECT password_hash FROM users WHERE id = $1`, user.ID).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

func (h house) count(t *testing.T, table string, want int) {
	t.Helper()
	var got int
	if err := h.db.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("%d rows in %s, want %d", got, table, want)
	}
}

// columns are the columns of every table.
func (h house) columns(t *testing.T) map[string][]string {
	t.Helper()
	return h.kind.Columns(t, h.db)
}

// dump is every row of every table but those left out.
func (h house) dump(t *testing.T, but ...string) string {
	t.Helper()
	return h.kind.Dump(t, h.db, but...)
}
