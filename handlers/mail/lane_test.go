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

// tried waits until so many letters were.
func (b *branch) tried(t *testing.T, letters int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); b.taken(t) != letters; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d letters were tried, want %d", b.taken(t), letters)
		}
	}
}

// Sixty invitations wait for a server that takes none; somebody forgot a password.
func TestOfficeKeepsPlacesForWhatIsAwaited(t *testing.T) {
	each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.slow = time.Hour // nobody steps aside, however busy the machine is
		b.inviteAs(t, "guest@%d.example", 60)
		b.run(t)
		s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == slots[store.Bulk] })
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
		if got := b.taken(t); got != slots[store.Bulk] {
			t.Errorf("%d invitations are taken, want as many as are on their way, %d", got, slots[store.Bulk])
		}
	})
}

// ask puts awaited letters into the outbox, to guests at a domain in several spellings.
func (b *branch) ask(t *testing.T, guests int) {
	t.Helper()
	for i := range guests {
		who := storetest.Ada()
		who.Username = fmt.Sprint("guest-", i)
		who.Email = who.Username + "@" + []string{"bücher.example", "BÜCHER.Example", "xn--bcher-kva.example", "XN--BCHER-KVA.example"}[i%4]
		storetest.Register(t, b.Store, who)
	}
}

// However many letters hang for a domain, those to others leave at once: before any
// of them steps aside, and after they have.
func TestOfficeGoesPastADomainThatHangs(t *testing.T) {
	const many = asideMax + 8 // more than there are places, and room aside
	for name, slow := range map[string]time.Duration{"before it is known to be slow": time.Hour, "after": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
				b.slow = slow
				b.ask(t, many)
				b.inviteAs(t, "guest%d@hangs.example", many)
				b.run(t)
				all := slots[store.Awaited] - 1 + slots[store.Bulk] - 1
				s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == all })
				storetest.Register(t, b.Store, storetest.Ada())
				b.inviteAs(t, "other%d@example.com", 3)
				s.Wait(t, func(received []mailtest.Message, _ int) bool { return len(received) == 4 })
				b.reported(t, 2*many)
				// What waits belongs to nobody, so that no lease of it runs out.
				if got := b.taken(t); got != all {
					t.Errorf("%d letters are taken, want %d", got, all)
				}
			})
		})
	}
}

// Once a letter to a domain is done, whether or not it was aside, the next one leaves.
func TestOfficeComesBackToADomainThatHung(t *testing.T) {
	for name, slow := range map[string]time.Duration{"in their places": time.Hour, "aside": time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, _ *mailtest.Server) {
				share, goOn := slots[store.Awaited]-1, make(chan struct{})
				s := (&mailtest.Server{Answer: func(n int, _ string) error {
					if n <= share {
						<-goOn
					}
					return nil
				}}).Start(t)
				b.Sender = witness{mailer(t, s, "smtp://ADDR"), b}
				b.slow = slow
				b.ask(t, 3*share)
				b.run(t)
				b.tried(t, share)
				close(goOn)
				b.reported(t, 0)
			})
		})
	}
}

// A server that is slow itself is not called any number of times.
func TestOfficeSetsOnlySoManyAside(t *testing.T) {
	each(t, hanging, "smtp://ADDR", func(t *testing.T, b *branch, s *mailtest.Server) {
		b.slow = time.Millisecond
		most := slots[store.Bulk] + asideMax
		b.inviteAs(t, "guest@%d.example", most+5)
		b.run(t)
		s.Wait(t, func(_ []mailtest.Message, arrived int) bool { return arrived == most })
		storetest.Register(t, b.Store, storetest.Ada()) // and the worker goes on
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
			`RCPT TO: 550 5.7.1 <ADDRESS>: not from here 5.7.1 see https://mail.example/why?ADDRESS&code=7"`, 0,
		},
		{"EHLO", "504 5.5.2 who?", `error="deliver: EHLO: 504 5.5.2 who?; HELO: 501 no"`, 0},
		{"220", "554-5.7.1 blocked\n554 for good", `greeting: 554 5.7.1 blocked for good"`, 0},
		{"220", "SSH-2.0-OpenSSH_9.9", `error="deliver: greeting: that is no answer of a mail server: SSH-2.0-OpenSSH_9.9"`, 0},
		{"EHLO", "421-4.7.0 too many\n421 4.7.0 go away", `error="deliver: EHLO: 421 4.7.0 too many 4.7.0 go away"`, 0},
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
		taken, err := b.Store.TakeLetters(t.Context(), store.Bulk, 1, nil)
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
