package storetest_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of seeing and ending sign-ins.
func TestSignInsContract(t *testing.T) {
	contract(t, []promise{
		{"SES-07 lists the live sign-ins of a person, the one last seen first", listsSignIns},
		{"SES-07 ends one sign-in at once, and its device is no longer known", endsOne},
		{"SES-07 ends all others, and their devices are no longer known", endsOthers},
		{"ends every sign-in of a person and no one else's", endsAll},
		{"ADM-02 finds no foreign, ended or invented sign-in, and changes nothing", endsNoForeign},
		{"LOG-22 gives no sign-in to an account that changed while its password was compared", changedMeanwhile},
		{"LOG-22 waits for a change that is under way", changesJustNow},
	})
}

func (h house) handles(t *testing.T, username string) []string {
	t.Helper()
	list, err := h.SignIns(h.ctx, h.find(t, username))
	must(t, err)
	var handles []string
	for _, n := range list {
		handles = append(handles, n.Handle)
	}
	return handles
}

func listsSignIns(t *testing.T, h house) {
	Register(t, h.Store, grace())
	h.enter(t, "grace", Password, From)
	first := h.signIn(t, false)
	h.clock.Move(time.Second)
	second := h.signIn(t, true)
	h.clock.Move(2 * time.Minute)
	h.visit(t, first.ID)
	if got, want := h.handles(t, "ada"), []string{first.Handle, second.Handle}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	list, err := h.SignIns(h.ctx, h.find(t, "ada"))
	must(t, err)
	if list[1] != second || second.Handle == "" || second.Handle == second.ID || second.Address != From.Address || second.Agent != From.Agent || !second.Remembered {
		t.Errorf("listed %+v, want %+v", list[1], second)
	}
	h.clock.Move(store.Idle)
	for range 2 {
		if got, want := h.handles(t, "ada"), []string{second.Handle}; !slices.Equal(got, want) {
			t.Errorf("after an hour listed %v, want %v", got, want)
		}
		h.clock.Move(time.Second)
	}
}

func endsOne(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	here := h.enter(t, "ada", Password, on("here"))
	there := h.enter(t, "ada", Password, on("there"))
	third := h.enter(t, "ada", Password, on("third"))
	must(t, h.EndSignIn(h.ctx, here, there.Handle, From))
	h.gone(t, there.ID)
	h.visit(t, here.ID)
	h.visit(t, third.ID)
	h.burn(t, "ada", From)
	for device, known := range map[string]bool{"here": true, "there": false, "third": true} {
		if r := h.guess(t, "ada", on(device)); (r.Wait == 0) != known {
			t.Errorf("the device %s is known: %v, want %v", device, !known, known)
		}
	}
}

func endsOthers(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	h.enter(t, "ada", Password, on("there"))
	h.enter(t, "ada", Password, From)
	here := h.enter(t, "ada", Password, on("here"))
	for _, want := range []int64{2, 0} {
		if got, err := h.EndOtherSignIns(h.ctx, here, From); err != nil || got != want {
			t.Errorf("EndOtherSignIns = %d, %v; want %d", got, err, want)
		}
	}
	if got := h.handles(t, "ada"); !slices.Equal(got, []string{here.Handle}) {
		t.Errorf("there remain %v, want this one", got)
	}
	h.visit(t, foreign.ID)
	h.burn(t, "ada", From)
	for device, known := range map[string]bool{"here": true, "there": false} {
		if r := h.guess(t, "ada", on(device)); (r.Wait == 0) != known {
			t.Errorf("the device %s is known: %v, want %v", device, !known, known)
		}
	}
	h.count(t, "devices", 2)
}

func endsAll(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	h.enter(t, "ada", Password, on("here"))
	h.enter(t, "ada", Password, on("there"))
	for _, want := range []int64{2, 0} {
		if got, err := h.EndSignIns(h.ctx, ada, Operator); err != nil || got != want {
			t.Errorf("EndSignIns = %d, %v; want %d", got, err, want)
		}
	}
	h.visit(t, foreign.ID)
	h.count(t, "signins", 1)
	h.count(t, "devices", 1)
}

func endsNoForeign(t *testing.T, h house) {
	Register(t, h.Store, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	mine, ended := h.signIn(t, false), h.signIn(t, false)
	must(t, h.EndSignIn(h.ctx, mine, ended.Handle, From))
	before := h.dump(t)
	for name, handle := range map[string]string{
		"foreign": foreign.Handle, "ended": ended.Handle, "the id of a foreign one": foreign.ID, "the id of one's own": mine.ID,
		"empty": "", "invented": "AAAA", "a pattern": "%", "SQL": "' OR '1'='1",
	} {
		if err := h.EndSignIn(h.ctx, mine, handle, From); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: EndSignIn = %v, want ErrNotFound", name, err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func changedMeanwhile(t *testing.T, h house) {
	here := h.signIn(t, false)
	for i, change := range []func(user store.User) error{
		func(user store.User) error { return h.Disable(h.ctx, user, Operator) },
		func(user store.User) error {
			return errors.Join(h.Disable(h.ctx, user, Operator), h.Enable(h.ctx, user, Operator))
		},
		func(user store.User) error { return h.CloseAccount(h.ctx, user, From) },
		func(user store.User) error {
			if err := h.CloseAccount(h.ctx, user, From); err != nil {
				return err
			}
			_, err := h.Reopen(h.ctx, h.Ticket(store.ByPassword(h.find(t, user.Username))), From)
			return err
		},
		func(user store.User) error { return h.Erase(h.ctx, user, Operator) },
	} {
		r := grace()
		r.Username, r.Email = fmt.Sprintf("grace%d", i), fmt.Sprintf("grace%d@example.com", i)
		Register(t, h.Store, r)
		entry, err := h.Authenticate(h.ctx, r.Username, Password, From)
		must(t, err)
		must(t, change(entry.User))
		if _, err := h.SignIn(h.ctx, entry, store.Origin{}); err == nil {
			t.Errorf("a sign-in came about after change %d", i)
		}
	}
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	_, err = h.ChangePassword(h.ctx, here, Password, otherPassword, From)
	must(t, err)
	if _, err := h.SignIn(h.ctx, entry, store.Origin{}); err == nil {
		t.Error("a sign-in came about by a password that had changed")
	}
	h.count(t, "signins", 1)
}

// A password that changes in one transaction must not leave a sign-in that
// another began by the old one and has not committed yet.
func changesJustNow(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	answers := h.overtake(t, `UPDATE users SET epoch = epoch + 1`, nil, func() error {
		_, err := h.SignIn(h.ctx, store.ByPassword(user), store.Origin{})
		return err
	})
	refused(t, answers[0])
	h.count(t, "signins", 0)
}

// overtake begins a transaction with one statement, starts verbs, ends the
// transaction with others once all verbs wait for it or are done, and returns
// how they were answered.
func (h house) overtake(t *testing.T, first string, last []string, verbs ...func() error) []error {
	t.Helper()
	tx, err := h.db.Write.BeginTx(h.ctx, nil)
	must(t, err)
	defer tx.Rollback() //nolint:errcheck // after Commit this does nothing
	_, err = tx.Exec(first)
	must(t, err)
	var pid int
	if h.kind.Name == PostgreSQL.Name {
		must(t, tx.QueryRow(`SELECT pg_backend_pid()`).Scan(&pid))
	}
	waited := h.db.Write.Stats().WaitCount
	answers, done := make([]error, len(verbs)), make(chan struct{}, len(verbs))
	for i, verb := range verbs {
		go func() {
			answers[i] = verb()
			done <- struct{}{}
		}()
	}
	for waiting := 0; waiting+len(done) < len(verbs); time.Sleep(time.Millisecond) {
		// On SQLite they wait for the one connection that writes.
		waiting = int(h.db.Write.Stats().WaitCount - waited)
		if h.kind.Name == PostgreSQL.Name {
			// The transaction itself would always see what it saw first.
			must(t, h.db.Read.QueryRow(`WITH first AS (SELECT pid FROM pg_stat_activity WHERE $1 = ANY(pg_blocking_pids(pid)))
				SELECT count(*) FROM pg_stat_activity
				WHERE pid IN (SELECT pid FROM first) OR pg_blocking_pids(pid) && ARRAY(SELECT pid FROM first)`, pid).Scan(&waiting))
		}
	}
	for _, statement := range last {
		_, err := tx.Exec(statement)
		must(t, err)
	}
	must(t, tx.Commit())
	for range verbs {
		<-done
	}
	return answers
}
