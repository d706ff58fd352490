// Package storetest is the contract that every database keeps: one suite of
// cases, run on each of them. It also makes what other tests begin with.
package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// Clock is a clock that only moves when it is told to.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at the present time, because scs reads the wall clock.
func NewClock() *Clock { return &Clock{now: time.Now()} }

// Now is the time on the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move puts the clock forward.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Cost is the bcrypt cost of tests, the lowest there is.
const Cost = 4

// CommonPassword is on the list of common passwords that tests use.
const CommonPassword = "jellybean-jamboree"

// NewPasswords are the usual rules.
func NewPasswords() *rules.Passwords {
	return &rules.Passwords{
		Min: rules.PasswordDefault, Words: []string{"Gatehouse", "localhost"}, Common: Common(CommonPassword, "another-common-one"),
	}
}

// NewHasher hashes at the cost of tests.
func NewHasher(t testing.TB) *secret.Hasher {
	t.Helper()
	gate := secret.NewGate(2, time.Minute)
	t.Cleanup(gate.Close)
	return &secret.Hasher{Cost: Cost, Gate: gate}
}

// Common makes a list of common passwords as the build does.
func Common(passwords ...string) *io.SectionReader {
	var sums []string
	for _, password := range passwords {
		sum := sha256.Sum256([]byte(password))
		sums = append(sums, string(sum[:5]))
	}
	slices.Sort(sums)
	list := strings.Join(sums, "")
	return io.NewSectionReader(strings.NewReader(list), 0, int64(len(list)))
}

// New makes a store on a migrated database, with the usual rules.
func New(t testing.TB, db store.Database, clock *Clock) *store.Store {
	t.Helper()
	rules := store.DefaultRules
	rules.Keys, rules.RelyingParty = Keys(t), RelyingParty(t, Origin)
	return NewWith(t, db, clock, rules)
}

// NewWith makes a store on a migrated database, with rules of the test's own.
func NewWith(t testing.TB, db store.Database, clock *Clock, rules store.Rules) *store.Store {
	t.Helper()
	s, err := store.New(context.Background(), db, NewPasswords(), NewHasher(t), rules, clock.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("make a store: %v", err)
	}
	return s
}

// Keys are those of the secret of tests.
func Keys(t testing.TB) *secret.Keys {
	t.Helper()
	keys, err := secret.NewKeys(make([]byte, secret.Length))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// Origin is that of the site of tests.
const Origin = "https://gatehouse.example"

// RelyingParty is a site to passkeys, or nil where its address can have none.
func RelyingParty(t testing.TB, origin string) *store.RelyingParty {
	t.Helper()
	base, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	party, err := store.NewRelyingParty("Example", base, base.Hostname())
	if err != nil {
		return nil
	}
	return party
}

// From is where people of tests come from.
var From = store.Origin{Address: "192.0.2.7", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", Request: "TEST"}

// Operator is whoever runs the site, on the command line.
var Operator = store.Origin{Operator: true, Account: "alice"}

// Password is Ada's.
const Password = "analytical engine no. 1"

// Ada is a person who has never been here.
func Ada() store.Registration {
	return store.Registration{Name: "Ada Lovelace", Username: "ada", Email: "Ada@example.com", Password: Password}
}

// Prune deletes up to limit rows by the pruning of that name.
func Prune(ctx context.Context, s *store.Store, name string, limit int) (int64, error) {
	for _, pruning := range s.Prunings() {
		if pruning.Name == name {
			return pruning.Do(ctx, limit)
		}
	}
	return 0, fmt.Errorf("there is no pruning of %s", name)
}

// Register makes an account or fails the test.
func Register(t testing.TB, s *store.Store, r store.Registration) store.User {
	t.Helper()
	user, err := s.Register(context.Background(), r, From)
	if err != nil {
		t.Fatalf("register %s: %v", r.Username, err)
	}
	return user
}
