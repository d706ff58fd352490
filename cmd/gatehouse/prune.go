package main

import (
	"context"
	"log/slog"
	"time"

	"gatehouse/store"
)

// The pause between batches lets others write.
const (
	pruneEvery = 5 * time.Minute
	prunePause = 50 * time.Millisecond
)

// prunings delete expired data. The last of them deletes nothing: it folds names that a search does
// not find yet, as few at a time.
func (a *accounts) prunings(sessions store.Sessions) []store.Pruning {
	list := append([]store.Pruning{{Name: "sessions", Do: sessions.Prune}}, a.store.Prunings()...)
	return append(list, store.Pruning{Name: "names to fold", Do: a.store.FoldNames})
}

// prune deletes expired data at intervals until ctx ends. A kind that fails does not keep the
// others.
func prune(ctx context.Context, log *slog.Logger, prunings []store.Pruning) {
	for {
		for _, pruning := range prunings {
			err := safely(func() error { return pruneAll(ctx, pruning) })
			if err != nil && ctx.Err() == nil {
				log.Error("prune", "what", pruning.Name, "error", err.Error())
			}
		}
		if !pause(ctx, pruneEvery) {
			return
		}
	}
}

// pruneAll deletes expired data of one kind, batch by batch.
func pruneAll(ctx context.Context, pruning store.Pruning) error {
	for {
		n, err := pruning.Do(ctx, store.PruneBatch)
		if err != nil || n < store.PruneBatch || !pause(ctx, prunePause) {
			return err
		}
	}
}

// pause waits, and returns false if ctx ended.
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
