package storetest_test

import (
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

func idles(t *testing.T, h house) {
	n := h.signIn(t, false)
	h.clock.Move(store.Idle - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.Idle - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.Idle)
	h.gone(t, n.ID)
}

func endsAbsolutely(t *testing.T, h house) {
	n := h.signIn(t, false)
	for range 47 {
		h.clock.Move(30 * time.Minute)
		h.visit(t, n.ID)
	}
	h.clock.Move(30*time.Minute - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(time.Second)
	h.gone(t, n.ID)
}

func keeps(t *testing.T, h house) {
	n := h.signIn(t, true)
	h.clock.Move(store.IdleRemembered - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(store.IdleRemembered - time.Second)
	h.visit(t, n.ID)
	h.clock.Move(2 * 24 * time.Hour)
	h.visit(t, n.ID)
	h.clock.Move(2 * time.Second)
	h.gone(t, n.ID)

	n = h.signIn(t, true)
	h.clock.Move(store.IdleRemembered)
	h.gone(t, n.ID)
}

func seenOnceAMinute(t *testing.T, h house) {
	n := h.signIn(t, false)
	first := h.visit(t, n.ID)
	h.clock.Move(store.SeenEvery - time.Second)
	if again := h.visit(t, n.ID); !again.SeenAt.Equal(first.SeenAt) {
		t.Error("a second visit within the minute was written down")
	}
	h.clock.Move(time.Second)
	h.visit(t, n.ID)
	later, _, err := h.Current(h.ctx, n.ID)
	if err != nil || !later.SeenAt.Equal(first.SeenAt.Add(store.SeenEvery)) {
		t.Errorf("seen at %v, %v; want a minute after %v", later.SeenAt, err, first.SeenAt)
	}
}

func neverRevives(t *testing.T, h house) {
	n := h.signIn(t, false)
	if err := h.SignOut(h.ctx, n, From); err != nil {
		t.Fatal(err)
	}
	h.clock.Move(2 * store.SeenEvery)
	if err := h.Seen(h.ctx, n); err != nil {
		t.Errorf("Seen = %v", err)
	}
	h.gone(t, n.ID)
	h.count(t, "signins", 0)
	if err := h.SignOut(h.ctx, n, From); err != nil {
		t.Errorf("a second SignOut = %v", err)
	}
}

func disableEnds(t *testing.T, h house) {
	n := h.signIn(t, true)
	user, err := h.Find(h.ctx, "ada")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.Disable(h.ctx, user, Operator); err != nil {
			t.Fatal(err)
		}
		h.gone(t, n.ID)
	}
	if user, err := h.Find(h.ctx, "ada"); err != nil || !user.Disabled() {
		t.Errorf("Find = %+v, %v; want disabled", user, err)
	}
	if err := h.Enable(h.ctx, user, Operator); err != nil {
		t.Fatal(err)
	}
	h.gone(t, n.ID)
	if _, err := h.Authenticate(h.ctx, "ada", Password, From); err != nil {
		t.Errorf("after Enable: %v", err)
	}
}

func prunes(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	for range 5 {
		if _, err := h.SignIn(h.ctx, store.ByPassword(user), store.Origin{}); err != nil {
			t.Fatal(err)
		}
	}
	h.clock.Move(store.Idle)
	live := h.signInAs(t, user, false)
	for _, want := range []int64{3, 2, 0} {
		if got, err := Prune(h.ctx, h.Store, "sign-ins", 3); err != nil || got != want {
			t.Errorf("pruning sign-ins = %d, %v; want %d", got, err, want)
		}
	}
	h.visit(t, live.ID)
}

func keepsTwenty(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	var all []store.SignIn
	for range store.SignInsMax + 3 {
		all = append(all, h.signInAs(t, ada, true))
		h.clock.Move(time.Second)
	}
	for _, n := range all[:3] {
		h.gone(t, n.ID)
	}
	for _, n := range all[3:] {
		h.visit(t, n.ID)
	}
	h.count(t, "signins", store.SignInsMax)
}

// Whatever was forgotten elsewhere, a proof that does not suffice lets nobody in.
func TestOnlyKindsThatSufficeSignIn(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		ada := Register(t, h.Store, Ada())
		for _, kind := range []string{"", "code", "Password", "password "} {
			if _, err := h.SignIn(h.ctx, store.Entry{User: ada, Kind: kind}, From); err == nil || refusal(err) {
				t.Errorf("%q: %v, want a fault", kind, err)
			}
		}
		h.count(t, "signins", 0)
		_, err := h.SignIn(h.ctx, store.ByPassword(ada), From)
		must(t, err)
	})
}
