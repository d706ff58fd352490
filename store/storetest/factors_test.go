package storetest_test

import (
	"errors"
	"fmt"
	"testing"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of what an operator does about second steps.
func TestFactorContract(t *testing.T) {
	contract(t, []promise{
		{"takes everything away that somebody has, and ends all sign-ins, once", resetsFactors},
		{"tells whether anybody has a second step", anySecondStep},
		{"finds that apps were sealed with another secret", checksSecret},
		{"drops the apps that it cannot open and nothing else, and names who is stranded", dropsUnreadable},
		{"leaves an app alone that was set up since it was found unreadable", dropsNoNewApp},
		{"lets nobody in by an app that it cannot open, and counts that", unreadableApp},
	})
}

func resetsFactors(t *testing.T, h house) {
	h, ada := h.trusted(t)
	n := h.enter(t, h.confirmedGrace(t), Password, From)
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	user := h.find(t, "ada")
	ended, err := h.ResetFactors(h.ctx, user, store.Origin{Operator: true})
	if err != nil || ended != 1 {
		t.Errorf("ResetFactors = %d, %v; want 1", ended, err)
	}
	before := h.dump(t)
	if _, err := h.ResetFactors(h.ctx, user, store.Origin{Operator: true}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.gone(t, ada.signIn.ID)
	h.visit(t, n.ID)
	for table, want := range map[string]int{"totp": 1, "recovery_codes": store.RecoveryCodes, "devices WHERE trust <> ''": 0} {
		h.count(t, table, want)
	}
	if n := h.enter(t, "ada", Password, From); n.Kind != store.KindPassword {
		t.Errorf("signed in by %q", n.Kind)
	}
}

func anySecondStep(t *testing.T, h house) {
	says := func(want bool) {
		t.Helper()
		if got, err := h.AnySecondStep(h.ctx); err != nil || got != want {
			t.Errorf("AnySecondStep = %v, %v; want %v", got, err, want)
		}
	}
	says(false)
	h.signIn(t, false)
	says(false)
	h, _ = h.equippedPlainly(t)
	says(true)
	h.exec(t, `DELETE FROM totp`) // as where the secret was lost
	says(true)
	h.exec(t, `DELETE FROM recovery_codes`)
	says(false)
}

// equippedPlainly is Ada with a second step, on a site that sends no mail.
func (h house) equippedPlainly(t *testing.T) (house, equipment) {
	t.Helper()
	app, n, codes := SetUpApp(t, h.Store, h.clock, h.signIn(t, false))
	return h, equipment{app, n, codes, "", nil}
}

// keyed is the same house with another secret, or with none.
func (h house) keyed(t *testing.T, keys *secret.Keys) house {
	t.Helper()
	site := store.DefaultRules
	site.Keys = keys
	h.Store = NewWith(t, h.db, h.clock, site)
	return h
}

// otherKeys are those of another secret.
func otherKeys(t *testing.T) *secret.Keys {
	t.Helper()
	keys, err := secret.NewKeys(secret.New())
	must(t, err)
	return keys
}

func checksSecret(t *testing.T, h house) {
	other, none := h.keyed(t, otherKeys(t)), h.keyed(t, nil)
	if !h.SecondSteps() || none.SecondSteps() {
		t.Error("there are second steps without a secret, or none with one")
	}
	for _, h := range []house{h, other, none} {
		must(t, h.CheckSecret(h.ctx))
	}
	h.equippedPlainly(t)
	must(t, h.CheckSecret(h.ctx))
	for _, h := range []house{other, none} {
		if err := h.CheckSecret(h.ctx); !errors.Is(err, store.ErrOtherSecret) {
			t.Errorf("CheckSecret = %v", err)
		}
	}
}

func dropsUnreadable(t *testing.T, h house) {
	_, ada := h.equippedPlainly(t)
	other := h.keyed(t, otherKeys(t))
	n := h.signInAs(t, Register(t, h.Store, grace()), false)
	SetUpApp(t, h.Store, h.clock, n)
	h.exec(t, `UPDATE recovery_codes SET used_at = created_at WHERE user_id = $1`, n.UserID)
	n = h.signInAs(t, Register(t, h.Store, third()), false)
	app, _, _ := SetUpApp(t, other.Store, h.clock, n)

	before := h.dump(t, "totp", "events", "audit", "locks")
	dropped, stranded, err := other.DropUnreadableApps(h.ctx, store.Origin{Operator: true})
	if err != nil || dropped != 2 || len(stranded) != 1 || stranded[0].Username != "grace" {
		t.Errorf("dropped %d, stranded %+v, %v", dropped, stranded, err)
	}
	if after := h.dump(t, "totp", "events", "audit", "locks"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if dropped, _, err := other.DropUnreadableApps(h.ctx, store.Origin{Operator: true}); err != nil || dropped != 0 {
		t.Errorf("again it dropped %d, %v", dropped, err)
	}
	h.count(t, "events WHERE name = 'authenticator_app_changed'", 2)
	must(t, other.CheckSecret(h.ctx))
	_, err = SignInByCode(other.Store, "third", Password, store.KindCode, app.Next(), "", From)
	must(t, err)
	if !other.asked(t, "ada", Password, From) || !other.asked(t, "grace", Password, From) {
		t.Error("without an app a password alone signs in")
	}
	n, err = SignInByCode(other.Store, "ada", Password, store.KindRecovery, ada.codes[0], "", From)
	must(t, err)
	_, _, codes := SetUpApp(t, other.Store, h.clock, n)
	if codes != nil {
		t.Errorf("setting up anew made codes %v, though nine are left", codes)
	}
}

func dropsNoNewApp(t *testing.T, h house) {
	_, ada := h.equippedPlainly(t)
	other := h.keyed(t, otherKeys(t))
	user := h.find(t, "ada")
	key := other.AppKey(ada.signIn, user)
	fresh := otherKeys(t).Apps.Seal(key, "whatever")
	// It has read the old one when a new one takes its place, which it would not open either.
	moves := `UPDATE totp SET sealed = ` + h.literal(fresh)
	answers := other.overtake(t, `UPDATE users SET name = name`, []string{moves}, func() error {
		dropped, _, err := other.DropUnreadableApps(h.ctx, Operator)
		if dropped != 0 {
			t.Errorf("dropped %d", dropped)
		}
		return err
	})
	must(t, answers[0])
	h.count(t, "totp", 1)
}

// literal is how bytes are written in SQL.
func (h house) literal(b []byte) string {
	if h.kind.Name == PostgreSQL.Name {
		return fmt.Sprintf(`'\x%x'::bytea`, b)
	}
	return fmt.Sprintf(`x'%x'`, b)
}

func unreadableApp(t *testing.T, h house) {
	_, ada := h.equippedPlainly(t)
	for _, h := range []house{h.keyed(t, otherKeys(t)), h.keyed(t, nil)} {
		if _, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Next(), "", From); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("got %v", err)
		}
		h.count(t, "throttles WHERE failures = 1", 2)
		_, err := SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[0], "", From)
		must(t, err)
		ada.codes = ada.codes[1:]
	}
}
