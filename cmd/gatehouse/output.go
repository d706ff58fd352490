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
func (j *job) queueOutput() {
	// Otherwise writing to a pipe without a reader could end the program, depending on how the
	// parent process set the signal.
	signal.Ignore(syscall.SIGPIPE)
	out := newQueue(j.term.out, nil)
	log := newQueue(j.term.err, func(w io.Writer, lost int) {
		j.settings.logger(w).Warn("lines of the log were lost", "lines", lost)
	})
	j.term.out, j.term.err = out, log
	j.queues = []*queue{out, log}
}

// flushOutput ends the queues and waits up to flushWait for them.
func (j *job) flushOutput() {
	ctx, cancel := context.WithTimeout(context.Background(), flushWait)
	defer cancel()
	var group sync.WaitGroup
	for _, q := range j.queues {
		group.Go(func() { q.flush(ctx) })
	}
	group.Wait()
}

// lostLines is how many lines could not be written so far.
func (j *job) lostLines() (lost int64) {
	for _, q := range j.queues {
		lost += q.lost.Load()
	}
	return lost
}
