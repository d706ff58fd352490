package storetest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of sign-ins that wait for what is missing.
func TestEntryContract(t *testing.T) {
	contract(t, []promise{
		{"MFA-13 lets a half sign-in die after ten minutes and with every change, and lists it nowhere", halvesDie},
		{"FX-39 takes nothing from who has no half sign-in, and spends no code", noHalf},
		{"asks for the second step before it offers to reopen, also on a trusted browser", reopensAfterSecondStep},
		{"keeps in a ticket how somebody signs in, and for how long", ticketsKeep},
		{"asks for the second step by the ticket of a copy that knows none", formerTickets},
	})
}

func halvesDie(t *testing.T, h house) {
	h, ada := h.equipped(t)
	before := h.handles(t, "ada")
	ticket := h.ticket(t)
	if got := h.handles(t, "ada"); len(got) != len(before) {
		t.Errorf("a half sign-in is listed: %v", got)
	}
	h.clock.Move(10*time.Minute - 2*time.Second)
	_, err := h.Resume(h.ctx, ticket)
	must(t, err)
	h.clock.Move(2 * time.Second)
	h.noTicket(t, "of ten minutes ago", ticket)

	n := ada.signIn
	for _, c := range []struct {
		what   string
		change func() error
	}{
		{"new codes", func() error {
			factors, err := h.Factors(h.ctx, h.find(t, "ada"))
			must(t, err)
			n, _, err = h.NewCodes(h.ctx, n, h.find(t, "ada"), factors.CodesAt(), From)
			return err
		}},
		{"another app", func() error { _, n, _ = SetUpApp(t, h.Store, h.clock, n); return nil }},
		{"another password", func() error {
			n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			must(t, err)
			n, err = h.ChangePassword(h.ctx, n, otherPassword, Password, From)
			return err
		}},
		{"disabled", func() error { return h.Disable(h.ctx, h.find(t, "ada"), Operator) }},
		{"enabled", func() error { return h.Enable(h.ctx, h.find(t, "ada"), Operator) }},
		{"the second step off", func() error { _, err := h.ResetFactors(h.ctx, h.find(t, "ada"), Operator); return err }},
		{"erased", func() error { return h.Erase(h.ctx, h.find(t, "ada"), Operator) }},
	} {
		ticket := h.Ticket(store.ByPassword(h.find(t, "ada")))
		if c.what != "enabled" {
			_, err := h.Resume(h.ctx, ticket)
			must(t, err)
		}
		must(t, c.change())
		h.noTicket(t, c.what, ticket)
		if c.what == "the second step off" {
			h.exec(t, `UPDATE users SET second_at = created_at`)
		}
	}
}

// ticket is that of Ada, who gave her password.
func (h house) ticket(t *testing.T) string {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	return h.Ticket(entry)
}

func noHalf(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h.noTicket(t, "none", "")
	user := h.find(t, "ada")
	for _, e := range []store.Entry{{}, {Kind: store.KindPassword}, {User: store.User{ID: user.ID, SecondAt: user.SecondAt}, Kind: store.KindPassword}} {
		e, err := h.EnterCode(h.ctx, e, store.KindRecovery, ada.codes[0], From)
		if err == nil {
			_, err = h.SignIn(h.ctx, e, From)
		}
		if err == nil {
			t.Errorf("%+v signs in", e)
		}
	}
	h.count(t, "recovery_codes WHERE used_at IS NOT NULL", 0)
}

func reopensAfterSecondStep(t *testing.T, h house) {
	h, ada := h.equipped(t)
	_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "trust", on("home"))
	must(t, err)
	trusting := on("home")
	trusting.Trust = "trust"
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	entry, err := h.Authenticate(h.ctx, "ada", Password, trusting)
	must(t, err)
	if entry.Kind != store.KindPassword || entry.Missing() != store.SecondStep {
		t.Errorf("a closed account is asked for %v after %q, want the second step", entry.Missing(), entry.Kind)
	}
	ticket := h.Ticket(entry)
	if _, err := h.Reopen(h.ctx, ticket, trusting); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the password reopens: %v", err)
	}
	entry, err = h.Resume(h.ctx, ticket)
	must(t, err)
	if _, err := h.EnterCode(h.ctx, entry, store.KindCode, ada.Wrong(), trusting); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("a wrong code: %v", err)
	}
	code := ada.Next()
	entry.Remembered = true
	entry, err = h.EnterCode(h.ctx, entry, store.KindCode, code, trusting)
	must(t, err)
	h.count(t, "throttles", 0)
	if entry.Missing() != store.Reopening {
		t.Fatalf("after the code she lacks %v", entry.Missing())
	}
	// The code is used up, though nobody is signed in yet.
	if _, err := h.EnterCode(h.ctx, h.half(t, From), store.KindCode, code, From); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("the same code again: %v", err)
	}
	entry, err = h.Reopen(h.ctx, h.Ticket(entry), trusting)
	must(t, err)
	n, err := h.SignIn(h.ctx, entry, trusting)
	must(t, err)
	if n.Kind != store.KindCode || !n.Remembered {
		t.Errorf("signed in by %q, kept %v", n.Kind, n.Remembered)
	}
}

func ticketsKeep(t *testing.T, h house) {
	h, ada := h.equipped(t)
	ids := map[string]bool{}
	for _, remembered := range []bool{false, true} {
		entry, err := h.Authenticate(h.ctx, "ada", Password, From)
		must(t, err)
		entry.Remembered = remembered
		ticket := h.Ticket(entry)
		ids[store.TicketID(ticket)], ids[store.TicketID(h.Ticket(entry))] = true, true
		entry, err = h.Resume(h.ctx, ticket)
		must(t, err)
		if entry.Remembered != remembered || entry.Kind != store.KindPassword || entry.Missing() != store.SecondStep {
			t.Errorf("the ticket is for %+v", entry)
		}
		n, err := h.finish(entry, store.KindCode, ada.Next(), From)
		must(t, err)
		if n.Remembered != remembered {
			t.Errorf("kept is %v, want %v", n.Remembered, remembered)
		}
		h.noTicket(t, "that came in, and says so", strings.Replace(h.Ticket(entry), ".password.", ".code.", 1))
	}
	if len(ids) != 4 {
		t.Errorf("four tickets have the ids %v", ids)
	}
}

func formerTickets(t *testing.T, h house) {
	h, ada := h.equipped(t)
	former := strings.Join(strings.Split(h.ticket(t), ".")[:3], ".")
	entry, err := h.Resume(h.ctx, former)
	must(t, err)
	if entry.Missing() != store.SecondStep {
		t.Errorf("it lacks %v", entry.Missing())
	}
	if _, err := h.SignIn(h.ctx, entry, From); err == nil {
		t.Error("it signs in")
	}
	if _, err := h.Reopen(h.ctx, former, From); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Reopen = %v", err)
	}
	_, err = h.finish(entry, store.KindCode, ada.Code(), From)
	must(t, err)
}
