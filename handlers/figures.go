package handlers

import (
	"context"
	"sync"
	"time"

	"gatehouse/store"
)

const (
	// askEvery is the least time between two queries for one figure. Counting takes longer the
	// more rows there are, so it must not happen at every scrape, or whenever a page is shown.
	askEvery = time.Minute
	// askWait is how long the database may take for all that is asked at once. Prometheus waits
	// ten seconds for a scrape.
	askWait = 5 * time.Second
)

// figures are the figures of a site that take a query. The metrics and the overview share them.
type figures struct {
	signIns, letters                        asked[int64]
	oldest                                  asked[time.Duration]
	accounts, disabled, closed, unconfirmed asked[int64]
	withoutStep, oldPasswords               asked[int64]
	events                                  asked[[]store.EventTotal]
}

// asked is what a query found, which is asked at most once in askEvery. The zero value was never
// asked.
type asked[T any] struct {
	mu     sync.Mutex
	at     time.Time
	latest T
	err    error
}

// value returns the latest answer and when it was asked for, or asks again if that is too old. A
// failing query is logged once until it succeeds again.
func (a *asked[T]) value(ctx context.Context, s *Site, name string, query func(context.Context) (T, error)) (T, time.Time, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := s.Store.Now()
	if age := now.Sub(a.at); age >= 0 && age < askEvery { // the clock may have been set back
		return a.latest, a.at, a.err
	}
	failed := a.err != nil
	a.at = now
	if a.latest, a.err = query(ctx); a.err != nil && !failed {
		s.Log.Error("a figure is missing", "figure", name, "error", a.err.Error())
	}
	return a.latest, a.at, a.err
}

func (s *Site) countSignIns(ctx context.Context) (int64, time.Time, error) {
	return s.figures.signIns.value(ctx, s, metricName("signins"), s.Store.CountSignIns)
}

func (s *Site) countLetters(ctx context.Context) (int64, time.Time, error) {
	return s.figures.letters.value(ctx, s, metricName("outbox_letters"), s.Store.CountWaitingLetters)
}

func (s *Site) oldestLetter(ctx context.Context) (time.Duration, time.Time, error) {
	return s.figures.oldest.value(ctx, s, metricName("outbox_oldest_seconds"), s.Store.OldestLetter)
}
