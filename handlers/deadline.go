package handlers

import (
	"context"
	"sync"
	"time"
)

// lazyDeadline is a context with a deadline, like that of context.WithDeadline. Its timer
// starts only when somebody waits for Done. Most pages never do, so they set no timer.
type lazyDeadline struct {
	context.Context
	until time.Time

	mu     sync.Mutex
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
}

// withLazyDeadline returns a context that ends after the timeout, with parent, or when end is
// called.
func withLazyDeadline(parent context.Context, timeout time.Duration) (ctx context.Context, end func()) {
	p := &lazyDeadline{Context: parent, until: time.Now().Add(timeout)}
	return p, p.end
}

// Deadline implements context.Context.
func (p *lazyDeadline) Deadline() (time.Time, bool) {
	if until, set := p.Context.Deadline(); set && until.Before(p.until) {
		return until, true
	}
	return p.until, true
}

// Done implements context.Context.
func (p *lazyDeadline) Done() <-chan struct{} { return p.start().Done() }

// Err implements context.Context.
func (p *lazyDeadline) Err() error {
	if err := p.Context.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.timed != nil:
		return p.timed.Err()
	case !time.Now().Before(p.until):
		return context.DeadlineExceeded
	}
	return nil
}

func (p *lazyDeadline) start() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.cancel = context.WithDeadline(p.Context, p.until)
	}
	return p.timed
}

// end stops the timer. Afterwards the context counts as canceled.
func (p *lazyDeadline) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.timed == nil {
		p.timed, p.cancel = endedContext, func() {}
	}
	p.cancel()
}

// endedContext is a context that has ended.
var endedContext = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
