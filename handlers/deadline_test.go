package handlers

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPatienceIsAContextWithADeadline(t *testing.T) {
	for _, waits := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ctx, end := withLazyDeadline(t.Context(), time.Second)
			defer end()
			if until, set := ctx.Deadline(); !set || !until.Equal(time.Now().Add(time.Second)) {
				t.Errorf("the deadline is %v, %v", until, set)
			}
			if err := ctx.Err(); err != nil {
				t.Errorf("before the deadline: %v", err)
			}
			if waits {
				<-ctx.Done()
				if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("once the wait is over: %v", err)
				}
				return
			}
			time.Sleep(time.Second)
			if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("at the deadline: %v", err)
			}
			<-ctx.Done()
		})
	}
}

func TestPatienceEndsWithItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, leave := context.WithCancel(t.Context())
		waiting, endWaiting := withLazyDeadline(parent, time.Hour)
		idle, endIdle := withLazyDeadline(parent, time.Hour)
		defer endWaiting()
		defer endIdle()
		done := waiting.Done()
		leave()
		<-done
		<-idle.Done()
		for _, ctx := range []context.Context{waiting, idle} {
			if err := ctx.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("once the client has gone: %v", err)
			}
		}
	})
}

func TestPatienceIsNoLongerThanItsParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		parent, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		ctx, end := withLazyDeadline(parent, time.Hour)
		defer end()
		want, _ := parent.Deadline()
		if until, _ := ctx.Deadline(); !until.Equal(want) {
			t.Errorf("the deadline is %v, that of the parent is %v", until, want)
		}
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waited, endWaited := withLazyDeadline(t.Context(), time.Hour)
		done := waited.Done()
		idle, endIdle := withLazyDeadline(t.Context(), time.Hour)
		child, cancel := context.WithTimeout(waited, time.Hour)
		defer cancel()
		for range 2 { // as any CancelFunc may be called
			endWaited()
			endIdle()
		}
		<-done
		<-child.Done()
		<-idle.Done()
		for _, ctx := range []context.Context{waited, idle, child} {
			if err := ctx.Err(); !errors.Is(err, context.Canceled) {
				t.Errorf("once it has ended: %v", err)
			}
		}
	})
}
