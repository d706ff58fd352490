// Package mail delivers the letters of the outbox: it puts them into words and
// hands them to a mail server or, on a developer's machine, to the mailbox.
package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"sync"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

// Message is a letter in words, ready to be sent.
type Message struct {
	// ID is the same however often the letter is tried, so that mail programs
	// can tell a second copy from a second letter.
	ID string `json:"-"`
	// Number is what the mailbox calls it.
	Number  int       `json:"-"`
	From    string    `json:"from"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html"`
	Sent    time.Time `json:"sent"`
}

// Sender hands a message on. An error that wraps ErrPermanent means that no
// further try will help.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// ErrPermanent says that the message will never be taken.
var ErrPermanent = errors.New("refused for good")

// How the worker goes about it. pollEvery finds what other copies of the
// program wrote, and what was put back; sendWait bounds one delivery and must
// be shorter than a letter belongs to its worker.
const (
	pollEvery = time.Second
	sendWait  = 60 * time.Second
	carriers  = 4
)

// Office delivers what is in the outbox until it is told to stop. Every field
// is required.
type Office struct {
	Store  *store.Store
	Sender Sender
	// Site is the site's name, Base its address, From who letters come from, in
	// the form of RFC 5322.
	Site string
	Base *url.URL
	From string
	Log  *slog.Logger
}

// Run delivers letters until ctx ends. A letter that is on its way then is
// given up to and comes back after a restart.
func (o *Office) Run(ctx context.Context) {
	letters := make(chan store.Letter)
	var group sync.WaitGroup
	for range carriers {
		group.Go(func() {
			for l := range letters {
				o.deliver(ctx, l)
			}
		})
	}
	defer group.Wait()
	defer close(letters)
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	failing := false
	for {
		taken, err := o.Store.TakeLetters(ctx, carriers)
		switch {
		case ctx.Err() != nil:
		case err != nil && !failing: // said once, not every second until the database is back
			o.Log.Error("outbox", "error", err.Error())
		case err == nil && failing:
			o.Log.Info("outbox is back")
		}
		failing = err != nil
		for _, l := range taken {
			select {
			case letters <- l:
			case <-ctx.Done():
				return
			}
		}
		if len(taken) == carriers {
			continue // there may be more
		}
		select {
		case <-o.Store.Letters():
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// Once delivers what is due now, one letter after another, and returns.
func (o *Office) Once(ctx context.Context) error {
	for {
		taken, err := o.Store.TakeLetters(ctx, carriers)
		if err != nil {
			return err
		}
		for _, l := range taken {
			o.deliver(ctx, l)
		}
		if len(taken) == 0 {
			return nil
		}
	}
}

// deliver tries one letter and reports how it went.
func (o *Office) deliver(ctx context.Context, l store.Letter) {
	log := o.Log.With("letter", l.ID, "kind", l.Kind, "try", l.Tries)
	err := o.send(ctx, l)
	// What happened is noted even while the program ends.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendWait)
	defer cancel()
	if err == nil {
		log.Info("letter delivered")
		o.done(ctx, log, l)
		return
	}
	if !errors.Is(err, ErrPermanent) {
		later, failed := o.Store.LetterLater(ctx, l)
		if failed != nil {
			log.Error("outbox", "error", failed.Error())
		}
		if later {
			log.Warn("letter not delivered yet", "error", nameless(err))
			return
		}
	}
	log.Error("letter given up", "error", nameless(err))
	o.done(ctx, log, l)
}

// address is anything like a mail address. Mail servers repeat those they refuse.
var address = regexp.MustCompile(`[^\s<>"']+@[^\s<>"']+`)

// nameless is an error as it may stand in the log, which names nobody.
func nameless(err error) string { return address.ReplaceAllString(err.Error(), "ADDRESS") }

func (o *Office) done(ctx context.Context, log *slog.Logger, l store.Letter) {
	if err := o.Store.LetterDone(ctx, l); err != nil {
		log.Error("outbox", "error", err.Error())
	}
}

func (o *Office) send(ctx context.Context, l store.Letter) error {
	m, err := o.write(ctx, l)
	if err != nil {
		return errors.Join(ErrPermanent, err)
	}
	ctx, cancel := context.WithTimeout(ctx, sendWait)
	defer cancel()
	return o.Sender.Send(ctx, m)
}

// write puts a letter into words.
func (o *Office) write(ctx context.Context, l store.Letter) (Message, error) {
	letter, ok := components.NewLetter(l, o.Site, o.Base)
	if !ok {
		return Message{}, fmt.Errorf("there is no letter of the kind %q", l.Kind)
	}
	var html bytes.Buffer
	// A program that ends in the middle of it has found nothing wrong with the letter.
	if err := components.LetterHTML(letter).Render(context.WithoutCancel(ctx), &html); err != nil {
		return Message{}, fmt.Errorf("draw a letter: %w", err)
	}
	return Message{
		ID:   fmt.Sprintf("letter-%d.%d@%s", l.ID, l.Written.UnixMicro(), o.Base.Hostname()),
		From: o.From, To: l.To, Subject: letter.Subject, Text: letter.Text(), HTML: html.String(), Sent: l.Written,
	}, nil
}
