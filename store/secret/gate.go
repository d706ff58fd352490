package secret

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// GateWait is how long a password waits for a free slot before the answer is
// ErrBusy.
const GateWait = 5 * time.Second

// ErrBusy says that a password could not be checked within the stated wait.
// The web answers 503 with Retry-After.
var ErrBusy = errors.New("too many passwords are being checked")

// Gate runs password hashing, the one heavy thing in the program, on a fixed
// number of operating-system threads of low priority, so that pages stay fast
// while many people sign in (make storm).
type Gate struct {
	// Busy may be set before the first Do. It is called with true when the first slot is
	// taken and with false when the last comes free, and never concurrently. While slots
	// are taken, GOMAXPROCS must be above their number, or low priority does not help.
	Busy func(bool)

	slots int
	wait  time.Duration
	jobs  chan func()
	ended chan struct{}
	done  sync.WaitGroup

	mu                  sync.Mutex
	inUse               int64
	waiting, turnedAway atomic.Int64
}

// GateUse is how a gate is used at one moment.
type GateUse struct {
	// Slots are all there are, InUse those that hash a password.
	Slots, InUse int64
	// Waiting are callers of Do without a slot, TurnedAway all that ever got
	// ErrBusy.
	Waiting, TurnedAway int64
}

// ungated is set in programs that are built to show what the gate is worth.
var ungated bool

// NewGate starts the slots. Close ends them.
func NewGate(slots int, wait time.Duration) *Gate {
	g := &Gate{slots: slots, wait: wait, jobs: make(chan func()), ended: make(chan struct{})}
	for range slots {
		g.done.Go(g.slot)
	}
	return g
}

// Do runs job on a slot and returns when it has run. It returns ErrBusy when
// no slot came free in time, the context's error when the caller left, and a panic of
// the job as an error with its stack: on a slot it would end the program.
func (g *Gate) Do(ctx context.Context, job func()) error {
	if ungated {
		job()
		return nil
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	var failed error
	finished := make(chan struct{})
	g.waiting.Add(1)
	select {
	case g.jobs <- func() { defer close(finished); g.waiting.Add(-1); failed = g.run(job) }:
		<-finished
		return failed
	case <-timer.C:
	case <-g.ended:
	case <-ctx.Done():
		g.waiting.Add(-1)
		return ctx.Err()
	}
	g.waiting.Add(-1)
	g.turnedAway.Add(1)
	return ErrBusy
}

func (g *Gate) run(job func()) (err error) {
	g.take(1)
	defer g.take(-1)
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	job()
	return nil
}

// take counts the slots in use, before a job and after it.
func (g *Gate) take(n int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before := g.inUse
	g.inUse += n
	if g.Busy != nil && (before == 0) != (g.inUse == 0) {
		g.Busy(g.inUse > 0)
	}
}

// Use says how the gate is used now.
func (g *Gate) Use() GateUse {
	g.mu.Lock()
	defer g.mu.Unlock()
	return GateUse{Slots: int64(g.slots), InUse: g.inUse, Waiting: g.waiting.Load(), TurnedAway: g.turnedAway.Load()}
}

// Close ends the slots once their present jobs are done. From then on Do returns
// ErrBusy.
func (g *Gate) Close() {
	close(g.ended)
	g.done.Wait()
}

func (g *Gate) slot() {
	// The thread is never unlocked. So it ends with the goroutine, and no other work
	// gets its low priority.
	runtime.LockOSThread()
	lowerPriority()
	for {
		select {
		case job := <-g.jobs:
			job()
		case <-g.ended:
			return
		}
	}
}
