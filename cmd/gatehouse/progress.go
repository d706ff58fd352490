package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

// Where somebody watches, the line is renewed each progressEvery; in a log it comes each progressSeldom.
// What is done within progressAfter shows none.
const (
	progressAfter  = 2 * time.Second
	progressEvery  = 200 * time.Millisecond
	progressSeldom = 10 * time.Second
)

// progress says on stderr how far something is.
type progress struct {
	term     terminal
	total    int
	watched  bool
	clock    func() time.Time
	begun    time.Time
	shown    time.Time
	anything bool
}

func newProgress(t terminal, total int, clock func() time.Time) *progress {
	file, isFile := t.err.(*os.File)
	return &progress{term: t, total: total, clock: clock, watched: isFile && term.IsTerminal(int(file.Fd())), begun: clock()}
}

// at says that so many are done.
func (p *progress) at(done int) {
	if done%100 != 0 && done != p.total {
		return
	}
	now := p.clock()
	every := progressSeldom
	if p.watched {
		every = progressEvery
	}
	took := now.Sub(p.begun)
	if took < progressAfter || now.Sub(p.shown) < every {
		return
	}
	p.shown, p.anything = now, true
	speed := float64(done) / took.Seconds()
	left := time.Duration(float64(p.total-done) / max(speed, 1) * float64(time.Second)).Round(time.Second)
	line := fmt.Sprintf("%s of %s · %s a second · %s left", thousands(done), thousands(p.total), thousands(int(speed)), left)
	if p.watched {
		fmt.Fprintf(p.term.err, "\r\033[K%s", line)
		return
	}
	fmt.Fprintln(p.term.err, line)
}

// end takes the line away.
func (p *progress) end() {
	if p.watched && p.anything {
		fmt.Fprint(p.term.err, "\r\033[K")
	}
}
