package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of a database that was put back.
func TestSettleContract(t *testing.T) {
	contract(t, []promise{
		{"ends what an older copy could bring back, and keeps what takes something back", settles},
		{"keeps people signed in where that is asked for", settlesKeeping},
		{"gives no id a second time", skipsIDs},
		{"keeps password managers from being told what it does not know, until somebody says otherwise", quietsSignals},
	})
}

func settles(t *testing.T, h house) {
	h.lived(t, Ada())
	h = h.mailing(t)
	h.exec(t, `UPDATE devices SET trust = device, trusted_until = $1`, h.clock.Now().UTC().Add(24*time.Hour))
	user := h.find(t, "ada-2")
	reset, err := h.ResetToken(t.Context(), user, Operator)
	must(t, err)
	h.exec(t, `UPDATE tokens SET purpose = 'undo' WHERE purpose = 'address'`)
	must(t, h.RegisterPending(t.Context(), store.Registration{Username: "waiting", Email: "waiting@example.com", Password: Password}, "a browser", From))
	must(t, h.Invite(t.Context(), "olga@example.com", "", Operator))
	var undo, waiting int
	must(t, h.db.Read.QueryRow(`SELECT count(*) FROM tokens WHERE purpose = 'undo' OR purpose = 'factors'`).Scan(&undo))
	must(t, h.db.Read.QueryRow(`SELECT count(*) FROM letters WHERE sealed IS NOT NULL`).Scan(&waiting))
	if waiting == 0 {
		t.Fatal("no letter waits")
	}
	done, err := h.Settle(t.Context(), false, Operator)
	must(t, err)
	if done.Accounts != 1 || done.Letters != int64(waiting) || done.Until.IsZero() {
		t.Errorf("%+v", done)
	}
	for _, table := range []string{"signins", "pending", "challenges"} {
		h.count(t, table, 0)
	}
	h.count(t, "tokens", undo)
	if _, err := h.Token(t.Context(), reset, store.PurposeReset); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a link for a password: %v", err)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM devices WHERE trusted_until IS NOT NULL OR trust <> ''`: 0,
		`SELECT count(*) FROM letters WHERE sealed IS NOT NULL`:                       0,
		`SELECT count(*) FROM letters WHERE outcome = 'expired'`:                      waiting,
		`SELECT count(*) FROM users WHERE username = 'ada-2' AND password_hash <> ''`: 1,
	} {
		var got int
		if err := h.db.Read.QueryRow(query).Scan(&got); err != nil || got != want {
			t.Errorf("%s: %d, %v; want %d", query, got, err, want)
		}
	}
	taken, err := h.TakeLetters(t.Context(), store.Awaited, 10, nil)
	if err != nil || len(taken) != 0 {
		t.Errorf("%d letters would be sent, %v", len(taken), err)
	}
	if deeds := h.audited(t); len(deeds) == 0 || deeds[0].Name != store.EventSettled {
		t.Errorf("%+v", deeds)
	}
}

func settlesKeeping(t *testing.T, h house) {
	signIn := h.signIn(t, false)
	_, err := h.Settle(t.Context(), true, Operator)
	must(t, err)
	h.visit(t, signIn.ID)
}

func skipsIDs(t *testing.T, h house) {
	before := h.member(t, "grace")
	_, err := h.Settle(t.Context(), false, Operator)
	must(t, err)
	if after := h.member(t, "mary"); after.ID < before.ID+1_000_000 {
		t.Errorf("after %d comes %d", before.ID, after.ID)
	}
}

func quietsSignals(t *testing.T, h house) {
	if !h.SignalsUnknown() {
		t.Error("it begins quiet")
	}
	_, err := h.Settle(t.Context(), false, Operator)
	must(t, err)
	if h.copied(t).SignalsUnknown() {
		t.Error("it tells after it was put back")
	}
	must(t, h.Signals(t.Context(), true, Operator))
	if !h.copied(t).SignalsUnknown() {
		t.Error("it stays quiet")
	}
	must(t, h.Signals(t.Context(), false, Operator))
	if h.copied(t).SignalsUnknown() {
		t.Error("it is not quiet")
	}
}
