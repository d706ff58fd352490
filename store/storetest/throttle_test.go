package storetest_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of counting wrong passwords.
func TestThrottleContract(t *testing.T) {
	contract(t, []promise{
		{"LOG-07 makes guesses at a real and at an invented account wait alike", waitsAlike},
		{"LOG-07 counts every spelling of one name together, also of an invented one", oneBucket},
		{"LOG-10 keeps the count when somebody else signs in", othersClearNothing},
		{"LOG-14 refuses the right password like a wrong one while the account waits", rightIsRefused},
		{"forgets the failures once their person signs in", successForgets},
		{"SUDO-03 counts a wrong password of a proof and of a change with the sign-ins", countsProofs},
		{"CVE-2019-5421 counts fifty tries at once before comparing, from two copies", countsBeforeComparing},
		{"takes back a try that was never compared, because it was too busy", busyIsNoTry},
		{"counts a try whose sender left while it was compared", leftTooLate},
		{"takes back a try that was never compared, because its caller left", leftIsNoTry},
		{"takes back the attempt of a right password that a fault kept from leading to anything", faultIsNoTry},
		{"begins again after a quiet day, and not before", quietDay},
		{"SRV-08 keeps waiting after a restart", restarts},
		{"prunes quiet counters in batches", prunesThrottles},
		{"counts nothing where there is no limit", noLimit},
	})
}

// free is how many wrong passwords cost nothing.
var free = store.DefaultLimits.WrongPasswords

// guess tries a wrong password and returns how it was refused: with a wait
// where it was not even compared.
func (h house) guess(t *testing.T, who string, from store.Origin) rules.Refusal {
	t.Helper()
	_, err := h.Authenticate(h.ctx, who, "wrong", from)
	return refused(t, err)
}

// burn guesses until there is a wait, and says how many guesses were compared.
func (h house) burn(t *testing.T, who string, from store.Origin) int {
	t.Helper()
	for n := range 100 {
		if h.guess(t, who, from).Wait > 0 {
			return n
		}
	}
	t.Fatalf("nobody stops guesses at %s", who)
	return 0
}

// on is where people of tests come from, with a device cookie.
func on(device string) store.Origin {
	from := From
	from.Device = device
	return from
}

func waitsAlike(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	both := func() rules.Refusal {
		t.Helper()
		real, invented := h.guess(t, "ada", From), h.guess(t, "nobody", From)
		if byEmail := h.guess(t, "nobody@example.com", From); real != invented || real != byEmail {
			t.Errorf("a real account says %+v, invented ones %+v and %+v", real, invented, byEmail)
		}
		return real
	}
	for range free {
		if r := both(); r.Wait != 0 {
			t.Errorf("one of the free tries says %+v", r)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900} {
		want *= time.Second
		if r := both(); r.Wait != want || !strings.Contains(r.Sentence, "Too many tries") {
			t.Errorf("%+v, want a wait of %v", r, want)
		}
		h.clock.Move(want - time.Millisecond)
		if r := both(); r.Wait == 0 {
			t.Errorf("a try was compared before the %v were over", want)
		}
		h.clock.Move(time.Millisecond)
		if r := both(); r.Wait != 0 {
			t.Errorf("after %v: %+v", want, r)
		}
	}
}

func oneBucket(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for name, spellings := range map[string][]string{
		"real":            {"ada", " ADA\t", "ada@example.com", "ADA@Example.COM ", "ada@ｅxample.com"},
		"invented":        {"nobody", "NOBODY", " nobody", "nobody\n", "Nobody"},
		"invented emails": {"no@example.com", " NO@example.com", "no@EXAMPLE.com", "no@ｅxample.com", "no@example。com"},
		"no name at all":  {"?", " ?", "? ", "?\t", "\n?"},
	} {
		for _, who := range spellings {
			if r := h.guess(t, who, From); r.Wait != 0 {
				t.Errorf("%s: %q says %+v before its time", name, who, r)
			}
		}
		for _, who := range spellings {
			if r := h.guess(t, who, From); r.Wait == 0 {
				t.Errorf("%s: %q has a count of its own", name, who)
			}
		}
	}
}

func othersClearNothing(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	for range free {
		h.guess(t, "ada", From)
		h.enter(t, "grace", Password, From)
	}
	if r := h.guess(t, "ada", From); r.Wait == 0 {
		t.Error("the sign-ins of somebody else cleared the count")
	}
}

func rightIsRefused(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.burn(t, "ada", From)
	wrong := h.guess(t, "ada", From)
	_, err := h.Authenticate(h.ctx, "ada", Password, From)
	if right := refused(t, err); right != wrong {
		t.Errorf("the right password says %+v, a wrong one %+v", right, wrong)
	}
	h.clock.Move(wrong.Wait)
	h.enter(t, "ada", Password, From)
}

func successForgets(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for range 3 {
		for range free - 1 {
			if r := h.guess(t, "ada", From); r.Wait != 0 {
				t.Fatalf("the count goes on after a sign-in: %+v", r)
			}
		}
		h.enter(t, "ada", Password, From)
	}
	h.count(t, "throttles", 0)
}

func countsProofs(t *testing.T, h house) {
	n := h.signIn(t, false)
	for i := range free {
		var err error
		if i%2 == 0 {
			_, err = h.Reauthenticate(h.ctx, n, "wrong", "", From)
		} else {
			_, err = h.ChangePassword(h.ctx, n, "wrong", otherPassword, From)
		}
		if r := refused(t, err); r.Wait != 0 || r.Field == "" {
			t.Errorf("a wrong password says %+v", r)
		}
	}
	want := h.guess(t, "ada", From)
	if want.Wait == 0 {
		t.Fatal("guesses of somebody signed in are not counted with the sign-ins")
	}
	_, reauth := h.Reauthenticate(h.ctx, n, Password, "", From)
	_, changed := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
	if refused(t, reauth) != want || refused(t, changed) != want {
		t.Errorf("the right password says %v and %v, want %v", reauth, changed, want)
	}
	h.visit(t, n.ID)
}

func countsBeforeComparing(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	houses := []house{h, h.copied(t)}
	for _, who := range []string{"ada", "nobody"} {
		var group sync.WaitGroup
		var mu sync.Mutex
		compared := 0
		for i := range 50 {
			group.Go(func() {
				_, err := houses[i%2].Authenticate(h.ctx, who, "wrong", From)
				refusal, ok := rules.AsRefusal(err)
				if !ok {
					t.Errorf("Authenticate = %v, want a refusal", err)
				}
				if refusal.Wait == 0 {
					mu.Lock()
					defer mu.Unlock()
					compared++
				}
			})
		}
		group.Wait()
		if compared != free {
			t.Errorf("%d of 50 tries at %s were compared, want %d", compared, who, free)
		}
	}
}

// gated is the same house with a gate of the test's own.
func (h house) gated(t *testing.T, gate *secret.Gate) house {
	t.Helper()
	t.Cleanup(gate.Close)
	s, err := store.New(h.ctx, h.db, NewPasswords(), &secret.Hasher{Cost: Cost, Gate: gate}, store.DefaultRules, h.clock.Now, slog.New(slog.DiscardHandler))
	must(t, err)
	h.Store = s
	return h
}

func busyIsNoTry(t *testing.T, h house) {
	n := h.signIn(t, false)
	busy := h.gated(t, secret.NewGate(0, time.Millisecond))
	for range free {
		for range 2 {
			_, tried := busy.Authenticate(h.ctx, "ada", Password, From)
			_, reauth := busy.Reauthenticate(h.ctx, n, Password, "", From)
			_, changed := busy.ChangePassword(h.ctx, n, Password, otherPassword, From)
			for _, err := range []error{tried, reauth, changed} {
				if !errors.Is(err, secret.ErrBusy) {
					t.Errorf("got %v, want ErrBusy", err)
				}
			}
		}
		if r := h.guess(t, "ada", From); r.Wait != 0 {
			t.Errorf("one of the free tries says %+v", r)
		}
	}
	if r := h.guess(t, "ada", From); r.Wait != time.Second {
		t.Errorf("after five compared tries %+v, want a wait of a second", r)
	}
}

// A password that was compared counts, whoever waits for the answer.
func leftTooLate(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	gate := secret.NewGate(1, time.Minute)
	left := h.gated(t, gate)
	for _, who := range []string{"ada", "nobody"} {
		ctx, leave := context.WithCancel(h.ctx)
		gate.Busy = func(busy bool) {
			if busy {
				leave()
			}
		}
		_, err := left.Authenticate(ctx, who, otherPassword, From)
		refused(t, err)
	}
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	if events[0].Name != store.EventFailed {
		t.Errorf("the last event is %s, want %s", events[0].Name, store.EventFailed)
	}
	h.count(t, "users WHERE wrong_passwords = 1", 1)
	h.count(t, "throttles WHERE failures = 1", 2)
}

func leftIsNoTry(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	busy := h.gated(t, secret.NewGate(0, time.Minute))
	for _, who := range []string{"ada", "nobody"} {
		for range free + 1 {
			ctx, leave := context.WithCancel(h.ctx)
			answer := make(chan error, 1)
			go func() {
				_, err := busy.Authenticate(ctx, who, Password, From)
				answer <- err
			}()
			h.until(t, `SELECT count(*) FROM throttles WHERE failures > 0`)
			leave()
			if err := <-answer; !errors.Is(err, context.Canceled) {
				t.Errorf("Authenticate = %v, want that the caller left", err)
			}
		}
		if n := h.burn(t, who, From); n != free {
			t.Errorf("%d guesses at %s are left, want %d", n, who, free)
		}
		h.exec(t, `DELETE FROM throttles`)
	}
}

func faultIsNoTry(t *testing.T, h house) {
	n := h.signIn(t, false)
	for name, verb := range map[string]func() error{
		"SignIn": func() error {
			entry, err := h.Authenticate(h.ctx, "ada", Password, From)
			must(t, err)
			_, err = h.SignIn(h.ctx, entry, From)
			return err
		},
		"Prove": func() error {
			_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
			return err
		},
		"ChangePassword": func() error {
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			return err
		},
	} {
		h.exec(t, `ALTER TABLE events RENAME TO lost`)
		err := verb()
		if _, refused := rules.AsRefusal(err); err == nil || refused {
			t.Errorf("%s = %v, want a fault", name, err)
		}
		h.count(t, "throttles WHERE failures > 0", 0)
		h.exec(t, `ALTER TABLE lost RENAME TO events`)
	}

	hasher := &secret.Hasher{Cost: Cost + 1, Gate: secret.NewGate(1, time.Minute)}
	t.Cleanup(hasher.Gate.Close)
	ctx, leave := context.WithCancel(h.ctx)
	hasher.Gate.Busy = func(busy bool) {
		if !busy {
			leave() // the password was right, and is to be hashed again
		}
	}
	dearer, err := store.New(h.ctx, h.db, NewPasswords(), hasher, store.DefaultRules, h.clock.Now, slog.New(slog.DiscardHandler))
	must(t, err)
	if _, err := dearer.Authenticate(ctx, "ada", Password, From); !errors.Is(err, context.Canceled) {
		t.Errorf("Authenticate = %v, want that the caller left", err)
	}
	h.count(t, "throttles WHERE failures > 0", 0)
}

// until waits for a query that counts to find something.
func (h house) until(t *testing.T, query string, args ...any) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(time.Millisecond) {
		var n int
		must(t, h.db.Read.QueryRow(query, args...).Scan(&n))
		if n > 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing came of %s", query)
		}
	}
}

func quietDay(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, who := range []string{"ada", "nobody"} {
		for range free - 1 {
			h.guess(t, who, From)
		}
	}
	h.clock.Move(24*time.Hour - time.Second)
	for _, who := range []string{"ada", "nobody"} {
		if n := h.burn(t, who, From); n != 1 {
			t.Errorf("within the day %d guesses at %s were left, want 1", n, who)
		}
	}
	h.clock.Move(24 * time.Hour)
	for _, who := range []string{"ada", "nobody"} {
		if n := h.burn(t, who, From); n != free {
			t.Errorf("after a quiet day %d guesses at %s were left, want %d", n, who, free)
		}
		if r := h.guess(t, who, From); r.Wait != time.Second {
			t.Errorf("after a quiet day the first wait for %s is %v", who, r.Wait)
		}
	}
}

func restarts(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	h.burn(t, "ada", From)
	h.burn(t, "nobody", From)
	h.clock.Move(time.Second)
	h.guess(t, "ada", From)
	h.guess(t, "nobody", From)
	again := h.copied(t)
	for _, who := range []string{"ada", "nobody"} {
		if r := again.guess(t, who, From); r.Wait != 2*time.Second {
			t.Errorf("a new store says %+v for %s, want a wait of two seconds", r, who)
		}
	}
}

func prunesThrottles(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	for _, who := range []string{"a1", "b2", "c3", "d4", "ada"} {
		h.guess(t, who, From)
	}
	h.clock.Move(24 * time.Hour)
	h.burn(t, "live", From)
	var got []int64
	for range 3 {
		n, err := Prune(h.ctx, h.Store, "failed tries", 3)
		must(t, err)
		got = append(got, n)
	}
	if want := []int64{3, 2, 0}; !slices.Equal(got, want) {
		t.Errorf("pruned %v, want %v", got, want)
	}
	if r := h.guess(t, "live", From); r.Wait == 0 {
		t.Error("pruning took a count that was not quiet")
	}
}

func noLimit(t *testing.T, h house) {
	h = h.unlimited(t)
	n := h.signIn(t, false)
	for range 3 * free {
		if r := h.guess(t, "ada", From); r.Wait != 0 {
			t.Fatalf("got %+v", r)
		}
	}
	_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
	must(t, err)
	h.enter(t, "ada", Password, From)
	h.count(t, "throttles", 0)
}

// enter is a whole sign-in.
func (h house) enter(t *testing.T, who, password string, from store.Origin) store.SignIn {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, who, password, from)
	if err != nil {
		t.Fatalf("authenticate %s: %v", who, err)
	}
	n, err := h.SignIn(h.ctx, entry, from)
	if err != nil {
		t.Fatalf("sign in %s: %v", who, err)
	}
	return n
}

// grace is a second person, with the password of the first.
func grace() store.Registration {
	return store.Registration{Name: "Grace Hopper", Username: "grace", Email: "grace@example.com", Password: Password}
}
