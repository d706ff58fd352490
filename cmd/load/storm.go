package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"
)

// stormCommand requests the sign-in page and signs in by passkey, each at a steady rate: first while
// nobody else uses the site, then while a crowd signs in by password without pause, then after the
// crowd has gone.
type stormCommand struct {
	Program  string `arg:"" help:"The program."`
	Ungated  string `help:"The program built with -tags ungated, for comparison."`
	Picture  string `help:"Where to draw both, as SVG."`
	Database string `help:"A migrated database to run on, as the program takes it; an empty SQLite file by default."`
	People   int    `default:"32" help:"How many sign in at the same time."`
}

// Durations of the phases of a storm, and the intervals between requests for the page and between
// sign-ins by passkey.
const (
	calmTime  = 12 * time.Second
	stormTime = 24 * time.Second
	afterTime = 6 * time.Second
	pace      = 10 * time.Millisecond
	keyPace   = 50 * time.Millisecond
)

// keyholders is how many people sign in by passkey, in turn.
const keyholders = 8

// Bounds on the sign-in page and on sign-ins by passkey in the storm, as multiples of their idle
// values; on sign-ins by password, as a part of bcrypt alone; and on waiting.
const (
	p50Most   = 1.5
	p99Most   = 6
	loginPart = 0.9
	waitMost  = 7 * time.Second // the wait for the gate, and the sign-in itself
)

// sample is one answer: when its request was due, and how long after that it came.
type sample struct{ at, took time.Duration }

// storm is the result of a measurement.
type storm struct {
	people         int
	samples        []sample // of the sign-in page
	passkeys       []sample
	begun, ended   time.Duration
	rate, alone    float64
	turnedAway     turnedAway
	memory, ownMem int64
}

// Run prints how the storm affects the page, and fails if a bound is missed.
func (c stormCommand) Run(ctx context.Context) error {
	gated, err := c.measure(ctx, c.Program)
	if err != nil {
		return err
	}
	gated.print("with the gate")
	missed := gated.missed()
	if c.Ungated != "" {
		ungated, err := c.measure(ctx, c.Ungated)
		if err != nil {
			return err
		}
		ungated.print("without it")
		if c.Picture != "" {
			if err := os.WriteFile(c.Picture, draw(gated, ungated), 0o644); err != nil {
				return err
			}
		}
	}
	return missed
}

func (c stormCommand) measure(ctx context.Context, program string) (s *storm, err error) {
	site, err := gatehouse(ctx, program, c.Database)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, site.stop()) }()
	people, err := gather(ctx, site, c.People)
	if err != nil {
		return nil, err
	}
	others, err := gather(ctx, site, keyholders)
	if err != nil {
		return nil, err
	}
	s = &storm{people: c.People, alone: bcryptAlone(ctx, cost, calmTime/2)}
	probing, stop := context.WithCancel(ctx)
	probed := make(chan error, 2)
	begun, visitor := time.Now(), newPerson(site)
	look := func(ctx context.Context, _ int) error {
		return answered(http.StatusOK)(visitor.get(ctx, "/login"))
	}
	signIn := func(ctx context.Context, i int) error {
		return answered(http.StatusSeeOther)(others.signInByPasskey(ctx, i%keyholders))
	}
	go func() { probed <- probe(probing, begun, pace, look, &s.samples) }()
	go func() { probed <- probe(probing, begun, keyPace, signIn, &s.passkeys) }()
	sleep(ctx, calmTime)
	s.begun = time.Since(begun)
	s.rate, s.turnedAway, err = people.crowd(ctx, stormTime, people.signIn)
	s.ended = time.Since(begun)
	if err == nil {
		s.memory, s.ownMem, err = site.resident()
	}
	sleep(ctx, afterTime)
	stop()
	return s, errors.Join(err, <-probed, <-probed)
}

// answered is an error for every status but one.
func answered(want int) func(status int, err error) error {
	return func(status int, err error) error {
		if err == nil && status != want {
			err = fmt.Errorf("answered with %d instead of %d", status, want)
		}
		return err
	}
}

// probe does something whenever it is due, however late the answers are. It counts from the due
// time, so that what is late counts as slow. do is told how often it was done before.
func probe(ctx context.Context, begun time.Time, every time.Duration, do func(ctx context.Context, i int) error, samples *[]sample) error {
	var mu sync.Mutex
	var all sync.WaitGroup
	var failed error
	for i, due := 0, begun; ctx.Err() == nil; i, due = i+1, due.Add(every) {
		sleep(ctx, time.Until(due))
		all.Go(func() {
			err := do(context.WithoutCancel(ctx), i)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			*samples = append(*samples, sample{due.Sub(begun), time.Since(due)})
		})
	}
	all.Wait()
	slices.SortFunc(*samples, func(a, b sample) int { return int(a.at - b.at) })
	return failed
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// between are the sorted times of the answers due in a part of the storm, without one second at
// each end.
func between(samples []sample, from, to time.Duration) []time.Duration {
	var took []time.Duration
	for _, sample := range samples {
		if sample.at >= from+time.Second && sample.at < to-time.Second {
			took = append(took, sample.took)
		}
	}
	slices.Sort(took)
	return took
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

// quantiles are the medians and the 99th percentiles of samples, while it was calm and in the storm.
func (s *storm) quantiles(samples []sample) (calm50, calm99, storm50, storm99 time.Duration) {
	calm, busy := between(samples, 0, s.begun), between(samples, s.begun, s.ended)
	return quantile(calm, .5), quantile(calm, .99), quantile(busy, .5), quantile(busy, .99)
}

func (s *storm) print(name string) {
	fmt.Printf("%s\n", name)
	for _, of := range []struct {
		what    string
		samples []sample
	}{{"sign-in page", s.samples}, {"passkey", s.passkeys}} {
		calm50, calm99, storm50, storm99 := s.quantiles(of.samples)
		fmt.Printf("  %-12s, p50    %8s idle %8s in the storm, %6.1f times\n", of.what, ms(calm50), ms(storm50), float64(storm50)/float64(calm50))
		fmt.Printf("  %-12s, p99    %8s idle %8s in the storm, %6.1f times\n", of.what, ms(calm99), ms(storm99), float64(storm99)/float64(calm99))
	}
	fmt.Printf("  sign-ins             %.2f a second, bcrypt alone %.2f, ratio %.2f\n", s.rate, s.alone, s.rate/s.alone)
	fmt.Printf("  turned away with 503 %d, longest wait %.1f s\n", s.turnedAway.count, s.turnedAway.longest.Seconds())
	fmt.Printf("  memory               %.1f MiB, of which the program's own %.1f MiB\n", mib(s.memory), mib(s.ownMem))
}

func (s *storm) missed() error {
	var missed []error
	calm50, calm99, storm50, storm99 := s.quantiles(s.samples)
	if float64(storm50) > p50Most*float64(calm50) || float64(storm99) > p99Most*float64(calm99) {
		missed = append(missed, fmt.Errorf("pages: at most %.1f times the idle p50 and %d times the p99", p50Most, p99Most))
	}
	if _, calm, _, busy := s.quantiles(s.passkeys); float64(busy) > p99Most*float64(calm) {
		missed = append(missed, fmt.Errorf("sign-ins by passkey: at most %d times the idle p99", p99Most))
	}
	if s.rate < loginPart*s.alone {
		missed = append(missed, fmt.Errorf("sign-ins: at least %.1f of bcrypt alone", loginPart))
	}
	if s.turnedAway.longest > waitMost {
		missed = append(missed, fmt.Errorf("nobody may wait longer than %s", waitMost))
	}
	return errors.Join(missed...)
}

func ms(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond)) }

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }
