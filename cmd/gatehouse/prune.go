package main

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/store"
)

// Pruning works in small batches, so that it never holds the writer for long.
const (
	pruneEvery = 5 * time.Minute
	pruneBatch = 500
	prunePause = 50 * time.Millisecond
)

// prunes are what deletes what has had its time, each in batches and safe to
// run in several copies of the program at once.
func (a *accounts) prunes(sessions store.Sessions) []func(ctx context.Context, limit int) (int64, error) {
	return []func(ctx context.Context, limit int) (int64, error){
		sessions.Prune, a.store.PruneSignIns, a.store.PruneDevices, a.store.PruneThrottles,
		a.store.PruneEvents, a.store.PruneUsernames, a.store.EraseClosed,
		a.store.PruneTokens, a.store.PrunePending, a.store.PruneLetters, a.store.PruneLetterAddresses,
	}
}

// prune deletes what has expired, now and then, until ctx ends.
func prune(ctx context.Context, log *slog.Logger, jobs ...func(ctx context.Context, limit int) (int64, error)) {
	for {
		for _, job := range jobs {
			for {
				n, err := job(ctx, pruneBatch)
				if err != nil && ctx.Err() == nil {
					log.Error("prune", "error", err.Error())
				}
				if err != nil || n < pruneBatch || !pause(ctx, prunePause) {
					break
				}
			}
		}
		if !pause(ctx, pruneEvery) {
			return
		}
	}
}

// pause waits and says whether ctx still lasts.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
