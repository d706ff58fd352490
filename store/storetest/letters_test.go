package storetest_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the outbox.
func TestLetterContract(t *testing.T) {
	contract(t, []promise{
		{"writes nothing where the site sends no mail", writesNothing},
		{"writes a letter in the transaction of what it speaks of, or does neither", writesOrNothing},
		{"SES-10 keeps nothing of a letter readable, and erases it once it is done", sealsLetters},
		{"RST-12 gives an address three letters of each kind within any hour", threeAnHour},
		{"RST-12 gives three letters to fifty who ask at once, from two copies", threeAtOnce},
		{"gives each letter to one of two workers", takenOnce},
		{"brings back what its worker did not report on", leaseEnds},
		{"tries again after growing pauses, until it is not worth it any more", growingPauses},
		{"gives up what was sealed with another secret, once, and says so", otherSecret},
		{"gives up what nobody could send in time", notWorthIt},
		{"tells people what was done to their account, at a confirmed address only", tellsConfirmed},
		{"prunes done letters and quiet addresses in batches, and none that count", prunesLetters},
	})
}

// mailing is the same house where mail is sent.
func (h house) mailing(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Letters = Seal(t)
	return h.ruled(t, rules)
}

// post takes every letter that is due and reports it delivered.
func (h house) post(t *testing.T) []store.Letter {
	t.Helper()
	var post []store.Letter
	for {
		taken, err := h.TakeLetters(h.ctx, 10)
		must(t, err)
		for _, l := range taken {
			must(t, h.LetterDone(h.ctx, l))
		}
		post = append(post, taken...)
		if len(taken) == 0 {
			return post
		}
	}
}

// letter is the one letter that is due, of that kind.
func (h house) letter(t *testing.T, kind string) store.Letter {
	t.Helper()
	post := h.post(t)
	if got := kinds(post); got != kind {
		t.Fatalf("the letters are %q, want %q", got, kind)
	}
	return post[0]
}

// kinds are the kinds of letters, in order.
func kinds(post []store.Letter) string {
	var list []string
	for _, l := range post {
		list = append(list, l.Kind)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// confirmed registers a person whose address is confirmed.
func (h house) confirmed(t *testing.T, r store.Registration) store.User {
	t.Helper()
	Register(t, h.Store, r)
	user, err := h.ConfirmAddress(h.ctx, h.letter(t, store.LetterConfirm).Token, From)
	must(t, err)
	return user
}

func writesNothing(t *testing.T, h house) {
	n := h.signIn(t, false)
	ada := h.find(t, "ada")
	h.exec(t, `UPDATE users SET confirmed_at = created_at`)
	must(t, h.SendConfirmation(h.ctx, ada, From))
	must(t, h.AskReset(h.ctx, "ada", From))
	must(t, h.ChangeAddress(h.ctx, ada, "new@example.com", From))
	must(t, h.Invite(h.ctx, "guest@example.com", From))
	must(t, h.RegisterPending(h.ctx, grace(), "browser", From))
	_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
	must(t, err)
	h.enter(t, "ada", otherPassword, on("one"))
	h.enter(t, "ada", otherPassword, on("two"))
	must(t, h.CloseAccount(h.ctx, ada, From))
	for _, table := range []string{"letters", "letter_addresses", "tokens"} {
		h.count(t, table, 0)
	}
	if h.Mails() || h.announced() {
		t.Error("letters are announced")
	}
}

// announced says whether new letters were announced.
func (h house) announced() bool {
	select {
	case <-h.Letters():
		return true
	default:
		return false
	}
}

func writesOrNothing(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("one"))
	must(t, h.ChangeAddress(h.ctx, ada, "new@example.com", From))
	move := h.letter(t, store.LetterNewAddress)
	must(t, h.AskReset(h.ctx, "ada", From))
	reset := h.letter(t, store.LetterReset)
	h.announced()
	deeds := map[string]func() error{
		"Register": func() error {
			_, err := h.Register(h.ctx, grace(), From)
			return err
		},
		"ChangePassword": func() error {
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return err
		},
		"SignIn": func() error {
			_, err := h.SignIn(h.ctx, ada, store.Visit{Origin: on("two")})
			return err
		},
		"CloseAccount":  func() error { return h.CloseAccount(h.ctx, ada, From) },
		"ResetPassword": func() error { return h.ResetPassword(h.ctx, reset.Token, otherPassword, From) },
		"ConfirmAddress": func() error {
			_, err := h.ConfirmAddress(h.ctx, move.Token, From)
			return err
		},
		"ChangeAddress": func() error { return h.ChangeAddress(h.ctx, ada, "other@example.com", From) },
	}
	for _, table := range []string{"letters", "events"} {
		h.exec(t, `ALTER TABLE `+table+` RENAME TO lost`)
		before := h.dump(t, "throttles")
		for name, deed := range deeds {
			err := deed()
			if _, refused := store.AsRefusal(err); err == nil || refused {
				t.Errorf("%s without %s = %v, want a fault", name, table, err)
			}
			if after := h.dump(t, "throttles"); after != before {
				t.Errorf("%s without %s changed the database from\n%s\nto\n%s", name, table, before, after)
				before = after
			}
		}
		h.exec(t, `ALTER TABLE lost RENAME TO `+table)
	}
	if h.announced() {
		t.Error("letters that came to nothing are announced")
	}
	must(t, deeds["Register"]())
	if !h.announced() || h.announced() {
		t.Error("a letter is not announced once")
	}
	if l := h.letter(t, store.LetterConfirm); l.To != "grace@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
}

func sealsLetters(t *testing.T, h house) {
	h = h.mailing(t)
	const asked = "somebody.unknown@example.org"
	must(t, h.AskReset(h.ctx, asked, From))
	must(t, h.AskReset(h.ctx, "typed into the wrong line", From))
	Register(t, h.Store, Ada())
	must(t, h.AskReset(h.ctx, "ada", From))
	must(t, h.Invite(h.ctx, "guest@example.com", From))
	h.unreadable(t, "", asked, "somebody", "wrong line")
	h.unreadable(t, "letters", "Ada", "ada", "guest", "example", From.Address, "Firefox")
	post := h.post(t)
	if got := kinds(post); got != "confirm invite reset" {
		t.Fatalf("the letters are %q", got)
	}
	for _, l := range post {
		if len(l.Token) < 43 || l.From != From.Address || l.Agent != From.Agent || !l.At.Equal(h.clock.Now().UTC().Truncate(time.Microsecond)) {
			t.Errorf("the letter is %+v", l)
		}
		h.unreadable(t, "", l.Token)
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
	h.count(t, "letters", 6)
}

// unreadable searches a table, or the whole database with its files, for texts.
func (h house) unreadable(t *testing.T, table string, texts ...string) {
	t.Helper()
	places := map[string]string{"the tables": h.dump(t)}
	if table != "" {
		places = map[string]string{}
		for line := range strings.Lines(h.dump(t)) {
			if strings.HasPrefix(line, table+" ") {
				places["the table "+table] += line
			}
		}
	} else if h.kind.Name == SQLite.Name {
		for _, suffix := range []string{"", "-wal"} {
			text, err := os.ReadFile(h.place + suffix)
			must(t, err)
			places["the file "+suffix] = string(text)
		}
	}
	for place, held := range places {
		for _, text := range texts {
			if held == "" || strings.Contains(held, text) {
				t.Errorf("%s, of %d bytes, has %q in clear", place, len(held), text)
			}
		}
	}
}

func threeAnHour(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada()) // the first
	Register(t, h.Store, grace())
	ask := func(want string) {
		t.Helper()
		must(t, h.SendConfirmation(h.ctx, ada, From))
		if got := kinds(h.post(t)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	h.post(t)
	h.clock.Move(20 * time.Minute)
	ask("confirm")
	h.clock.Move(20 * time.Minute)
	ask("confirm")
	ask("")
	must(t, h.AskReset(h.ctx, "ada", From))
	h.letter(t, store.LetterReset)
	must(t, h.SendConfirmation(h.ctx, h.find(t, "grace"), From))
	if l := h.letter(t, store.LetterConfirm); l.To != "grace@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
	h.clock.Move(20*time.Minute - time.Millisecond)
	ask("")
	h.clock.Move(time.Millisecond)
	ask("confirm")
	ask("")
	h.clock.Move(20*time.Minute - time.Millisecond)
	ask("")
	h.clock.Move(time.Millisecond)
	ask("confirm")
	for range 5 {
		must(t, h.AskReset(h.ctx, "ADA@Example.com ", From))
	}
	if got := kinds(h.post(t)); got != "reset reset" {
		t.Errorf("after one reset within the hour got %q, want two", got)
	}
}

func threeAtOnce(t *testing.T, h house) {
	h = h.mailing(t)
	houses := []house{h, h.copied(t).mailing(t)}
	ada := Register(t, h.Store, Ada())
	h.post(t)
	h.clock.Move(time.Hour)
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			h := houses[i%2]
			var err error
			if i < 25 {
				err = h.SendConfirmation(h.ctx, ada, From)
			} else {
				err = h.AskReset(h.ctx, []string{"ada", "ada@example.com"}[i%2], From)
			}
			if err != nil {
				t.Errorf("ask: %v", err)
			}
		})
	}
	group.Wait()
	var mu sync.Mutex
	var post []store.Letter
	for _, h := range houses {
		group.Go(func() {
			taken := h.post(t)
			mu.Lock()
			defer mu.Unlock()
			post = append(post, taken...)
		})
	}
	group.Wait()
	post = append(post, h.post(t)...) // what one worker wrote after the other had left
	if got, want := kinds(post), "confirm confirm confirm reset reset reset"; got != want {
		t.Errorf("fifty who asked got %q, want %q", got, want)
	}
}

func takenOnce(t *testing.T, h house) {
	h = h.mailing(t)
	const letters = 24
	for i := range letters {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), From))
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	taken := map[string]int{}
	for _, h := range []house{h, h.copied(t).mailing(t), h, h.copied(t).mailing(t)} {
		group.Go(func() {
			for range letters {
				post, err := h.TakeLetters(h.ctx, 3)
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

// take is the one letter that is due, which stays with its worker, or none.
func (h house) take(t *testing.T) (store.Letter, bool) {
	t.Helper()
	taken, err := h.TakeLetters(h.ctx, 10)
	must(t, err)
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
	must(t, h.Invite(h.ctx, "guest@example.com", From))
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
			func() error { return h.Invite(h.ctx, "guest@example.com", From) },
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
		must(t, h.LetterDone(h.ctx, l))
		h.clock.Move(24 * time.Hour)
		if l, ok := h.take(t); ok {
			t.Errorf("%s: given up and came back as %+v", kind, l)
		}
	}
}

func otherSecret(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 3 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), From))
	}
	h.exec(t, `UPDATE letters SET sealed = NULL WHERE id IN (SELECT min(id) FROM letters)`)
	secret := bytes.Repeat([]byte{1}, store.SecretBytes)
	rules := store.DefaultRules
	var err error
	rules.Letters, err = store.NewSeal(secret, "letters")
	must(t, err)
	log := &lines{}
	h.Store, err = store.New(h.ctx, h.db, NewPasswords(t), rules, h.clock.Now, slog.New(slog.NewTextHandler(log, nil)))
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
	taken, err := h.TakeLetters(h.ctx, 1)
	must(t, err)
	if len(taken) != 1 {
		t.Fatalf("%d letters are due", len(taken))
	}
	must(t, h.AskReset(h.ctx, "ada", From)) // nobody answers it
	must(t, h.Invite(h.ctx, "guest@example.com", From))
	h.clock.Move(store.ResetValid)
	if l := h.letter(t, store.LetterInvite); l.To != "guest@example.com" {
		t.Errorf("wrote to %s", l.To)
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
}

func tellsConfirmed(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, grace())
	h.letter(t, store.LetterConfirm)
	h.confirmed(t, Ada())
	for who, want := range map[string][]string{
		"ada":   {"", store.LetterNewDevice, "", store.LetterPasswordChanged, store.LetterClosed},
		"grace": {"", "", "", "", ""},
	} {
		user := h.find(t, who)
		var n store.SignIn
		for i, deed := range []func() error{
			func() error {
				n = h.enter(t, who, Password, on("one"))
				return nil
			},
			func() error {
				n = h.enter(t, who, Password, on("two"))
				return nil
			},
			func() error {
				n = h.enter(t, who, Password, on("two"))
				return nil
			},
			func() (err error) {
				n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From)
				return err
			},
			func() error { return h.CloseAccount(h.ctx, user, From) },
		} {
			h.clock.Move(time.Minute)
			must(t, deed())
			post := h.post(t)
			if got := kinds(post); got != want[i] {
				t.Errorf("%s was told %q, want %q", who, got, want[i])
			}
			for _, l := range post {
				now := h.clock.Now().UTC().Truncate(time.Microsecond)
				if l.To != user.Email || l.Username != who || l.Name != user.Name || l.Token != "" ||
					!l.At.Equal(now) || l.From != From.Address || l.Agent != From.Agent || l.Within != reopen {
					t.Errorf("%s was told %+v", who, l)
				}
			}
		}
	}
}

func prunesLetters(t *testing.T, h house) {
	h = h.mailing(t)
	for i := range 5 {
		must(t, h.Invite(h.ctx, fmt.Sprintf("guest%d@example.com", i), From))
	}
	h.post(t)
	must(t, h.Invite(h.ctx, "waits@example.com", From))
	prunes := map[string]func() (int64, error){
		"letters":          func() (int64, error) { return h.PruneLetters(h.ctx, 3) },
		"letter_addresses": func() (int64, error) { return h.PruneLetterAddresses(h.ctx, 3) },
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
