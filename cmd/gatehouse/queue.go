package main

import (
	"bytes"
	"context"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	// queueMax is how much may wait to be written, in bytes: about four thousand lines.
	queueMax = 1 << 20
	// pieceMax is the largest write that a pipe takes atomically, in bytes. The output of other
	// programs to the same pipe then never splits a line.
	pieceMax = 4 << 10
	// spareMax is the largest buffer that is reused, in bytes.
	spareMax = 64 << 10
)

// A queue buffers writes to something that may block, fail or go away, such as a pipe whose
// reader stopped. Writing to it never waits and never fails. Each write is whole lines, and one
// goroutine passes them on in order. Lines that find the queue full or cannot be written are
// counted as lost.
type queue struct {
	to io.Writer
	// report writes the line that says how many were lost; nil if no such line is written.
	report func(w io.Writer, lost int)
	lost   atomic.Int64

	mu      sync.Mutex
	waiting []byte
	dropped int // since waiting was last taken

	more  chan struct{}
	ended chan struct{} // closed when nothing more comes
	done  chan struct{} // closed when everything is written

	// Only the goroutine that writes uses these.
	spare      []byte
	unreported int  // lost lines that are in no report yet
	halfway    bool // the last line was written only in part
}

func newQueue(to io.Writer, report func(w io.Writer, lost int)) *queue {
	q := &queue{to: to, report: report, more: make(chan struct{}, 1), ended: make(chan struct{}), done: make(chan struct{})}
	go q.run()
	return q
}

// Write takes whole lines. It never fails.
func (q *queue) Write(lines []byte) (int, error) {
	q.mu.Lock()
	// After one dropped line all are dropped until they are reported. The report then stands
	// where they are missing.
	if q.dropped > 0 || len(q.waiting)+len(lines) > queueMax {
		q.dropped += count(lines)
		q.lost.Add(int64(count(lines)))
	} else {
		q.waiting = append(q.waiting, lines...)
	}
	q.mu.Unlock()
	select {
	case q.more <- struct{}{}:
	default:
	}
	return len(lines), nil
}

// flush ends the queue. It returns when everything is written or ctx ends.
func (q *queue) flush(ctx context.Context) {
	close(q.ended)
	select {
	case <-q.done:
	case <-ctx.Done():
	}
}

func (q *queue) run() {
	defer close(q.done)
	for {
		select {
		case <-q.more:
			// Let ready goroutines add their lines first, so that one write takes all of them.
			runtime.Gosched()
			q.drain()
		case <-q.ended:
			q.drain()
			q.reportLost()
			return
		}
	}
}

// drain writes until nothing waits.
func (q *queue) drain() {
	for {
		q.mu.Lock()
		taken, dropped := q.waiting, q.dropped
		q.waiting, q.dropped = q.spare, 0
		q.mu.Unlock()
		q.spare = nil
		for lines := taken; len(lines) > 0; {
			var piece []byte
			piece, lines = cutPiece(lines)
			q.pass(piece)
		}
		if cap(taken) <= spareMax {
			q.spare = taken[:0]
		}
		if dropped > 0 {
			q.unreported += dropped
			q.reportLost()
		}
		if len(taken) == 0 {
			return
		}
	}
}

// pass writes a piece, after the report of lines lost before it.
func (q *queue) pass(piece []byte) {
	missing := count(piece)
	if q.reportLost() {
		missing = q.write(piece)
	}
	q.unreported += missing
	q.lost.Add(int64(missing))
}

// reportLost reports lost lines as soon as that can be written. It says whether nothing is left
// to report.
func (q *queue) reportLost() bool {
	if q.unreported == 0 || q.report == nil {
		return true
	}
	var line bytes.Buffer
	q.report(&line, q.unreported)
	if q.write(line.Bytes()) > 0 {
		return false
	}
	q.unreported = 0
	return true
}

// write returns how many lines were not written completely. A line that was cut off, for
// example by a full disk, is ended first.
func (q *queue) write(lines []byte) (missing int) {
	if q.halfway {
		if _, err := q.to.Write([]byte{'\n'}); err != nil {
			return count(lines)
		}
		q.halfway = false
	}
	n, err := q.to.Write(lines)
	if err == nil {
		return 0
	}
	q.halfway = n > 0 && lines[n-1] != '\n'
	return count(lines[n:])
}

// cutPiece cuts off as many whole lines as fit into one piece, at least one.
func cutPiece(lines []byte) (piece, rest []byte) {
	if len(lines) <= pieceMax {
		return lines, nil
	}
	end := bytes.LastIndexByte(lines[:pieceMax], '\n')
	if end < 0 {
		end = bytes.IndexByte(lines, '\n')
	}
	if end < 0 {
		return lines, nil
	}
	return lines[:end+1], lines[end+1:]
}

func count(lines []byte) int { return bytes.Count(lines, []byte{'\n'}) }
