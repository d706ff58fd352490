package mail

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// panics sends all letters but those to one address, and these from the second time on.
type panics struct {
	Sender
	to  string
	had atomic.Bool
}

func (p *panics) Send(ctx context.Context, m Message) error {
	if m.To == p.to && !p.had.Swap(true) {
		panic("cannot send to " + m.To)
	}
	return p.Sender.Send(ctx, m)
}

// A letter that makes the program panic waits like one that a server does not take, and the
// others leave.
func TestOfficeGoesOnAfterALetterThatPanics(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{} }, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.Sender = &panics{Sender: b.Sender, to: "guest1@example.com"}
		b.invite(t, 3)
		closed := b.run(t)
		b.reported(t, 1)
		closed()
		if n := len(s.Received()); n != 2 {
			t.Errorf("%d letters arrived, want 2", n)
		}
		lines := b.log.text.String()
		_, line, _ := strings.Cut(lines, `msg="letter not delivered yet"`)
		if strings.Count(lines, "[running]") != 1 || !strings.Contains(line, `error="panic: cannot send to ADDRESS\ngoroutine `) || !strings.Contains(line, "panic_test.go") {
			t.Errorf("there is not one line that says where the panic was:\n%s", lines)
		}
		if strings.Contains(lines, "guest1") {
			t.Errorf("the address is in the log:\n%s", lines)
		}
		b.clock.Move(15 * time.Second)
		b.once(t)
		received(t, s, 3, 1)
	})
}

// stops stops the clock of the store the first time that it has a letter to send.
type stops struct {
	Sender
	clock *stoppable
	had   atomic.Bool
}

func (p *stops) Send(ctx context.Context, m Message) error {
	if !p.had.Swap(true) {
		p.clock.stopped.Store(true)
		return errors.New("later")
	}
	return p.Sender.Send(ctx, m)
}

// stoppable is a clock that panics while it is stopped.
type stoppable struct {
	*storetest.Clock
	stopped atomic.Bool
}

func (c *stoppable) Now() time.Time {
	if c.stopped.Load() {
		panic("the clock has stopped")
	}
	return c.Clock.Now()
}

// A store that panics keeps the worker only as long as it does so, whether it is asked for letters
// or told of one.
func TestOfficeGoesOnAfterTheStorePanics(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{} }, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		clock := &stoppable{Clock: b.clock}
		rules := store.DefaultRules
		rules.Mails, rules.Keys = true, storetest.Keys(t)
		var err error
		b.Store, err = store.New(t.Context(), b.db, storetest.NewPasswords(), storetest.NewHasher(t), rules, clock.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		b.Sender = &stops{Sender: b.Sender, clock: clock}
		b.invite(t, 1)
		b.run(t)
		const panicked = ` error="panic: the clock has stopped\ngoroutine `
		b.says(t, "try=1"+panicked)
		b.says(t, "msg=outbox"+panicked)
		clock.stopped.Store(false)
		b.says(t, "outbox is back")
		b.clock.Move(store.LetterLease)
		b.reported(t, 0)
		received(t, s, 1, 1)
		if n := b.log.count("[running]"); n != 2 {
			t.Errorf("%d lines have a stack, want 2:\n%s", n, b.log.text.String())
		}
	})
}

// says waits for a line in the log.
func (b *branch) says(t *testing.T, part string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); b.log.count(part) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", part)
		}
	}
}
