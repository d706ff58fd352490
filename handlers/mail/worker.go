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

	"gatehouse/assets"
	"gatehouse/components"
	"gatehouse/store"
)

// pollEvery is how often the worker looks for letters of other copies of the program and for
// delayed ones. sendWait limits one delivery, reportWait the update of its outcome. Their sum
// must be shorter than the time for which a letter is reserved for a worker.
const (
	pollEvery  = time.Second
	sendWait   = 4 * time.Minute
	reportWait = 30 * time.Second
)

// Worker delivers the letters of the outbox until it is stopped. Every exported field but
// Product is required.
type Worker struct {
	Store  *store.Store
	Sender Sender
	// Site is the site's name, Base its address, From the sender of letters as in RFC 5322.
	Site string
	Base *url.URL
	From string
	Log  *slog.Logger
	// Product puts letters of a product into words, by kind. It is nil where there are none.
	Product map[string]components.LetterWords

	// slow replaces slowAfter if it is not 0.
	slow time.Duration
}

// Run delivers letters until ctx ends. A letter in delivery then goes back into the outbox, and
// is sent after a restart.
func (w *Worker) Run(ctx context.Context) {
	var group sync.WaitGroup
	defer group.Wait()
	freed := make(chan struct{}, 1)
	lanes := map[store.Priority]*lane{}
	for _, p := range store.Priorities {
		lanes[p] = newLane(p, freed, cmp.Or(w.slow, slowAfter))
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
			err = store.Safely(func() (err error) {
				taken, err = w.Store.TakeLetters(ctx, p, free, lane.room)
				return err
			})
			for _, l := range taken {
				domain := l.Domain()
				lane.enter(domain)
				group.Go(func() { lane.run(domain, func() { w.deliver(ctx, l) }) })
			}
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing: // log it once, not every second
			w.Log.Error("outbox", "error", err.Error())
		case err == nil && failing:
			w.Log.Info("outbox is back")
		}
		failing = err != nil
		select {
		case <-w.Store.Letters():
		case <-freed:
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once delivers the letters that are due, one after another in the order in which they were
// written, and returns.
func (w *Worker) Once(ctx context.Context) error {
	for {
		var due []store.Letter
		for _, p := range store.Priorities {
			taken, err := w.Store.TakeLetters(ctx, p, slots[p], nil)
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

// deliver attempts one letter and records the outcome. A letter that makes the program panic is a
// failed attempt like any other.
func (w *Worker) deliver(ctx context.Context, l store.Letter) {
	log := w.Log.With("letter", l.ID, "kind", l.Kind, "try", l.Tries)
	failed := store.Safely(func() error { return w.send(ctx, l) })
	// Record the outcome even while the program ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), reportWait)
	defer cancel()
	if err := store.Safely(func() error { return w.report(ctx, log, l, failed) }); err != nil {
		log.Error("outbox", "error", err.Error())
	}
}

// report records that a letter was delivered, or how that failed.
func (w *Worker) report(ctx context.Context, log *slog.Logger, l store.Letter, failed error) error {
	if failed == nil {
		log.Info("letter delivered")
		return w.Store.LetterDone(ctx, l, store.OutcomeSent)
	}
	outcome := store.OutcomeRefused
	if !errors.Is(failed, ErrPermanent) {
		outcome = store.OutcomeExpired
		if later, err := w.Store.LetterLater(ctx, l); later {
			log.Warn("letter not delivered yet", "error", redact(failed, l.To))
			return err
		}
	}
	log.Error("letter given up", "error", redact(failed, l.To))
	return w.Store.LetterDone(ctx, l, outcome)
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

// write renders a letter.
func (w *Worker) write(ctx context.Context, l store.Letter) (Message, error) {
	letter, err := components.NewLetter(l, w.Site, w.Base, w.Product)
	if err != nil { // another copy of the program may be newer and know the kind
		return Message{}, err
	}
	var html bytes.Buffer
	// A shutdown during rendering is not a fault of the letter.
	if err := components.LetterHTML(letter).Render(context.WithoutCancel(ctx), &html); err != nil {
		return Message{}, fmt.Errorf("draw a letter: %w", err)
	}
	return Message{
		ID:   fmt.Sprintf("letter-%d.%d@%s", l.ID, l.Written.UnixMicro(), Domain(w.Base.Hostname())),
		From: w.From, To: l.To, Subject: letter.Subject, Text: letter.Text(), HTML: html.String(), Sent: l.Written, Mark: assets.Mark(),
		Unsubscribe: letter.Unsubscribe,
	}, nil
}
