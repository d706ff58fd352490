package mail

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

// How the worker goes about it. pollEvery finds what other copies of the
// program wrote, and what was put back. sendWait bounds one delivery and reportWait
// the note of how it went; together they must be shorter than a letter belongs to
// its worker.
const (
	pollEvery  = time.Second
	sendWait   = 4 * time.Minute
	reportWait = 30 * time.Second
)

// Worker delivers what is in the outbox until it is told to stop. Every exported
// field is required.
type Worker struct {
	Store  *store.Store
	Sender Sender
	// Site is the site's name, Base its address, From who letters come from, in
	// the form of RFC 5322.
	Site string
	Base *url.URL
	From string
	Log  *slog.Logger

	// slow stands for slowAfter where it is not 0.
	slow time.Duration
}

// Run delivers letters until ctx ends. A letter that is on its way then is
// put back and leaves after a restart.
func (w *Worker) Run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	left := make(chan struct{}, 1)
	lanes := map[store.Priority]*lane{}
	for _, p := range store.Priorities {
		lanes[p] = newLane(p, left, cmp.Or(w.slow, slowAfter))
	}
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	failing := false
	for {
		var err error
		for _, p := range store.Priorities {
			lane := lanes[p]
			free := lane.free()
			if free == 0 || err != nil {
				continue
			}
			var taken []store.Letter
			taken, err = w.Store.TakeLetters(ctx, p, free, lane.room)
			for _, l := range taken {
				domain := l.Domain()
				lane.enter(domain)
				group.Go(func() { lane.carry(domain, func() { w.deliver(ctx, l) }) })
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing: // said once, not every second until the database is back
			w.Log.Error("outbox", "error", err.Error())
		case err == nil && failing:
			w.Log.Info("outbox is back")
		}
		failing = err != nil
		select {
		case <-w.Store.Letters():
		case <-left:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once delivers what is due now, one letter after another in the order in which they
// were written, and returns.
func (w *Worker) Once(ctx context.Context) error {
	for {
		var due []store.Letter
		for _, p := range store.Priorities {
			taken, err := w.Store.TakeLetters(ctx, p, places[p], nil)
			if err != nil {
				return err
			}
			due = append(due, taken...)
		}
		if len(due) == 0 {
			return nil
		}
		slices.SortFunc(due, func(a, b store.Letter) int { return cmp.Compare(a.ID, b.ID) })
		for _, l := range due {
			w.deliver(ctx, l)
		}
	}
}

// deliver tries one letter and reports how it went.
func (w *Worker) deliver(ctx context.Context, l store.Letter) {
	log := w.Log.With("letter", l.ID, "kind", l.Kind, "try", l.Tries)
	err := w.send(ctx, l)
	// What happened is noted even while the program ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportWait)
	defer cancel()
	if err == nil {
		log.Info("letter delivered")
		w.done(ctx, log, l)
		return
	}
	if !errors.Is(err, ErrPermanent) {
		later, failed := w.Store.LetterLater(ctx, l)
		if failed != nil {
			log.Error("outbox", "error", failed.Error())
		}
		if later {
			log.Warn("letter not delivered yet", "error", nameless(err, l.To))
			return
		}
	}
	log.Error("letter given up", "error", nameless(err, l.To))
	w.done(ctx, log, l)
}

func (w *Worker) done(ctx context.Context, log *slog.Logger, l store.Letter) {
	if err := w.Store.LetterDone(ctx, l); err != nil {
		log.Error("outbox", "error", err.Error())
	}
}

func (w *Worker) send(ctx context.Context, l store.Letter) error {
	m, err := w.write(ctx, l)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendWait)
	defer cancel()
	return w.Sender.Send(ctx, m)
}

// write puts a letter into words.
func (w *Worker) write(ctx context.Context, l store.Letter) (Message, error) {
	letter, ok := components.NewLetter(l, w.Site, w.Base)
	if !ok { // a later version of the program beside this one may know it
		return Message{}, fmt.Errorf("there is no letter of the kind %q", l.Kind)
	}
	var html bytes.Buffer
	// A program that ends in the middle of it has found nothing wrong with the letter.
	if err := components.LetterHTML(letter).Render(context.WithoutCancel(ctx), &html); err != nil {
		return Message{}, fmt.Errorf("draw a letter: %w", err)
	}
	return Message{
		ID:   fmt.Sprintf("letter-%d.%d@%s", l.ID, l.Written.UnixMicro(), Domain(w.Base.Hostname())),
		From: w.From, To: l.To, Subject: letter.Subject, Text: letter.Text(), HTML: html.String(), Sent: l.Written,
	}, nil
}
