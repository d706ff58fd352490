package mail

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/mail/mailtest"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// hanging keeps whoever is a guest waiting for good.
func hanging() *mailtest.Server {
	return &mailtest.Server{Answer: func(_ int, to string) error {
		if strings.HasPrefix(to, "guest") {
			return mailtest.Hangs
		}
		return nil
	}}
}

// taken is how many letters were tried.
func (b *branch) taken(t *testing.T) (n int) {
	t.Helper()
	if err := b.db.Read.QueryRow(`SELECT count(*) FROM letters WHERE tries > 0 AND sealed IS NOT NULL`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Sixty invitations wait for a server that takes none; somebody forgot a password.
func TestOfficeKeepsPlacesForWhatIsAwaited(t *testing.T) {
	each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.slow = time.Hour // nobody steps aside, however busy the machine is
		b.invite(t, 60)
		b.run(t)
		s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == places[store.Bulk] })
		ada := storetest.Register(t, b.Store, storetest.Ada())
		if err := b.Store.AskReset(context.Background(), "ada", storetest.From); err != nil {
			t.Fatal(err)
		}
		for _, m := range s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == 2 }) {
			if m.To[0] != ada.Email {
				t.Errorf("wrote to %s", m.To)
			}
		}
		b.reported(t, 60)
		// What nobody can send now is left to other copies.
		if got := b.taken(t); got != places[store.Bulk] {
			t.Errorf("%d invitations are taken, want as many as are on their way, %d", got, places[store.Bulk])
		}
	})
}

// People who wait do not wait for a domain that hangs.
func TestOfficeGoesPastSlowDeliveries(t *testing.T) {
	each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		const slow = 9 // more than have a place
		b.slow = time.Millisecond
		for i := range slow {
			who := storetest.Ada()
			who.Username, who.Email = fmt.Sprint("guest-", i), fmt.Sprintf("guest-%d@example.com", i)
			storetest.Register(t, b.Store, who)
		}
		b.invite(t, slow)
		storetest.Register(t, b.Store, storetest.Ada())
		if err := b.Store.Invite(context.Background(), "other@example.com", store.Origin{}); err != nil {
			t.Fatal(err)
		}
		b.run(t)
		s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == 2 })
	})
}

// A server that is slow itself is not called any number of times.
func TestOfficeSetsOnlySoManyAside(t *testing.T) {
	each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.slow = time.Millisecond
		most := places[store.Bulk] + asideMax
		b.invite(t, most+5)
		b.run(t)
		s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == most })
		storetest.Register(t, b.Store, storetest.Ada()) // and the office goes on
		s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == 1 })
		b.reported(t, most+5)
		if got := b.taken(t); got != most {
			t.Errorf("%d letters are on their way, want %d", got, most)
		}
	})
}

// Whatever a server says is in the log, on one line, but for whom it names.
func TestOfficeLogsFailuresWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command, answer, want string
		givenUp               int
	}{
		{"RCPT", "550 5.1.1 <Guest0@example.com>: unknown", `msg="letter given up" letter=1 kind=invite try=1 error="deliver: refused for good: RCPT TO: 550 5.1.1 <ADDRESS>: unknown"`, 1},
		{
			"RCPT", "550-5.7.1 <guest0@example.com>: not from here\n550 5.7.1 see https://mail.example/why?who=guest0@example.com&code=7",
			`RCPT TO: 550 5.7.1 <ADDRESS>: not from here\n5.7.1 see https://mail.example/why?ADDRESS&code=7"`, 0,
		},
		{"EHLO", "504 5.5.2 who?", `EHLO response: 504 \"5.5.2 who?\", HELO response: 501 \"no\""`, 0},
		{"220", "554-5.7.1 blocked\n554 for good", `greeting: 554 5.7.1 blocked\nfor good"`, 0},
		{"MAIL", "530 5.7.0 Authentication required", `MAIL FROM: 530 5.7.0 Authentication required"`, 0},
	} {
		s := (&mailtest.Script{Answers: map[string]string{c.command: c.answer, "HELO": "501 no"}}).Start(t)
		b := open(t, storetest.SQLite.Migrated(t).Accounts(), storetest.NewClock(), calls(t, s.Addr, "smtp://ADDR"))
		b.invite(t, 1)
		b.once(t)
		if got := b.log.count(c.want + "\n"); got != 1 || b.log.count("guest")+b.log.count("Guest") != 0 {
			t.Errorf("%s is not in the log:\n%s", c.want, b.log.text.String())
		}
		if b.waiting(t) != 1-c.givenUp || b.log.count("given up") != c.givenUp {
			t.Errorf("%s: %d letters wait, want %d", c.answer, b.waiting(t), 1-c.givenUp)
		}
	}
}

// Another version of the program beside this one may have written it.
func TestOfficePutsBackWhatItDoesNotKnow(t *testing.T) {
	each(t, func() *mailtest.Server { return &mailtest.Server{} }, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.invite(t, 1)
		taken, err := b.Store.TakeLetters(t.Context(), store.Bulk, 1)
		if err != nil || len(taken) != 1 {
			t.Fatalf("took %v, %v", taken, err)
		}
		later := taken[0]
		later.Kind = "from-a-later-version"
		b.deliver(t.Context(), later)
		if b.waiting(t) != 1 || s.Arrived() != 0 || b.log.count("given up") != 0 {
			t.Errorf("%d letters wait:\n%s", b.waiting(t), b.log.text.String())
		}
		b.clock.Move(15 * time.Second)
		b.once(t)
		received(t, s, 1, 1)
	})
}
