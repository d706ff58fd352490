package main

import (
	"context"
	"io"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// flushWait is how long the end of the program waits for what is still to be
// written.
const flushWait = time.Second

// queueOutput puts queues before stdout and stderr, so that whoever reads them
// can neither stop nor end a server.
func (j *job) queueOutput() {
	// Without this a write to a pipe that nobody reads ends the program, whatever
	// whoever started it made of the signal.
	signal.Ignore(syscall.SIGPIPE)
	out := newQueue(j.term.out, nil)
	log := newQueue(j.term.err, func(w io.Writer, lost int) {
		j.settings.logger(w).Warn("lines of the log were lost", "lines", lost)
	})
	j.term.out, j.term.err = out, log
	j.queues = []*queue{out, log}
}

// flushOutput ends the queues, and waits at most flushWait for them.
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
