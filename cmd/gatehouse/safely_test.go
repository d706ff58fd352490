package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"gatehouse/store"
)

// A panic where nobody waits would end the program for everybody.
func TestAPanicWhereNobodyWaitsIsAnError(t *testing.T) {
	t.Parallel()
	err := safely(func() error { panic("a row that cannot be") })
	if err == nil || !strings.HasPrefix(err.Error(), "panic: a row that cannot be\ngoroutine ") || !strings.Contains(err.Error(), "TestAPanicWhereNobodyWaits") {
		t.Errorf("a panic became %v", err)
	}
	failed := errors.New("failed")
	if err := safely(func() error { return failed }); err != failed {
		t.Errorf("an error became %v", err)
	}
	if err := safely(func() error { return nil }); err != nil {
		t.Errorf("success became %v", err)
	}
}

func TestPruningGoesOnAfterAPanic(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var log bytes.Buffer
	batches := 0
	prune(ctx, slog.New(slog.NewTextHandler(&log, nil)), []store.Pruning{
		{Name: "odd rows", Do: func(context.Context, int) (int64, error) { panic("a row that cannot be") }},
		{Name: "missing rows", Do: func(context.Context, int) (int64, error) { return 0, errors.New("no such table") }},
		{Name: "other rows", Do: func(_ context.Context, limit int) (int64, error) {
			if batches++; batches == 2 {
				stop()
				return 0, nil
			}
			return int64(limit), nil
		}},
	})
	if batches != 2 {
		t.Errorf("what comes after the panic was pruned %d times, want 2", batches)
	}
	for _, line := range []string{`what="odd rows" error="panic: a row that cannot be\ngoroutine `, `what="missing rows" error="no such table"`} {
		if strings.Count(log.String(), line) != 1 {
			t.Errorf("there is not one line %s in\n%s", line, log.String())
		}
	}
	if lines := strings.Count(log.String(), "\n"); lines != 2 {
		t.Errorf("%d lines, want 2:\n%s", lines, log.String())
	}
}
