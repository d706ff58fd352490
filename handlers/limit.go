package handlers

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// sourcesMax is how many sources one budget remembers, which limits its memory. Beyond it the
// least recently active source is forgotten.
const sourcesMax = 16384

// budget limits how often each source may do one thing. It is in memory, so each copy of the
// program counts on its own.
type budget struct {
	mu    sync.Mutex
	rates store.Rates
	clock func() time.Time
	// full says for each source and rate when the budget is full again (generic cell rate
	// algorithm, which needs only that time).
	full *simplelru.LRU[string, []time.Time]
}

func newBudget(rates store.Rates, clock func() time.Time) *budget {
	full, _ := simplelru.NewLRU[string, []time.Time](sourcesMax, nil) // fails only for a size below 1
	return &budget{rates: rates, clock: clock, full: full}
}

// take takes one from the budget of a source and returns 0. If the budget is empty, it takes
// nothing and returns how long to wait.
func (b *budget) take(source string) time.Duration {
	if len(b.rates) == 0 {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	full, known := b.full.Get(source)
	if !known {
		full = make([]time.Time, len(b.rates))
	}
	for i, rate := range b.rates {
		if full[i].After(now.Add(rate.Per)) { // the clock was ahead
			full[i] = now.Add(rate.Per)
		}
	}
	next := make([]time.Time, len(b.rates))
	var wait time.Duration
	for i, rate := range b.rates {
		next[i] = full[i]
		if next[i].Before(now) {
			next[i] = now
		}
		next[i] = next[i].Add(rate.Per / time.Duration(rate.Count))
		wait = max(wait, next[i].Sub(now)-rate.Per)
	}
	if wait > 0 {
		return wait
	}
	b.full.Add(source, next)
	return 0
}

// giveBack returns one that turned out not to count.
func (b *budget) giveBack(source string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	full, known := b.full.Get(source)
	if !known {
		return
	}
	for i, rate := range b.rates {
		full[i] = full[i].Add(-rate.Per / time.Duration(rate.Count))
	}
}

// budgets are the limits of the site that count by source.
type budgets struct {
	failures, registrations, allRegistrations, usernameChecks, letters, links, passkeys *budget
}

func newBudgets(limits store.Limits, clock func() time.Time) budgets {
	return budgets{
		failures:         newBudget(limits.Failures, clock),
		registrations:    newBudget(limits.Registrations, clock),
		allRegistrations: newBudget(limits.AllRegistrations, clock),
		usernameChecks:   newBudget(limits.UsernameChecks, clock),
		letters:          newBudget(limits.Letters, clock),
		links:            newBudget(limits.Links, clock),
		passkeys:         newBudget(limits.Passkeys, clock),
	}
}

// source is the key under which a request is counted: its IPv4 address, or the /64 network of
// its IPv6 address, because one customer has at least a /64.
func source(r *http.Request) string {
	address, err := netip.ParseAddr(scopeOf(r).address)
	if err != nil {
		return scopeOf(r).address
	}
	address = address.Unmap().WithZone("")
	if address.Is6() {
		prefix, _ := address.Prefix(64) // fails only for more bits than there are
		return prefix.String()
	}
	return address.String()
}

// spend takes one from the budget, or returns the refusal that says how long to wait.
func spend(b *budget, source string) error {
	if wait := b.take(source); wait > 0 {
		return rules.TooMany(wait)
	}
	return nil
}

// askLetter runs do, which writes a letter, within the letter budget of the source. A refusal
// or fault costs nothing. A canceled request costs one, because the letter may have been
// written. A letter to nobody also costs one: the cost must not reveal whether an account
// exists.
func (s *Site) askLetter(r *http.Request, do func() error) error {
	from := source(r)
	if wait := s.budgets.letters.take(from); wait > 0 {
		return rules.TooManyLetters(wait)
	}
	err := do()
	if err != nil && !errors.Is(err, context.Canceled) {
		s.budgets.letters.giveBack(from)
	}
	return err
}

// tryProof runs do, which compares a password or a code, within the budget of the source for wrong
// ones. The cost is taken first and returned if the password was right or a fault occurred.
// Earlier successes earn nothing. An attempt that the account's own limit delays counts as
// wrong: it is probably a guess.
func (s *Site) tryProof(r *http.Request, do func() error) error {
	from := source(r)
	if err := spend(s.budgets.failures, from); err != nil {
		return err
	}
	err := do()
	if _, refused := rules.AsRefusal(err); !refused && !errors.Is(err, store.ErrStartAgain) {
		s.budgets.failures.giveBack(from)
	}
	return err
}
