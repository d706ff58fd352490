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

// sourcesMax bounds how many sources one budget remembers, and with it its
// memory. Beyond it the one that did nothing for longest is forgotten.
const sourcesMax = 16384

// budget bounds how often each source may do one thing. It lives in memory:
// every copy of the program counts for itself.
type budget struct {
	mu    sync.Mutex
	rates store.Rates
	clock func() time.Time
	// full is, for each source and each rate, when the budget is full again
	// (the generic cell rate algorithm: one time says all).
	full *simplelru.LRU[string, []time.Time]
}

func newBudget(rates store.Rates, clock func() time.Time) *budget {
	full, _ := simplelru.NewLRU[string, []time.Time](sourcesMax, nil) // fails only for a size below 1
	return &budget{rates: rates, clock: clock, full: full}
}

// take spends one of the source's budget. It returns 0, or how long to wait
// where there is none left; then nothing is spent.
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

// giveBack returns what was taken for something that did not count after all.
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
	failures, registrations, allRegistrations, usernameChecks, letters, links *budget
}

func newBudgets(limits store.Limits, clock func() time.Time) budgets {
	return budgets{
		failures:         newBudget(limits.Failures, clock),
		registrations:    newBudget(limits.Registrations, clock),
		allRegistrations: newBudget(limits.AllRegistrations, clock),
		usernameChecks:   newBudget(limits.UsernameChecks, clock),
		letters:          newBudget(limits.Letters, clock),
		links:            newBudget(limits.Links, clock),
	}
}

// source is what a request is counted under: an IPv4 address, or the /64 that
// an IPv6 address is in, because one customer has at least that many.
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

// spend takes one of the budget, or returns the refusal of whoever must wait.
func spend(b *budget, source string) error {
	if wait := b.take(source); wait > 0 {
		return rules.TooMany(wait)
	}
	return nil
}

// askLetter runs do, which writes a letter, within the budget of the source for
// letters. What was refused, or failed, wrote none and costs nothing. Whoever
// hangs up has used one up: nobody knows how far that came. So has whoever asked
// for a letter that nobody gets, because that must not show.
func (s *Site) askLetter(r *http.Request, do func() error) error {
	from := source(r)
	if err := spend(s.budgets.letters, from); err != nil {
		return err
	}
	err := do()
	if err != nil && !errors.Is(err, context.Canceled) {
		s.budgets.letters.giveBack(from)
	}
	return err
}

// tryPassword runs do, which compares a password, within the budget of the
// source for wrong ones. It is spent first and given back when the password was
// right or there was a fault; what succeeded before counts for nothing. A try that
// an account makes wait counts like a wrong one: whoever goes on is guessing.
func (s *Site) tryPassword(r *http.Request, do func() error) error {
	from := source(r)
	if err := spend(s.budgets.failures, from); err != nil {
		return err
	}
	err := do()
	if _, refused := rules.AsRefusal(err); !refused {
		s.budgets.failures.giveBack(from)
	}
	return err
}
