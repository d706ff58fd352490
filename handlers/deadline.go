package handlers

import (
	"context"
	"sync"
	"time"
)

// patience is a context with a deadline, as context.WithDeadline makes it, but
// for its timer: that runs once somebody waits for it. Most pages wait for
// nothing, and a timer that is set and stopped again costs a tenth of them.
type patience struct {
	context.Context
	until time.Time

	mu     sync.Mutex
	waited context.Context // nil until somebody waits
	cancel context.CancelFunc
}

// withPatience ends at the deadline, with parent, or when end is called.
func withPatience(parent context.Context, wait time.Duration) (ctx context.Context, end func()) {
	p := &patience{Context: parent, until: time.Now().Add(wait)}
	return p, p.end
}

// Deadline implements context.Context.
func (p *patience) Deadline() (time.Time, bool) {
	if until, set := p.Context.Deadline(); set && until.Before(p.until) {
		return until, true
	}
	return p.until, true
}

// Done implements context.Context.
func (p *patience) Done() <-chan struct{} { return p.wait().Done() }

// Err implements context.Context.
func (p *patience) Err() error {
	if err := p.Context.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.waited != nil:
		return p.waited.Err()
	case !time.Now().Before(p.until):
		return context.DeadlineExceeded
	}
	return nil
}

func (p *patience) wait() context.Context {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited == nil {
		p.waited, p.cancel = context.WithDeadline(p.Context, p.until)
	}
	return p.waited
}

// end lets go of the timer. What is asked of the context later finds it ended.
func (p *patience) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waited == nil {
		p.waited, p.cancel = over, func() {}
	}
	p.cancel()
}

// over is a context that has ended.
var over = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()
