package main

import (
	"context"
	"io"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// flushWait is how long the program waits at its end for output that is not written yet.
const flushWait = time.Second

// queueOutput puts queues in front of stdout and stderr, so that a slow or closed reader can
// neither block nor end a server.
func (inv *invocation) queueOutput() {
	// Otherwise writing to a pipe without a reader could end the program, depending on how the
	// parent process set the signal.
	signal.Ignore(syscall.SIGPIPE)
	out := newQueue(inv.term.out, nil)
	log := newQueue(inv.term.err, func(w io.Writer, lost int) {
		inv.settings.logger(w).Warn("lines of the log were lost", "lines", lost)
	})
	inv.term.out, inv.term.err = out, log
	inv.queues = []*queue{out, log}
}

// flushOutput ends the queues and waits up to flushWait for them.
func (inv *invocation) flushOutput() {
	ctx, cancel := context.WithTimeout(context.Background(), flushWait)
	defer cancel()
	var group sync.WaitGroup
	for _, q := range inv.queues {
		group.Go(func() { q.flush(ctx) })
	}
	group.Wait()
}

// lostLines is how many lines could not be written so far.
func (inv *invocation) lostLines() (lost int64) {
	for _, q := range inv.queues {
		lost += q.lost.Load()
	}
	return lost
}
