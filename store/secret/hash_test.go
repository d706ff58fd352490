package secret

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// LOG-02: what a sign-in costs is the sum of 2^cost over its comparisons, and
// that sum must not depend on the account.
func TestEveryComparisonCostsTheSame(t *testing.T) {
	t.Parallel()
	const highest = 7
	gate := NewGate(1, time.Minute)
	t.Cleanup(gate.Close)
	p := &Hasher{Cost: 6, Gate: gate}
	p.RaiseHighestCost(highest)
	var work atomic.Int64
	p.compared = func(hash []byte) {
		cost, err := bcrypt.Cost(hash)
		if err != nil {
			t.Errorf("compared with %q: %v", hash, err)
		}
		// What cannot be read is turned down at once.
		if err := bcrypt.CompareHashAndPassword(hash, nil); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			t.Errorf("comparing with %q: %v", hash, err)
		}
		work.Add(1 << cost)
	}
	keep := func(scheme string, cost int) PasswordHash {
		hash, err := bcrypt.GenerateFromPassword(preHash("right"), cost)
		if scheme == SchemeBcrypt {
			hash, err = bcrypt.GenerateFromPassword([]byte("right"), cost)
		}
		if err != nil {
			t.Fatal(err)
		}
		return PasswordHash{Scheme: scheme, Hash: string(hash), Cost: cost}
	}
	// spelled is a hash whose beginning reads differently.
	spelled := func(scheme, version string) PasswordHash {
		stored := keep(scheme, 5)
		stored.Hash = version + strings.TrimPrefix(stored.Hash, "$2a$")
		return stored
	}
	// none is a hash that looks as if it could be compared.
	none := func(hash string) PasswordHash { return PasswordHash{Scheme: SchemeBcrypt, Hash: hash} }
	for _, c := range []struct {
		name     string
		stored   PasswordHash
		password string
		match    bool
	}{
		{"unknown or without a password", PasswordHash{}, "right", false},
		{"wrong", keep(SchemeHMAC, 6), "wrong", false},
		{"right", keep(SchemeHMAC, 6), "right", true},
		{"an old cost, wrong", keep(SchemeHMAC, 4), "wrong", false},
		{"an old cost, right", keep(SchemeHMAC, 4), "right", true},
		{"the highest cost, wrong", keep(SchemeHMAC, 7), "wrong", false},
		{"plain bcrypt, wrong", keep(SchemeBcrypt, 5), "wrong", false},
		{"plain bcrypt, right", keep(SchemeBcrypt, 5), "right", true},
		{"plain bcrypt, a NUL", keep(SchemeBcrypt, 5), "right\x00right", false},
		{"a hash under an unknown scheme", PasswordHash{Scheme: "md5", Hash: keep(SchemeHMAC, 4).Hash}, "right", false},
		{"a broken hash", PasswordHash{Scheme: SchemeHMAC, Hash: "$2a$04$broken"}, "right", false},
		{"$2b$", spelled(SchemeBcrypt, "$2b$"), "right", true},
		{"$2y$", spelled(SchemeBcrypt, "$2y$"), "right", true},
		{"$2y$, wrong", spelled(SchemeBcrypt, "$2y$"), "wrong", false},
		{"$2y$ of our own", spelled(SchemeHMAC, "$2y$"), "right", true},
		{"$2x$", spelled(SchemeBcrypt, "$2x$"), "right", false},
		{"$2x$ of our own", spelled(SchemeHMAC, "$2x$"), "right", false},
		{"$2$", spelled(SchemeBcrypt, "$2$"), "right", false},
		{"$2$ of our own", spelled(SchemeHMAC, "$2$"), "right", false},
		{"$2A$", spelled(SchemeBcrypt, "$2A$"), "right", false},
		{"$1a$", spelled(SchemeBcrypt, "$1a$"), "right", false},
		{"above the highest cost", none("$2a$15$" + decoyTail), "right", false},
		{"far above it", none("$2a$31$" + decoyTail), "right", false},
		{"above it, of our own", PasswordHash{Scheme: SchemeHMAC, Hash: "$2a$16$" + decoyTail}, "right", false},
		{"beyond what there is", none("$2a$99$" + decoyTail), "right", false},
		{"below what there is", none("$2a$03$" + decoyTail), "right", false},
		{"no cost at all", none("$2a$00$" + decoyTail), "right", false},
		{"a cost that is no number", none("$2a$+5$" + decoyTail), "right", false},
		{"a cost with a space", none("$2a$5 $" + decoyTail), "right", false},
		{"a salt that cannot be read", none("$2a$05$!" + decoyTail[1:]), "right", false},
		{"a digest that cannot be read", none("$2a$05$" + decoyTail[:52] + "="), "right", false},
		{"too short", none("$2a$05$" + decoyTail[1:]), "right", false},
		{"too long", PasswordHash{Scheme: SchemeBcrypt, Hash: keep(SchemeBcrypt, 5).Hash + "A"}, "right", false},
		{"a line", PasswordHash{Scheme: SchemeBcrypt, Hash: keep(SchemeBcrypt, 5).Hash + "\n"}, "right", false},
		{"a line inside", none("$2a$05$" + decoyTail[:10] + "\n" + decoyTail[11:]), "right", false},
		{"endless", keep(SchemeHMAC, 6), string(make([]byte, 1<<16)), false},
	} {
		work.Store(0)
		match, err := p.Matches(context.Background(), c.stored, c.password)
		if err != nil || match != c.match {
			t.Errorf("%s: matches = %v, %v; want %v", c.name, match, err, c.match)
		}
		if got := work.Load(); got != 1<<highest {
			t.Errorf("%s: costs %d, want %d", c.name, got, 1<<highest)
		}
	}
}

func TestComparingRaisesTheDearest(t *testing.T) {
	t.Parallel()
	p := &Hasher{Cost: 4}
	hash, err := bcrypt.GenerateFromPassword(preHash("right"), 6)
	if err != nil {
		t.Fatal(err)
	}
	p.compareBcrypt(PasswordHash{Scheme: SchemeHMAC, Hash: string(hash)}, "wrong")
	p.compareBcrypt(PasswordHash{Scheme: SchemeHMAC, Hash: "$2a$15$" + decoyTail}, "wrong")
	p.compareBcrypt(PasswordHash{Scheme: "md5", Hash: "$2a$08$" + decoyTail}, "wrong")
	if got := p.highestCost.Load(); got != 6 {
		t.Errorf("highest = %d, want 6", got)
	}
}

func TestDecoysAreWellFormedAndMatchNothing(t *testing.T) {
	t.Parallel()
	if err := bcrypt.CompareHashAndPassword(decoy(4), preHash("x")); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		t.Errorf("comparing with a decoy: %v, want a mismatch", err)
	}
}

func TestPreHashIsWhatBcryptCanTake(t *testing.T) {
	t.Parallel()
	for _, password := range []string{"", "x", "\x00", string(make([]byte, 4096)), "🦉"} {
		if got := len(preHash(password)); got != 64 {
			t.Errorf("preHash(%q) has %d bytes, want 64", password, got)
		}
	}
}

func TestGateBoundsTheWait(t *testing.T) {
	t.Parallel()
	gate := NewGate(1, time.Minute)
	// hasty asks for the same slot, but waits for a moment only.
	hasty := &Gate{wait: time.Millisecond, jobs: gate.jobs, ended: gate.ended}
	begun, end := make(chan struct{}), make(chan struct{})
	finished := make(chan error)
	go func() {
		finished <- gate.Do(context.Background(), func() { close(begun); <-end })
	}()
	<-begun
	if err := hasty.Do(context.Background(), func() { t.Error("ran beside the only slot") }); !errors.Is(err, ErrBusy) {
		t.Errorf("Do = %v, want ErrBusy", err)
	}
	if got, want := hasty.Use(), (GateUse{TurnedAway: 1}); got != want {
		t.Errorf("the hasty one is used %+v, want %+v", got, want)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := gate.Do(gone, func() { t.Error("ran for nobody") }); err == nil {
		t.Error("Do ran for a caller who had left")
	}
	if got, want := gate.Use(), (GateUse{Slots: 1, InUse: 1}); got != want {
		t.Errorf("the gate is used %+v, want %+v", got, want)
	}
	close(end)
	if err := <-finished; err != nil {
		t.Errorf("the first Do = %v", err)
	}
	gate.Close()
	if err := gate.Do(context.Background(), func() { t.Error("ran after Close") }); !errors.Is(err, ErrBusy) {
		t.Errorf("Do after Close = %v, want ErrBusy", err)
	}
	if got, want := gate.Use(), (GateUse{Slots: 1, TurnedAway: 1}); got != want {
		t.Errorf("after Close the gate is used %+v, want %+v", got, want)
	}
}

func BenchmarkHash(b *testing.B) {
	for _, cost := range []int{10, 12} {
		b.Run(map[int]string{10: "cost10", 12: "cost12"}[cost], func(b *testing.B) {
			for b.Loop() {
				if _, err := bcrypt.GenerateFromPassword(preHash("correct horse battery"), cost); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
