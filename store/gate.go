package store

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// GateWait is how long a password waits for a free slot before the answer is
// ErrBusy.
const GateWait = 5 * time.Second

// Gate runs password hashing, the one heavy thing in the program, on a fixed
// number of operating-system threads of low priority, so that pages stay fast
// while hundreds of people sign in.
type Gate struct {
	// Busy, where set before the first Do, is called with true when the first slot is
	// taken and with false when the last comes free, never both at once. For low
	// priority to help, GOMAXPROCS must be above the number of slots in between.
	Busy func(bool)

	wait  time.Duration
	jobs  chan func()
	ended chan struct{}
	done  sync.WaitGroup
	mu    sync.Mutex
	taken int
}

// ungated is set in programs that are built to show what the gate is worth.
var ungated bool

// NewGate starts the slots. Close ends them.
func NewGate(slots int, wait time.Duration) *Gate {
	g := &Gate{wait: wait, jobs: make(chan func()), ended: make(chan struct{})}
	for range slots {
		g.done.Go(g.slot)
	}
	return g
}

// Do runs job on a slot and returns when it has run. It returns ErrBusy when
// no slot came free in time, and the context's error when the caller left.
func (g *Gate) Do(ctx context.Context, job func()) error {
	if ungated {
		job()
		return nil
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	finished := make(chan struct{})
	select {
	case g.jobs <- func() { defer close(finished); job() }:
		<-finished
		return nil
	case <-timer.C:
		return ErrBusy
	case <-g.ended:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close ends the slots once their present jobs are done. Whoever still asks is
// told that it is busy.
func (g *Gate) Close() {
	close(g.ended)
	g.done.Wait()
}

func (g *Gate) slot() {
	// The thread is never unlocked, so it ends with the goroutine and its
	// low priority cannot reach other work.
	runtime.LockOSThread()
	lowerPriority()
	for {
		select {
		case job := <-g.jobs:
			g.take(1)
			job()
			g.take(-1)
		case <-g.ended:
			return
		}
	}
}

// take counts the slots that are taken, before a job and after it.
func (g *Gate) take(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.taken
	g.taken += n
	if g.Busy != nil && (before == 0) != (g.taken == 0) {
		g.Busy(g.taken > 0)
	}
}
