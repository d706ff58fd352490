package storetest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

func takenOnce(t *testing.T, h house) {
	h = h.mailing(t)
	const letters = 24
	for i := range letters {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), "", Operator))
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	for _, h := range []house{h, h.copied(t).mailing(t), h, h.copied(t).mailing(t)} {
		group.Go(func() {
			for range letters {
				post, err := h.TakeLetters(h.ctx, store.Bulk, 3, nil)
				if err != nil {
					t.Errorf("TakeLetters = %v", err)
					return
				}
				mu.Lock()
				for _, l := range post {
					if taken[l.To]++; l.Tries != 1 {
						t.Errorf("the first try is number %d", l.Tries)
					}
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	for to, n := range taken {
		if n != 1 {
			t.Errorf("%d workers have the letter to %s", n, to)
		}
	}
	if len(taken) != letters {
		t.Errorf("%d letters were taken, want %d", len(taken), letters)
	}
}

func pastTheOthers(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 100 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@%s", i, []string{"hangs.example", "HANGS.Example"}[i%2]), "", Operator))
	}
	for i := range 3 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), "", Operator))
	}
	free := map[string]int{"hangs.example": 1, "example.com": 10}
	room := func(domain string) int { return free[domain] }
	for _, want := range [][]string{
		{"guest0@hangs.example", "guest0@example.com"}, {"guest1@hangs.example", "guest1@example.com"}, {"guest2@example.com"}, nil,
	} {
		taken, err := h.TakeLetters(h.ctx, store.Bulk, 2, room)
		must(t, err)
		var to []string
		for _, l := range taken {
			to = append(to, l.To)
		}
		if !slices.Equal(to, want) {
			t.Errorf("took the letters to %q, want %q", to, want)
		}
		if len(taken) == 2 && taken[0].To == "guest1@hangs.example" {
			free["hangs.example"] = 0
		}
	}
	h.count(t, "letters WHERE tries > 0", 5)
	// The question of somebody who forgot a password goes nowhere, and what is over needs no room.
	must(t, h.AskReset(h.ctx, "nobody@hangs.example", From))
	if taken, err := h.TakeLetters(h.ctx, store.Awaited, 2, room); err != nil || len(taken) != 0 {
		t.Errorf("TakeLetters = %v, %v", taken, err)
	}
	h.clock.Move(store.LetterLasts)
	if taken, err := h.TakeLetters(h.ctx, store.Bulk, 2, room); err != nil || len(taken) != 0 {
		t.Errorf("TakeLetters = %v, %v", taken, err)
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
}

// take is the one letter that is due, which stays with its worker, or none.
func (h house) take(t *testing.T) (store.Letter, bool) {
	t.Helper()
	taken := h.due(t, 10)
	if len(taken) > 1 {
		t.Fatalf("%d letters are due", len(taken))
	}
	if len(taken) == 0 {
		return store.Letter{}, false
	}
	return taken[0], true
}

func leaseEnds(t *testing.T, h house) {
	h = h.mailing(t)
	must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
	want, _ := h.take(t)
	for tries := 2; tries < 4; tries++ {
		h.clock.Move(5*time.Minute - time.Millisecond)
		if l, ok := h.take(t); ok {
			t.Errorf("taken from its worker: %+v", l)
		}
		h.clock.Move(time.Millisecond)
		got, ok := h.copied(t).mailing(t).take(t)
		want.Tries = tries
		if !ok || got != want {
			t.Errorf("came back as %+v, want %+v", got, want)
		}
	}
}

func growingPauses(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, Ada())
	h.post(t)
	for kind, c := range map[string]struct {
		write  func() error
		pauses []time.Duration
	}{
		store.LetterReset: {
			func() error { return h.AskReset(h.ctx, "ada", From) },
			[]time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute},
		},
		store.LetterInvite: {
			func() error { return h.Invite(h.ctx, "guest@example.com", "", Operator) },
			append([]time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute}, slices.Repeat([]time.Duration{time.Hour}, 23)...),
		},
	} {
		must(t, c.write())
		first, _ := h.take(t)
		l := first
		for i, pause := range c.pauses {
			if later, err := h.LetterLater(h.ctx, l); err != nil || !later {
				t.Fatalf("%s, try %d: LetterLater = %v, %v", kind, i+1, later, err)
			}
			h.clock.Move(pause - time.Millisecond)
			if _, ok := h.take(t); ok {
				t.Errorf("%s: the pause after try %d is shorter than %v", kind, i+1, pause)
			}
			h.clock.Move(time.Millisecond)
			var ok bool
			if l, ok = h.take(t); !ok || l.Tries != i+2 || l.LetterData != first.LetterData {
				t.Fatalf("%s: after %v came back %+v", kind, pause, l)
			}
		}
		if later, err := h.LetterLater(h.ctx, l); err != nil || later {
			t.Errorf("%s: after its time LetterLater = %v, %v", kind, later, err)
		}
		must(t, h.LetterDone(h.ctx, l, store.OutcomeSent))
		h.clock.Move(24 * time.Hour)
		if l, ok := h.take(t); ok {
			t.Errorf("%s: given up and came back as %+v", kind, l)
		}
	}
}

func otherSecret(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 3 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), "", Operator))
	}
	h.exec(t, `UPDATE letters SET sealed = NULL WHERE id IN (SELECT min(id) FROM letters)`)
	key := bytes.Repeat([]byte{1}, secret.Length)
	rules := store.DefaultRules
	var err error
	rules.Mails = true
	rules.Keys, err = secret.NewKeys(key)
	must(t, err)
	log := &lines{}
	h.Store, err = store.New(h.ctx, h.db, NewPasswords(), NewHasher(t), rules, h.clock.Now, slog.New(slog.NewTextHandler(log, nil)))
	must(t, err)
	for range 2 {
		if post := h.post(t); len(post) != 0 {
			t.Errorf("opened %+v", post)
		}
		if got := strings.Count(log.String(), "letter lost"); got != 2 {
			t.Errorf("said %d times that a letter is lost, want 2", got)
		}
		h.count(t, "letters WHERE sealed IS NOT NULL", 0)
		h.clock.Move(time.Hour)
	}
	if strings.Contains(log.String(), "guest") {
		t.Errorf("an address is in the log: %s", log.String())
	}
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

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var _ io.Writer = (*lines)(nil)

func notWorthIt(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, Ada())
	h.post(t)
	must(t, h.AskReset(h.ctx, "ada", From))
	if taken := h.due(t, 1); len(taken) != 1 {
		t.Fatalf("%d letters are due", len(taken))
	}
	must(t, h.AskReset(h.ctx, "ada", From)) // nobody answers it
	must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
	h.clock.Move(store.ResetValid)
	if l := h.letter(t, store.LetterInvite); l.To != "guest@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
}

func prunesLetters(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 5 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), "", Operator))
	}
	h.post(t)
	must(t, h.Invite(h.ctx, "waits@example.com", "", Operator))
	prunes := map[string]func() (int64, error){
		"letters":          func() (int64, error) { return Prune(h.ctx, h.Store, "letters to nobody here", 3) },
		"letter_addresses": func() (int64, error) { return Prune(h.ctx, h.Store, "addresses of letters", 3) },
	}
	for _, step := range []struct {
		move               time.Duration
		letters, addresses []int64
	}{
		{time.Hour - time.Millisecond, []int64{0}, []int64{0}},
		{time.Millisecond, []int64{3, 2, 0}, []int64{3, 3, 0}},
		{24*time.Hour - time.Millisecond, []int64{0}, []int64{0}},
		{time.Millisecond, []int64{1, 0}, []int64{0}},
	} {
		h.clock.Move(step.move)
		for table, want := range map[string][]int64{"letters": step.letters, "letter_addresses": step.addresses} {
			for _, n := range want {
				if got, err := prunes[table](); err != nil || got != n {
					t.Errorf("after %v pruned %d %s, %v; want %d", step.move, got, table, err, n)
				}
			}
		}
	}
	h.count(t, "letters", 0)
}

// prune runs every pruning until nothing is left to prune.
func (h house) prune(t *testing.T) {
	t.Helper()
	for _, p := range h.Prunings() {
		for {
			n, err := p.Do(h.ctx, store.PruneBatch)
			if must(t, err); n == 0 {
				break
			}
		}
	}
}

func keepsOutcomes(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	must(t, h.LetterDone(h.ctx, h.due(t, 1)[0], store.OutcomeRefused))
	must(t, h.AskReset(h.ctx, "ada", From))
	h.due(t, 1) // and its worker is gone
	must(t, h.Invite(h.ctx, "guest@example.com", "", Operator))
	outcomes := func() (list []string) {
		p, err := h.Person(h.ctx, ada.ID)
		must(t, err)
		for _, l := range p.Letters {
			list = append(list, fmt.Sprint(l.Kind, " ", l.Outcome, " ", l.Waits))
		}
		return list
	}
	want := []string{"reset  true", "new-address refused false", "confirm sent false"}
	if got := outcomes(); !slices.Equal(got, want) {
		t.Errorf("the letters are %q, want %q", got, want)
	}
	h.clock.Move(time.Hour - time.Microsecond)
	h.prune(t)
	h.count(t, "letters WHERE address <> ''", 4)
	h.clock.Move(time.Microsecond)
	want[0] = "reset expired false"
	if got := outcomes(); !slices.Equal(got, want) {
		t.Errorf("the letters are %q, want %q", got, want)
	}
	h.prune(t)
	h.count(t, "letters WHERE address <> ''", 2) // one of them is over and has not been given up long enough
	h.clock.Move(store.LetterLasts + time.Hour)
	h.prune(t)
	h.count(t, "letters WHERE address <> '' OR sealed IS NOT NULL OR token <> ''", 0)
	h.count(t, "letters", 3)
	if got := outcomes(); !slices.Equal(got, want) {
		t.Errorf("the letters are %q, want %q", got, want)
	}
	h.clock.Move(store.LettersKept)
	if got := outcomes(); len(got) != 0 {
		t.Errorf("after a week there is still %q", got)
	}
	h.prune(t)
	h.count(t, "letters", 0)
}

func disownsLetters(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	h.clock.Move(time.Hour)
	h.prune(t)
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	h.post(t)
	must(t, h.CloseAccount(h.ctx, ada, From))
	h.count(t, "letters", 3)
	must(t, h.Erase(h.ctx, ada, Operator))
	h.count(t, "letters WHERE address <> '' AND user_id IS NULL", 2)
	h.count(t, "letters", 2)
	if l := h.letter(t, store.LetterClosed); l.To != ada.Email {
		t.Errorf("wrote to %s", l.To)
	}
	h.clock.Move(time.Hour)
	h.prune(t)
	h.count(t, "letters", 0)
}
