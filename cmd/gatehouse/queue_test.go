package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// reader is whoever reads what a queue writes. It may stop, or refuse.
type reader struct {
	got spool
	mu  sync.Mutex
	// pieces are the sizes of what came at a time.
	pieces []int
	// room is how much of a piece is taken before it fails; below 0 is all.
	room int
	// going is closed while it reads.
	going chan struct{}
	// stopped gets a value when somebody waits for it.
	stopped chan struct{}
}

var errFull = errors.New("no space left on device")

func newReader() *reader {
	r := &reader{room: -1, going: make(chan struct{}), stopped: make(chan struct{}, 1)}
	close(r.going)
	return r
}

func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	going := r.going
	r.mu.Unlock()
	select {
	case <-going:
	default:
		select {
		case r.stopped <- struct{}{}:
		default:
		}
		<-going
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pieces = append(r.pieces, len(p))
	if r.room >= 0 && r.room < len(p) {
		r.got.Write(p[:r.room]) //nolint:errcheck // it never fails
		return r.room, errFull
	}
	return r.got.Write(p)
}

func (r *reader) takes(room int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.room = room
}

func (r *reader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.going = make(chan struct{})
}

func (r *reader) goOn() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.going)
}

func reportLost(w io.Writer, lost int) { fmt.Fprintf(w, "lost %d\n", lost) }

func (q *queue) puts(lines ...string) {
	for _, line := range lines {
		io.WriteString(q, line+"\n") //nolint:errcheck // it never fails
	}
}

func lines(r *reader) []string { return strings.Split(strings.TrimSuffix(r.got.String(), "\n"), "\n") }

func TestAQueueKeepsLinesWholeAndInOrder(t *testing.T) {
	t.Parallel()
	const writers, each = 8, 500
	r := newReader()
	q := newQueue(r, reportLost)
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := range each {
				q.puts(fmt.Sprintf("%d %d %s", w, n, strings.Repeat("x", n%300)))
			}
		})
	}
	group.Wait()
	long := strings.Repeat("y", 3*pieceMax)
	q.puts(long, "the end")
	q.flush(t.Context())
	var next [writers]int
	got := lines(r)
	for _, line := range got[:len(got)-2] {
		var w, n int
		var rest string
		if _, err := fmt.Sscanf(line+" .", "%d %d %s", &w, &n, &rest); err != nil || n != next[w] || strings.Trim(rest, "x.") != "" {
			t.Fatalf("the line %q, %v; want number %d of writer %d", line, err, next[w], w)
		}
		next[w]++
	}
	if next != [writers]int{each, each, each, each, each, each, each, each} || got[len(got)-2] != long || got[len(got)-1] != "the end" {
		t.Errorf("lines of each writer: %v, and then %d and %q", next, len(got[len(got)-2]), got[len(got)-1])
	}
	for _, size := range r.pieces {
		if size > pieceMax && size != len(long)+1 {
			t.Errorf("%d bytes at a time, want at most %d", size, pieceMax)
		}
	}
	if lost := q.lost.Load(); lost != 0 {
		t.Errorf("%d lines are lost", lost)
	}
}

func TestAQueueWaitsForNobody(t *testing.T) {
	t.Parallel()
	r := newReader()
	q := newQueue(r, reportLost)
	r.stop()
	q.puts("first")
	<-r.stopped
	big := strings.Repeat("z", queueMax/4)
	q.puts(big, big, big, big, "small", "smaller")
	if lost := q.lost.Load(); lost != 3 {
		t.Errorf("%d lines are lost while nobody reads, want 3", lost)
	}
	r.goOn()
	eventually(t, "the report", func() bool { return strings.HasSuffix(r.got.String(), "lost 3\n") })
	q.puts("next")
	q.flush(t.Context())
	if got, want := lines(r), []string{"first", big, big, big, "lost 3", "next"}; !slices.Equal(got, want) {
		t.Errorf("%d lines came, ending in %q; want %q", len(got), got[len(got)-2:], want[4:])
	}
}

func TestAQueueCountsWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newReader()
	q := newQueue(r, reportLost)
	loses := func(want int64, put ...string) {
		t.Helper()
		q.puts(put...)
		eventually(t, fmt.Sprintf("%d lines to be lost", want), func() bool { return q.lost.Load() >= want })
	}
	q.puts("first")
	eventually(t, "the first line", func() bool { return r.got.String() == "first\n" })
	r.takes(0)
	loses(1, "second")
	loses(3, "third", "fourth")
	r.takes(-1)
	q.puts("fifth")
	eventually(t, "the fifth line", func() bool { return strings.HasSuffix(r.got.String(), "fifth\n") })
	r.takes(3) // a disk that is full in the middle of a line
	loses(4, "sixth")
	r.takes(0)
	loses(5, "seventh")
	r.takes(-1)
	q.flush(t.Context())
	if got, want := r.got.String(), "first\nlost 3\nfifth\nsix\nlost 2\n"; got != want {
		t.Errorf("written is %q, want %q", got, want)
	}
	if lost := q.lost.Load(); lost != 5 {
		t.Errorf("%d lines are lost, want 5", lost)
	}
}

func TestTheEndOfAQueueDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	r := newReader()
	q := newQueue(r, reportLost)
	r.stop()
	q.puts("first")
	<-r.stopped
	q.puts("second")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	q.flush(ctx)
	q.puts("third") // too late, and no harm
	r.goOn()
	<-q.done
	if got, want := r.got.String(), "first\nsecond\nthird\n"; got != want {
		t.Errorf("written is %q, want %q", got, want)
	}
}

func BenchmarkLineOfTheLog(b *testing.B) {
	line := []byte("time=2026-11-25T01:54:20.846Z level=INFO msg=request request=AFDTGMX25KC5TTRD method=GET path=/login status=200 bytes=5760 took=38.498µs address=127.0.0.1\n")
	q := newQueue(io.Discard, reportLost)
	b.ReportAllocs()
	for b.Loop() {
		q.Write(line) //nolint:errcheck // it never fails
	}
	q.flush(b.Context())
}
