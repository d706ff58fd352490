package storetest_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the way back from a first factor.
func TestUndoContract(t *testing.T) {
	contract(t, []promise{
		{"puts the way back into the letter about the first factor and about a second step, and into no other", firstFactorAlone},
		{"gives the account back, with nothing left of whoever took it", undoesFactors},
		{"keeps the way back good for seven days, through every change, and says until when", wayBackLasts},
		{"writes no link to an address that is no longer that of the account", undoesToOwnAddress},
		{"opens a closed account again, and none that is disabled", undoesClosed},
		{"takes a way back once, also of twenty at once, and voids the others", undoesOnce},
		{"undoes with an address the factors of since then, and leaves older ones and their way back", undoesSince},
		{"leaves no way back to an address that was undone", undoesLaterLinks},
	})
}

// passkeyed is a house that sends mail, and Ada with a passkey, which was her first factor.
func (h house) passkeyed(t *testing.T) (_ house, _ *Authenticator, _ store.SignIn, undo string) {
	t.Helper()
	h = h.mailing(t)
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	return h, a, n, h.letter(t, store.LetterFirstFactor).Token
}

func firstFactorAlone(t *testing.T, h house) {
	h, _, n, _ := h.passkeyed(t)
	h.clock.Move(time.Second)
	until, err := h.Factors(h.ctx, h.find(t, "ada"))
	must(t, err)
	if want := h.moment(store.UndoValid - time.Second); !until.UndoUntil.Equal(want) {
		t.Errorf("it can be undone until %v, want %v", until.UndoUntil, want)
	}
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
	h.letter(t, store.LetterPasskeyAdded)
	// Till now a new password by link was enough, and could take the passkeys away.
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	h.letter(t, store.LetterFirstFactor)
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
	h.letter(t, store.LetterPasskeyAdded)
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	h.letter(t, store.LetterAppChanged)
	n, err = h.TurnSecondStepOff(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.letter(t, store.LetterSecondOff)
	_, _, err = h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.letter(t, store.LetterFirstFactor)
	h.count(t, "tokens WHERE purpose = 'factors'", 3)

	// An app that is the first, and where nothing is told but what can be undone.
	n = h.signInAs(t, h.confirmed(t, grace()), false)
	quiet := store.DefaultRules
	quiet.Mails, quiet.NoNotices = true, true
	h = h.ruled(t, quiet)
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	if l := h.letter(t, store.LetterFirstFactor); l.To != "grace@example.com" || l.Username != "grace" || l.Passkey != "" || l.Valid != store.UndoValid || l.Token == "" || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	AddPasskey(t, h.Store, NewAuthenticator(Origin), n)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told %q", kinds(post))
	}
	// One that nobody can be told of has no way back.
	third := h.signInAs(t, Register(t, h.Store, third()), false)
	h.post(t)
	h.exec(t, `DELETE FROM tokens`)
	plain := h.ruled(t, store.DefaultRules)
	AddPasskey(t, plain.Store, NewAuthenticator(Origin), third)
	h.count(t, "tokens", 0)
	if f, err := h.Factors(h.ctx, h.find(t, "third")); err != nil || !f.UndoUntil.IsZero() {
		t.Errorf("it can be undone until %v, %v", f.UndoUntil, err)
	}
}

func undoesFactors(t *testing.T, h house) {
	h, ada := h.trusted(t)
	h.confirmed(t, grace())
	other := h.signInAs(t, h.find(t, "grace"), false)
	a, theirs := NewAuthenticator(Origin), NewAuthenticator(Origin)
	AddPasskey(t, h.Store, theirs, other)
	n := AddPasskey(t, h.Store, a, ada.signIn).SignIn
	byKey, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	h.post(t)
	reset := h.resetLink(t, "ada")
	h.guess(t, "ada", From)
	before := epoch(t, h)
	must(t, h.UndoFactors(h.ctx, ada.undo, From))
	user := h.find(t, "ada")
	if user.HasPassword || user.Passkeys != 0 || user.SecondStep() || epoch(t, h) != before+1 || h.hash(t, user) != "" {
		t.Errorf("left is %+v", user)
	}
	for _, ended := range []store.SignIn{ada.signIn, n, byKey} {
		h.gone(t, ended.ID)
	}
	h.visit(t, h.handlesOf(t, "grace")[0].ID)
	for table, want := range map[string]int{
		"totp": 0, "recovery_codes": 0, "passkeys": 1, "devices": 0, "throttles": 0, "tokens WHERE purpose = 'factors' AND user_id = (SELECT id FROM users WHERE username = 'ada')": 0,
		"events WHERE name = 'factors_undone'": 1,
	} {
		h.count(t, table, want)
	}
	if _, err := h.Token(h.ctx, reset, store.PurposeReset); err == nil {
		t.Error("a link from before is good")
	}
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("the passkey: %v", err)
	}
	if _, err := h.Authenticate(h.ctx, "ada", Password, trusting("home", trustToken)); !errors.Is(err, store.ErrWrongLogin) {
		t.Errorf("the password: %v", err)
	}
	l := h.letter(t, store.LetterFactorsUndone)
	if l.To != "Ada@example.com" || l.Valid != store.ResetValid || l.Username != "ada" {
		t.Errorf("told %+v", l)
	}
	must(t, h.ResetPassword(h.ctx, l.Token, otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
	_, err = SignInByPasskey(t, h.Store, theirs, From)
	must(t, err)
}

// handlesOf are the sign-ins of somebody.
func (h house) handlesOf(t *testing.T, username string) []store.SignIn {
	t.Helper()
	list, err := h.SignIns(h.ctx, h.find(t, username))
	must(t, err)
	return list
}

func wayBackLasts(t *testing.T, h house) {
	h, a, n, undo := h.passkeyed(t)
	begun, last := h.clock.Now(), h.clock.Now()
	changes := []func() error{
		func() (err error) { n, err = h.ChangePassword(h.ctx, n, Password, otherPassword, From); return err },
		func() error {
			h.clock.Move(time.Second)
			n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
			return nil
		},
		func() (err error) { n, err = h.RemovePassword(h.ctx, n, h.find(t, "ada"), From); return err },
		func() error { return h.ResetPassword(h.ctx, h.resetLink(t, "ada"), Password, From) },
		func() error { n = h.enter(t, "ada", Password, on("home")); return nil },
		func() (err error) {
			n, err = h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.oldest(t, "ada").Handle, From)
			return err
		},
		func() error {
			_, n, _ = SetUpApp(t, h.Store, h.clock, n)
			last = h.clock.Now() // it has a way back of its own
			return nil
		},
		func() error { h.move(t, "ada", "new@example.com"); return nil },
	}
	for i, change := range changes {
		must(t, change())
		h.post(t)
		if _, err := h.Token(h.ctx, undo, store.PurposeFactors); err != nil {
			t.Errorf("after change %d: %v", i, err)
		}
		f, err := h.Factors(h.ctx, h.find(t, "ada"))
		must(t, err)
		if want := last.Add(store.UndoValid).UTC().Truncate(time.Microsecond); !f.UndoUntil.Equal(want) {
			t.Errorf("after change %d until %v, want %v", i, f.UndoUntil, want)
		}
	}
	for _, purpose := range []string{store.PurposeReset, store.PurposeUndo, store.PurposeVerify, store.PurposeNewEmail, store.PurposeRegister} {
		if _, err := h.Token(h.ctx, undo, purpose); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("for %s: %v", purpose, err)
		}
	}
	for what, undoes := range map[string]error{"by another way": h.UndoEmail(h.ctx, undo, From), "by none": h.UndoFactors(h.ctx, "", From)} {
		if !errors.Is(undoes, store.ErrInvalidLink) {
			t.Errorf("%s: %v", what, undoes)
		}
	}
	h.clock.Move(begun.Add(store.UndoValid).Sub(h.clock.Now()) - time.Second)
	if _, err := h.Token(h.ctx, undo, store.PurposeFactors); err != nil {
		t.Errorf("a second before its time: %v", err)
	}
	h.clock.Move(time.Second)
	before := h.dump(t)
	if err := h.UndoFactors(h.ctx, undo, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after seven days: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.clock.Move(last.Sub(begun))
	if f, err := h.Factors(h.ctx, h.find(t, "ada")); err != nil || !f.UndoUntil.IsZero() {
		t.Errorf("until %v, %v", f.UndoUntil, err)
	}
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) { // it was removed above
		t.Errorf("got %v", err)
	}
}

func undoesToOwnAddress(t *testing.T, h house) {
	h, a, _, undo := h.passkeyed(t)
	back := h.move(t, "ada", "intruder@example.com")
	must(t, h.UndoFactors(h.ctx, undo, From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %q to %s", kinds(post), post[0].To)
	}
	h.count(t, "tokens WHERE purpose = 'reset'", 0)
	user := h.find(t, "ada")
	if user.Passkeys != 0 || user.HasPassword || user.Email != "intruder@example.com" {
		t.Errorf("%+v", user)
	}
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("got %v", err)
	}
	must(t, h.UndoEmail(h.ctx, back, From))
	must(t, h.ResetPassword(h.ctx, h.letter(t, store.LetterEmailRestored).Token, otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
}

func undoesClosed(t *testing.T, h house) {
	h, _, _, undo := h.passkeyed(t)
	must(t, h.Disable(h.ctx, h.find(t, "ada"), Operator))
	before := h.dump(t)
	if err := h.UndoFactors(h.ctx, undo, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("disabled: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	must(t, h.Enable(h.ctx, h.find(t, "ada"), Operator))
	// Disabled while the link is opened.
	answers := h.overtake(t, `UPDATE users SET disabled_at = created_at`, nil, func() error { return h.UndoFactors(h.ctx, undo, From) })
	if !errors.Is(answers[0], store.ErrInvalidLink) || h.find(t, "ada").Passkeys != 1 {
		t.Errorf("disabled just now: %v", answers)
	}
	must(t, h.Enable(h.ctx, h.find(t, "ada"), Operator))
	h.post(t)
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	h.letter(t, store.LetterClosed)
	must(t, h.UndoFactors(h.ctx, undo, From))
	if user := h.find(t, "ada"); user.Closed() || user.Passkeys != 0 {
		t.Errorf("%+v", user)
	}
	must(t, h.ResetPassword(h.ctx, h.letter(t, store.LetterFactorsUndone).Token, otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
	h.clock.Move(reopen)
	h.erases(t, 0)
}

func undoesOnce(t *testing.T, h house) {
	h, _, n, undo := h.passkeyed(t)
	// She removed it and added another one, which was the first again.
	n, err := h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
	must(t, err)
	h.post(t)
	AddPasskey(t, h.Store, NewAuthenticator(Origin), n)
	second := h.letter(t, store.LetterFirstFactor).Token
	houses := []house{h, h.copied(t).mailing(t)}
	var answers [20]error
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() { answers[i] = houses[i%2].UndoFactors(h.ctx, undo, From) })
	}
	group.Wait()
	done := 0
	for _, err := range answers {
		if err == nil {
			done++
		} else if !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("got %v", err)
		}
	}
	if done != 1 {
		t.Errorf("%d of twenty undid it", done)
	}
	h.count(t, "events WHERE name = 'factors_undone'", 1)
	letter := h.letter(t, store.LetterFactorsUndone)
	for _, token := range []string{undo, second} {
		if err := h.UndoFactors(h.ctx, token, From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("afterwards: %v", err)
		}
	}
	if f, err := h.Factors(h.ctx, h.find(t, "ada")); err != nil || !f.UndoUntil.IsZero() {
		t.Errorf("until %v, %v", f.UndoUntil, err)
	}
	// Two that have both found the link good before one of them is done.
	must(t, h.ResetPassword(h.ctx, letter.Token, Password, From))
	n = h.enter(t, "ada", Password, on("home"))
	h.post(t)
	AddPasskey(t, h.Store, NewAuthenticator(Origin), n)
	again := h.letter(t, store.LetterFirstFactor).Token
	undoes := func() error { return h.UndoFactors(h.ctx, again, From) }
	both := h.overtake(t, `UPDATE users SET name = name`, nil, undoes, undoes)
	if (both[0] == nil) == (both[1] == nil) || !errors.Is(errors.Join(both...), store.ErrInvalidLink) {
		t.Errorf("two at once: %v", both)
	}
}

func undoesSince(t *testing.T, h house) {
	h, older, n, undo := h.passkeyed(t)
	back := h.move(t, "ada", "new@example.com")
	h.clock.Move(time.Second)
	n = h.visit(t, n.ID)
	newer := NewAuthenticator(Origin)
	n = AddPasskey(t, h.Store, newer, n).SignIn
	SetUpApp(t, h.Store, h.clock, n)
	byNewer, err := SignInByPasskey(t, h.Store, newer, From)
	must(t, err)
	h.post(t)
	must(t, h.UndoEmail(h.ctx, back, From))
	h.gone(t, byNewer.ID)
	user := h.find(t, "ada")
	if user.Passkeys != 1 || !user.SecondStep() || user.HasPassword || string(h.passkey(t, "ada").ID) != string(older.Keys[0].ID) {
		t.Errorf("%+v", user)
	}
	h.count(t, "totp", 0)
	h.count(t, "recovery_codes", 0)
	if _, err := SignInByPasskey(t, h.Store, newer, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("the newer passkey: %v", err)
	}
	_, err = SignInByPasskey(t, h.Store, older, From)
	must(t, err)
	h.post(t)
	// What is left is older, and may be that of whoever took the account before they moved it.
	must(t, h.UndoFactors(h.ctx, undo, From))
	if user := h.find(t, "ada"); user.Passkeys != 0 || user.SecondStep() {
		t.Errorf("%+v", user)
	}
	h.letter(t, store.LetterFactorsUndone)
}

func undoesLaterLinks(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	back := h.move(t, "ada", "intruder@example.com")
	h.clock.Move(time.Second)
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), h.visit(t, n.ID)).SignIn
	l := h.letter(t, store.LetterFirstFactor)
	if l.To != "intruder@example.com" {
		t.Errorf("told %s", l.To)
	}
	for _, removed := range []bool{false, true} {
		if removed { // so that nothing is left to undo
			_, err := h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
			must(t, err)
			h.post(t)
		}
	}
	must(t, h.UndoEmail(h.ctx, back, From))
	before := h.dump(t)
	if err := h.UndoFactors(h.ctx, l.Token, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("the way back of an intruder: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if post := kinds(h.post(t)); post != store.LetterEmailRestored {
		t.Errorf("told %q", post)
	}
	// The second step of somebody all of whose factors are of since then is off.
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), Password, From))
	n = h.enter(t, "ada", Password, on("home"))
	h.post(t)
	back = h.move(t, "ada", "again@example.com")
	h.clock.Move(time.Second)
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), h.visit(t, n.ID)).SignIn
	_, _, err := h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	must(t, h.UndoEmail(h.ctx, back, From))
	if user := h.find(t, "ada"); user.SecondStep() || user.Passkeys != 0 {
		t.Errorf("%+v", user)
	}
	h.count(t, "recovery_codes", 0)
}
