package main

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const (
	// cost is the default bcrypt cost.
	cost = 12
	// crowd is how many people sign in or register without pause.
	crowd = 32
	// crowdTime is how long they do so in each round, crowdRounds the number of rounds.
	crowdTime   = 12 * time.Second
	crowdRounds = 3
)

// bcryptAlone is how many passwords all processors hash per second when they do nothing else.
func bcryptAlone(ctx context.Context, cost int, lasting time.Duration) float64 {
	ctx, cancel := context.WithTimeout(ctx, lasting)
	defer cancel()
	return together(runtime.NumCPU(), func(int) float64 {
		begun, n := time.Now(), 0
		for ctx.Err() == nil {
			bcrypt.GenerateFromPassword([]byte(password), cost) //nolint:errcheck // cost and length are good
			n++
		}
		return float64(n) / time.Since(begun).Seconds()
	})
}

// together runs n at the same time and adds up what they return.
func together(n int, do func(i int) float64) float64 {
	results := make([]float64, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { results[i] = do(i) })
	}
	all.Wait()
	sum := 0.0
	for _, result := range results {
		sum += result
	}
	return sum
}

type passwordRate struct {
	name string
	figures
	least float64
}

// passwords measures sign-ins and registrations relative to bcrypt alone or, if there is
// another site, relative to that site; and then sign-ins by passkey.
func passwords(ctx context.Context, site, by *server) ([]passwordRate, error) {
	people, err := gather(ctx, site, crowd)
	if err != nil {
		return nil, err
	}
	var others *members
	if by != nil {
		if others, err = gather(ctx, by, crowd); err != nil {
			return nil, err
		}
	}
	rates := []passwordRate{
		{name: fmt.Sprintf("sign-ins, %d people", crowd), least: 0.9},
		{name: fmt.Sprintf("registrations, %d people", crowd), least: 0.9},
	}
	for i, act := range []func(m *members) act{
		func(m *members) act { return m.signIn },
		func(m *members) act { return m.register },
	} {
		var mine, yardsticks, ratios []float64
		for range crowdRounds {
			yardstick := 0.0
			if by == nil {
				yardstick = bcryptAlone(ctx, cost, crowdTime/2)
			} else if yardstick, _, err = others.crowd(ctx, crowdTime, act(others)); err != nil {
				return nil, err
			}
			rate, _, err := people.crowd(ctx, crowdTime, act(people))
			if err != nil {
				return nil, err
			}
			mine, yardsticks, ratios = append(mine, rate), append(yardsticks, yardstick), append(ratios, rate/yardstick)
		}
		rates[i].figures = figures{median(mine), median(yardsticks), median(ratios)}
	}
	last, err := passkeys(ctx, people, others)
	return append(rates, last), err
}

// act is what person number i does; it returns the status of the answer.
type act func(ctx context.Context, i int) (int, error)

// members are people with an account each, a password and a passkey.
type members struct {
	site       *server
	usernames  []string
	keyholders []keyholder
}

func gather(ctx context.Context, site *server, n int) (*members, error) {
	m := &members{site: site}
	for range n {
		p, username, err := mustRegister(ctx, site)
		if err != nil {
			return nil, err
		}
		k, err := newKeyholder(ctx, p)
		if err != nil {
			return nil, err
		}
		m.usernames, m.keyholders = append(m.usernames, username), append(m.keyholders, k)
	}
	return m, nil
}

func (m *members) signIn(ctx context.Context, i int) (int, error) {
	return newPerson(m.site).signIn(ctx, m.usernames[i])
}

func (m *members) register(ctx context.Context, _ int) (int, error) {
	_, status, err := newPerson(m.site).register(ctx)
	return status, err
}

// turnedAway counts answers with 503. longest is the longest wait for any answer.
type turnedAway struct {
	count   int64
	longest time.Duration
}

// crowd has all members do the same repeatedly, and returns the number of successes per second.
// Requests that started in time are finished and count.
func (m *members) crowd(ctx context.Context, lasting time.Duration, do act) (float64, turnedAway, error) {
	var away atomic.Int64
	var failed atomic.Value
	var mu sync.Mutex
	var longest time.Duration
	begun := time.Now()
	var last time.Duration
	done := together(len(m.usernames), func(i int) float64 {
		n := 0.0
		for time.Since(begun) < lasting && failed.Load() == nil && ctx.Err() == nil {
			asked := time.Now()
			status, err := do(ctx, i)
			mu.Lock()
			longest = max(longest, time.Since(asked))
			mu.Unlock()
			switch {
			case err != nil:
				failed.Store(err)
			case status == http.StatusSeeOther:
				n++
				mu.Lock()
				last = time.Since(begun)
				mu.Unlock()
			case status == http.StatusServiceUnavailable:
				away.Add(1)
			default:
				failed.Store(fmt.Errorf("answered with %d", status))
			}
		}
		return n
	})
	if err, _ := failed.Load().(error); err != nil {
		return 0, turnedAway{}, err
	}
	// All started requests were finished, so the time ends with the last one.
	return done / last.Seconds(), turnedAway{away.Load(), longest}, ctx.Err()
}
