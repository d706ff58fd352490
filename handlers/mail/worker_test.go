package mail

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// branch is a worker on a database, with what it says and does.
type branch struct {
	*Worker
	db    store.Database
	clock *storetest.Clock
	log   *lines

	mu  sync.Mutex
	ids map[string][]string // of messages, by recipient
}

// lines are what several write at once.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// open makes a worker that sends to a server.
func open(t *testing.T, db store.Database, clock *storetest.Clock, sender Sender) *branch {
	t.Helper()
	rules := store.DefaultRules
	rules.Mails, rules.Keys = true, storetest.Keys(t)
	base, err := url.Parse("https://accounts.example.com")
	if err != nil {
		t.Fatal(err)
	}
	b := &branch{db: db, clock: clock, log: &lines{}, ids: map[string][]string{}}
	b.Worker = &Worker{
		Store: storetest.NewWith(t, db, clock, rules), Site: "Gatehouse", Base: base,
		From: `"Gatehouse" <no-reply@accounts.example.com>`, Log: slog.New(slog.NewTextHandler(b.log, nil)),
	}
	b.Sender = witness{sender, b}
	return b
}

// witness notes the ids of messages on their way.
type witness struct {
	Sender
	b *branch
}

func (w witness) Send(ctx context.Context, m Message) error {
	w.b.mu.Lock()
	w.b.ids[m.To] = append(w.b.ids[m.To], m.ID)
	w.b.mu.Unlock()
	return w.Sender.Send(ctx, m)
}

// each runs a test with a worker on each database, which sends to a server.
func each(t *testing.T, server func() *mailtest.Server, url string, run func(t *testing.T, b *branch, s *mailtest.Server)) {
	t.Parallel()
	for _, d := range storetest.Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			s := server().Start(t)
			run(t, open(t, d.Migrated(t).Accounts(), storetest.NewClock(), mailer(t, s, url)), s)
		})
	}
}

// invite puts letters into the outbox, to guest0@example.com and so on.
func (b *branch) invite(t *testing.T, guests int) {
	t.Helper()
	b.inviteAs(t, "guest%d@example.com", guests)
}

// inviteAs is invite with addresses of another form.
func (b *branch) inviteAs(t *testing.T, form string, guests int) {
	t.Helper()
	for i := range guests {
		if err := b.Store.Invite(context.Background(), fmt.Sprintf(form, i), "", storetest.Operator); err != nil {
			t.Fatal(err)
		}
	}
}

// once delivers what is due now.
func (b *branch) once(t *testing.T) {
	t.Helper()
	if err := b.Once(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// run opens the worker until the test ends, or until it is closed.
func (b *branch) run(t *testing.T) (closed func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.Run(ctx)
	}()
	closed = func() {
		stop()
		<-done
	}
	t.Cleanup(closed)
	return closed
}

// waiting is how many letters are not done.
func (b *branch) waiting(t *testing.T) int {
	t.Helper()
	var n int
	if err := b.db.Read.QueryRow(`SELECT count(*) FROM letters WHERE sealed IS NOT NULL`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// reported waits until all but so many letters are done.
func (b *branch) reported(t *testing.T, but int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); b.waiting(t) != but; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d letters wait, want %d", b.waiting(t), but)
		}
	}
}

// received wants everybody to have got so many letters, and all tries of a
// letter to have one id.
func received(t *testing.T, s *mailtest.Server, guests, each int) {
	t.Helper()
	got := map[string]int{}
	for _, m := range s.Received() {
		got[strings.Join(m.To, ",")]++
	}
	for i := range guests {
		if to := fmt.Sprintf("guest%d@example.com", i); got[to] != each {
			t.Errorf("%s got %d letters, want %d", to, got[to], each)
		}
	}
	if len(got) != guests*min(each, 1) {
		t.Errorf("letters went to %v", got)
	}
}

// sameID wants so many tries of the letter to somebody, under one id, and other
// ids for others.
func (b *branch) sameID(t *testing.T, to string, tries int) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	ids := b.ids[to]
	if len(ids) != tries || len(slices.Compact(slices.Clone(ids))) != 1 {
		t.Errorf("the tries of %s have the ids %q, want one, %d times", to, ids, tries)
	}
	for other, theirs := range b.ids {
		if other != to && len(ids) > 0 && slices.Contains(theirs, ids[0]) {
			t.Errorf("the letters to %s and %s have one id", to, other)
		}
	}
}

func TestOfficeComesBackAfterGreylisting(t *testing.T) {
	each(t, func() *mailtest.Server {
		return &mailtest.Server{Answer: func(n int, _ string) error {
			if n <= 4 {
				return mailtest.Later
			}
			return nil
		}}
	}, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 2)
		for i, pause := range []time.Duration{15 * time.Second, time.Minute} {
			b.once(t)
			b.clock.Move(pause - time.Millisecond)
			b.once(t)
			if got, want := s.Arrived(), 2*(i+1); got != want {
				t.Errorf("%d tries, want %d", got, want)
			}
			b.clock.Move(time.Millisecond)
		}
		b.once(t)
		b.clock.Move(24 * time.Hour)
		b.once(t)
		received(t, s, 2, 1)
		b.sameID(t, "guest0@example.com", 3)
		if got := b.log.count("letter not delivered yet"); got != 4 || b.waiting(t) != 0 {
			t.Errorf("said %d times that a letter must wait, and %d wait", got, b.waiting(t))
		}
		m := s.Received()[0]
		if id := m.Header.Get("Message-Id"); id == "" || !strings.Contains(id, "@accounts.example.com>") {
			t.Errorf("the id is %q", id)
		}
		if !strings.Contains(m.Body, "https://accounts.example.com/invite/") {
			t.Errorf("there is no link in %s", m.Body)
		}
	})
}

func TestOfficeGivesUpWhatIsRefusedForGood(t *testing.T) {
	each(t, func() *mailtest.Server {
		return &mailtest.Server{Answer: func(_ int, to string) error {
			if to == "guest1@example.com" {
				return mailtest.Never
			}
			return nil
		}}
	}, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 2)
		for range 3 {
			b.once(t)
			b.clock.Move(time.Hour)
		}
		received(t, s, 1, 1)
		b.sameID(t, "guest1@example.com", 1)
		if b.log.count(`level=ERROR msg="letter given up"`) != 1 || b.waiting(t) != 0 {
			t.Errorf("said %d times that a letter is given up, and %d wait", b.log.count("given up"), b.waiting(t))
		}
		if b.log.count("/invite/") != 0 {
			t.Error("a link is in the log")
		}
	})
}

func TestOfficeGivesUpAWrongPasswordOnlyWhenTheLinkExpires(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{TLS: true, Auth: true} }, "smtp://gatehouse:hunter2@ADDR",
		func(t *testing.T, b *branch, s *mailtest.Server) {
			address := reset(t, b)
			for _, pause := range []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute} {
				b.once(t)
				if b.waiting(t) != 1 || b.log.count("given up") != 0 {
					t.Fatalf("given up while there is time")
				}
				b.clock.Move(pause)
			}
			b.once(t)
			if b.waiting(t) != 0 || b.log.count(`level=ERROR msg="letter given up"`) != 1 {
				t.Errorf("after five tries %d letters wait", b.waiting(t))
			}
			b.sameID(t, "Ada@example.com", 5)
			if s.Arrived() != 0 || b.log.count("hunter2") != 0 || b.log.count(address) != 0 {
				t.Error("a letter went out, or what is private into the log")
			}
		})
}

// reset makes Ada, asks for a letter with which she chooses a password, and
// returns her address.
func reset(t *testing.T, b *branch) string {
	t.Helper()
	storetest.Register(t, b.Store, storetest.Ada())
	if _, err := b.db.Write.Exec(`DELETE FROM letters`); err != nil {
		t.Fatal(err)
	}
	if err := b.Store.AskReset(context.Background(), "ada", storetest.From); err != nil {
		t.Fatal(err)
	}
	return "Ada@example.com"
}

func TestOfficeComesBackToAServerThatDiedOrWasDown(t *testing.T) {
	each(t, func() *mailtest.Server {
		return &mailtest.Server{Answer: func(n int, _ string) error {
			if n == 1 {
				return mailtest.Dies
			}
			return nil
		}}
	}, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 1)
		b.once(t)
		if s.Arrived() != 1 || b.waiting(t) != 1 {
			t.Errorf("%d tries, %d letters wait", s.Arrived(), b.waiting(t))
		}
		s.Close()
		b.clock.Move(15 * time.Second)
		b.once(t)
		if b.waiting(t) != 1 {
			t.Error("given up because the server is down")
		}
		back := (&mailtest.Server{}).Start(t) // elsewhere: the port may be taken by now
		b.Sender = witness{mailer(t, back, "smtp://ADDR"), b}
		b.clock.Move(time.Minute)
		b.once(t)
		received(t, back, 1, 1)
		b.sameID(t, "guest0@example.com", 3)
		if b.waiting(t) != 0 {
			t.Error("the letter still waits")
		}
	})
}

// A letter that hangs keeps neither the others nor anybody who asks for one.
func TestOfficeDeliversWhileALetterHangs(t *testing.T) {
	each(t, func() *mailtest.Server {
		return &mailtest.Server{Answer: func(_ int, to string) error {
			if to == "guest0@example.com" {
				return mailtest.Hangs
			}
			return nil
		}}
	}, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 1)
		closed := b.run(t)
		s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == 1 })
		const others = 12
		for i := range others {
			if err := b.Store.Invite(context.Background(), fmt.Sprintf("other%d@example.com", i), "", storetest.Operator); err != nil {
				t.Fatal(err)
			}
		}
		s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == others })
		if s.Arrived() != others+1 {
			t.Errorf("%d tries, want %d", s.Arrived(), others+1)
		}
		b.reported(t, 1)
		begun := time.Now()
		closed()
		if took := time.Since(begun); took > b.Sender.(witness).Sender.(*SMTP).Wait/2 {
			t.Errorf("closing waited %v for the letter that hangs", took)
		}
		s.Close()
		healthy := (&mailtest.Server{}).Start(t)
		b.Sender = witness{mailer(t, healthy, "smtp://ADDR"), b}
		b.clock.Move(15 * time.Second)
		b.once(t)
		received(t, healthy, 1, 1)
		b.sameID(t, "guest0@example.com", 2)
	})
}

func TestOfficesOnOneDatabaseDeliverEachLetterOnce(t *testing.T) {
	t.Parallel()
	const letters = 200
	place := storetest.PostgreSQL.New(t)
	db := storetest.PostgreSQL.Open(t, place)
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	s := (&mailtest.Server{}).Start(t)
	clock := storetest.NewClock()
	workers := []*branch{
		open(t, db.Accounts(), clock, mailer(t, s, "smtp://ADDR")),
		open(t, storetest.PostgreSQL.Open(t, place).Accounts(), clock, mailer(t, s, "smtp://ADDR")),
	}
	workers[0].invite(t, letters)
	for _, o := range workers {
		o.run(t)
	}
	s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) >= letters })
	workers[0].reported(t, 0)
	received(t, s, letters, 1)
	shares := []int{len(workers[0].ids), len(workers[1].ids)}
	if s.Arrived() != letters || shares[0]+shares[1] != letters {
		t.Errorf("%d tries, shared as %v", s.Arrived(), shares)
	}
}

// A question of somebody unknown makes no letter, whoever asks.
func TestOfficeWritesToNobodyUnknown(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{} }, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		for _, who := range []string{"nobody", "nobody@example.com", "a@example.com\r\nBcc: b@example.com"} {
			if err := b.Store.AskReset(context.Background(), who, storetest.From); err != nil {
				t.Fatal(err)
			}
		}
		reset(t, b)
		b.once(t)
		if got := s.Received(); len(got) != 1 || got[0].To[0] != "Ada@example.com" || b.waiting(t) != 0 {
			t.Errorf("received %d letters, %d wait", len(got), b.waiting(t))
		}
	})
}

// Whoever stops the program in the middle of a delivery loses no letter.
func TestOfficeThatClosesGivesNothingUp(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{} }, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 1)
		taken, err := b.Store.TakeLetters(t.Context(), store.Bulk, 1, nil)
		if err != nil || len(taken) != 1 {
			t.Fatalf("took %v, %v", taken, err)
		}
		closing, closed := context.WithCancel(t.Context())
		closed()
		b.deliver(closing, taken[0])
		if got := b.waiting(t); got != 1 {
			t.Fatalf("%d letters wait, want 1:\n%s", got, b.log.text.String())
		}
		b.clock.Move(15 * time.Second)
		b.once(t)
		received(t, s, 1, 1)
	})
}
