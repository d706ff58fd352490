package storetest_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// otherPassword is what Ada changes hers to.
const otherPassword = "difference engine no. 2"

// The contract of recent proof and of changing the password.
func TestProofContract(t *testing.T) {
	contract(t, []promise{
		{"SUDO-02 takes a sign-in for a proof, for ten minutes", provesForTenMinutes},
		{"SUDO-02 gives a proved sign-in a new id, and the old one is dead", proofRenews},
		{"SES-06 does not move the absolute end by proofs", proofMovesNoEnd},
		{"refuses a proof of an ended sign-in and of a disabled account", provesNoEnded},
		{"gives one of two proofs at once the sign-in", provesOnce},
		{"SES-08 ends the others, renews this one and takes the new password alone", changesPassword},
		{"REG-10 holds a new password to the rules, and refuses the same one", changeKeepsRules},
		{"SUDO-03 changes nothing by a wrong current password", changeNeedsCurrent},
		{"lets one of two changes at once come about", changesOnce},
	})
}

func provesForTenMinutes(t *testing.T, h house) {
	n := h.signIn(t, false)
	if !h.RecentlyAuthenticated(n) {
		t.Error("a fresh sign-in is no proof")
	}
	h.clock.Move(store.RecentAuth - time.Second)
	if n = h.visit(t, n.ID); !h.RecentlyAuthenticated(n) {
		t.Error("the proof ended before its time")
	}
	h.clock.Move(time.Second)
	if n = h.visit(t, n.ID); h.RecentlyAuthenticated(n) {
		t.Error("the proof lasts longer than ten minutes")
	}
	n, err := h.Reauthenticate(h.ctx, n, Password, "", From)
	must(t, err)
	if n = h.visit(t, n.ID); !h.RecentlyAuthenticated(n) {
		t.Error("after the password there is no proof")
	}
	h.clock.Move(store.RecentAuth)
	if n = h.visit(t, n.ID); h.RecentlyAuthenticated(n) {
		t.Error("a second proof lasts longer than ten minutes")
	}
	_, err = h.Reauthenticate(h.ctx, n, "wrong", "", From)
	if r := refused(t, err); r.Field != "password" {
		t.Errorf("a wrong password says %+v", r)
	}
	if n = h.visit(t, n.ID); h.RecentlyAuthenticated(n) {
		t.Error("a wrong password is a proof")
	}
}

func proofRenews(t *testing.T, h house) {
	other := h.signIn(t, false)
	old := h.signIn(t, true)
	h.clock.Move(time.Minute)
	n, err := h.Reauthenticate(h.ctx, old, Password, "", From)
	must(t, err)
	if n.ID == old.ID || len(n.ID) < 26 {
		t.Errorf("the id was %q and is %q", old.ID, n.ID)
	}
	h.gone(t, old.ID)
	if found, _, err := h.Current(h.ctx, n.ID); err != nil || found != n {
		t.Errorf("Current = %+v, %v; want %+v", found, err, n)
	}
	want := old
	want.ID, want.AuthenticatedAt = n.ID, h.clock.Now().UTC().Truncate(time.Microsecond)
	if n != want {
		t.Errorf("the proof made %+v of %+v", n, old)
	}
	h.visit(t, other.ID)
}

func proofMovesNoEnd(t *testing.T, h house) {
	n := h.signIn(t, false)
	end := n.EndsAt
	for range 47 {
		h.clock.Move(30 * time.Minute)
		var err error
		n, err = h.Reauthenticate(h.ctx, h.visit(t, n.ID), Password, "", From)
		must(t, err)
	}
	h.clock.Move(30*time.Minute - time.Second)
	if n = h.visit(t, n.ID); !n.EndsAt.Equal(end) {
		t.Errorf("proofs moved the end from %v to %v", end, n.EndsAt)
	}
	h.clock.Move(time.Second)
	h.gone(t, n.ID)
}

func provesNoEnded(t *testing.T, h house) {
	n := h.signIn(t, false)
	must(t, h.SignOut(h.ctx, n, From))
	before := h.dump(t, "throttles")
	if _, err := h.Reauthenticate(h.ctx, n, Password, "", From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("Reauthenticate = %v, want ErrSignInEnded", err)
	}
	if _, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("ChangePassword = %v, want ErrSignInEnded", err)
	}
	if after := h.dump(t, "throttles"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	n = h.signIn(t, false)
	must(t, h.Disable(h.ctx, h.find(t, "ada"), Operator))
	_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
	refused(t, err)
	_, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From)
	refused(t, err)
}

func provesOnce(t *testing.T, h house) {
	n := h.signIn(t, false)
	var group sync.WaitGroup
	answers := make([]error, 2)
	for i := range answers {
		group.Go(func() { _, answers[i] = h.Reauthenticate(h.ctx, n, Password, "", From) })
	}
	group.Wait()
	if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrSignInEnded) {
		t.Errorf("two proofs at once: %v; want one, and ErrSignInEnded", answers)
	}
	h.gone(t, n.ID)
	h.count(t, "signins", 1)
}

func changesPassword(t *testing.T, h house) {
	Register(t, h.Store, Ada())
	Register(t, h.Store, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	there := h.enter(t, "ada", Password, on("there"))
	old := h.enter(t, "ada", Password, on("here"))
	h.guess(t, "ada", on("here"))
	h.clock.Move(store.RecentAuth)
	n, err := h.ChangePassword(h.ctx, old, Password, otherPassword, on("here"))
	must(t, err)
	if n.ID == old.ID || n.Handle != old.Handle || !h.RecentlyAuthenticated(n) {
		t.Errorf("the sign-in was %+v and is %+v", old, n)
	}
	h.gone(t, old.ID)
	h.gone(t, there.ID)
	if found := h.visit(t, n.ID); found != n {
		t.Errorf("Current = %+v, want %+v", found, n)
	}
	h.visit(t, foreign.ID)
	h.count(t, "throttles", 0)
	h.count(t, "devices", 2)
	if _, err := h.Authenticate(h.ctx, "ada", Password, From); err == nil {
		t.Error("the old password is still good")
	}
	h.enter(t, "ada", otherPassword, on("here"))
}

func changeKeepsRules(t *testing.T, h house) {
	n := h.signIn(t, false)
	before := h.dump(t, "throttles")
	for name, password := range map[string]string{
		"empty": "", "short": "too short", "long": strings.Repeat("owl barn", 17), "common": CommonPassword,
		"her name": "Ada Lovelace 1815", "her address": "ada@example.com", "unreadable": "difference\x00engine", "the same": Password,
	} {
		_, err := h.ChangePassword(h.ctx, n, Password, password, From)
		if r := refused(t, err); r.Field != "password" || r.Wait != 0 {
			t.Errorf("%s: %+v, want a refusal of the new password", name, r)
		}
	}
	if after := h.dump(t, "throttles"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if got := h.burn(t, "ada", From); got != free {
		t.Errorf("refusals of the new password counted: %d tries are left, want %d", got, free)
	}
}

func changeNeedsCurrent(t *testing.T, h house) {
	n := h.signIn(t, false)
	before := h.dump(t, "throttles", "events")
	for _, current := range []string{"", "wrong", strings.ToUpper(Password), otherPassword + "!"} {
		_, err := h.ChangePassword(h.ctx, n, current, otherPassword, From)
		if r := refused(t, err); r.Field != "current" {
			t.Errorf("with %q: %+v, want a refusal of the current password", current, r)
		}
	}
	h.exec(t, `UPDATE users SET wrong_passwords = 0`)
	if after := h.dump(t, "throttles", "events"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func changesOnce(t *testing.T, h house) {
	h = h.unlimited(t) // or counting the tries would wait as well
	passwords := []string{otherPassword, "jacquard loom no. 3"}
	var verbs []func() error
	for _, password := range passwords {
		n := h.signIn(t, false)
		verbs = append(verbs, func() error {
			_, err := h.ChangePassword(h.ctx, n, Password, password, From)
			return err
		})
	}
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, verbs...)
	if (answers[0] == nil) == (answers[1] == nil) {
		t.Fatalf("two changes at once: %v, want one", answers)
	}
	for i, err := range answers {
		if err != nil {
			if r := refused(t, err); r.Field != "current" {
				t.Errorf("the change that came too late says %+v", r)
			}
		}
		if _, got := h.Authenticate(h.ctx, "ada", passwords[i], From); (got == nil) != (err == nil) {
			t.Errorf("the change gave %v and a sign-in by it %v", err, got)
		}
	}
	h.count(t, "signins", 1)
}
