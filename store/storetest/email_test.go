package storetest_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	. "gatehouse/store/storetest"
)

// The contract of changing an address, and of the way back.
func TestAddressContract(t *testing.T) {
	contract(t, []promise{
		{"RST-19 moves an account once the new address is confirmed, and tells the old one", movesAddress},
		{"RST-18 answers alike for an address that has an account, and tells its owner", addressTaken},
		{"RST-18 holds no more about somebody who asked for a free address than for a taken one", exportsAlike},
		{"forgets a new address that is cancelled, and records it once", cancelsAddress},
		{"SES-07 forgets a new address that waits when another device is signed out", endingForgetsAddress},
		{"RST-18 gives an address to the first who confirms it", firstWins},
		{"RST-18 gives an address to one of two who confirm it at once, from two copies", oneWins},
		{"puts the old address back, whatever happened since", undoes},
		{"lets the way back void later ones and no earlier one", undoesInOrder},
		{"keeps an address that can be put back from everybody else, and no longer", holdsAddress},
		{"leaves no way back to an address that nobody confirmed", noWayBack},
		{"puts no address of a disabled account back", undoesNoDisabled},
		{"erases no account while its old address can be put back", erasesNoneWithAWayBack},
		{"SES-09 leaves no sign-in or password that an intruder set just now", undoesJustNow},
	})
}

// move gives a person a confirmed new address and returns the token of the way
// back. Each move has its own time.
func (h house) move(t *testing.T, username, email string) (undo string) {
	t.Helper()
	h.clock.Move(time.Second)
	must(t, h.ChangeEmail(h.ctx, h.find(t, username), email, From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	return h.letter(t, store.LetterEmailChanged).Token
}

func movesAddress(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, From)
	before := h.dump(t)
	for _, email := range []string{"", "nonsense", "a@example.com,b@example.com", "ADA@Example.com", " ada@example.com "} {
		if r := refused(t, h.ChangeEmail(h.ctx, ada, email, From)); r.Field != "email" {
			t.Errorf("%q: %+v", email, r)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	must(t, h.ChangeEmail(h.ctx, ada, " New@Bücher.example", From))
	l := h.letter(t, store.LetterNewEmail)
	if l.To != "New@xn--bcher-kva.example" || l.Valid != store.NewEmailValid {
		t.Errorf("wrote %+v", l)
	}
	if user := h.find(t, "ada"); user != ada {
		t.Errorf("before it is confirmed the user is %+v", user)
	}
	h.clock.Move(time.Minute)
	user, err := h.VerifyEmail(h.ctx, l.Token, From)
	if err != nil || user.Email != l.To || user != h.find(t, "new@bücher.example") || !user.VerifiedAt.Equal(h.clock.Now().UTC().Truncate(time.Microsecond)) {
		t.Errorf("ConfirmAddress = %+v, %v; found %+v", user, err, h.find(t, "ada"))
	}
	if l := h.letter(t, store.LetterEmailChanged); l.To != "Ada@example.com" || l.Address != user.Email || l.Valid != store.UndoValid || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	if _, err := h.Find(h.ctx, "ada@example.com"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the old address finds %v", err)
	}
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	if e := events[0]; e.Name != store.EventEmailChanged || e.Detail != "Ada@example.com "+user.Email {
		t.Errorf("recorded %+v", e)
	}
	h.visit(t, n.ID)
}

func cancelsAddress(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	h.letter(t, store.LetterNewEmail)
	must(t, h.ChangeEmail(h.ctx, ada, "newer@example.com", From))
	token := h.letter(t, store.LetterNewEmail).Token
	for range 2 {
		must(t, h.CancelEmail(h.ctx, ada, From))
	}
	if email, _, err := h.PendingEmail(h.ctx, ada); email != "" || err != nil {
		t.Errorf("%q waits, %v", email, err)
	}
	if _, err := h.VerifyEmail(h.ctx, token, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("its link = %v, want ErrInvalidLink", err)
	}
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	if e, before := events[0], events[1]; e.Name != store.EventEmailCancelled || e.Address != From.Address || before.Name != store.EventEmailAsked {
		t.Errorf("recorded %+v and before it %+v", e, before)
	}
}

func addressTaken(t *testing.T, h house) {
	h = h.mailing(t)
	ada, owner := h.confirmed(t, Ada()), h.confirmed(t, grace())
	must(t, h.ChangeEmail(h.ctx, ada, "GRACE@example.com", From))
	if l := h.letter(t, store.LetterOwner); l.To != owner.Email || l.Username != "grace" || l.Token != "" {
		t.Errorf("told %+v", l)
	}
	if h.find(t, "ada") != ada || h.find(t, "grace") != owner {
		t.Error("asking changed an account")
	}
}

// rivals are two people who both may confirm one address.
func (h house) rivals(t *testing.T) (tokens []string) {
	t.Helper()
	for _, r := range []store.Registration{Ada(), grace()} {
		user := h.confirmed(t, r)
		must(t, h.ChangeEmail(h.ctx, user, "wanted@example.com", From))
		tokens = append(tokens, h.letter(t, store.LetterNewEmail).Token)
	}
	return tokens
}

func firstWins(t *testing.T, h house) {
	h = h.mailing(t)
	tokens := h.rivals(t)
	winner, err := h.VerifyEmail(h.ctx, tokens[1], From)
	must(t, err)
	h.letter(t, store.LetterEmailChanged)
	before := h.dump(t)
	for range 2 {
		if _, err := h.VerifyEmail(h.ctx, tokens[0], From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("the one who came too late = %v, want ErrLink", err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if winner.Username != "grace" || h.find(t, "ada").Email != "Ada@example.com" {
		t.Errorf("moved %+v", winner)
	}
	// Also to somebody who registers meanwhile.
	must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "third@example.com", From))
	token := h.letter(t, store.LetterNewEmail).Token
	Register(t, h.Store, third())
	if _, err := h.VerifyEmail(h.ctx, token, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("after a registration = %v, want ErrLink", err)
	}
}

func oneWins(t *testing.T, h house) {
	h = h.mailing(t)
	tokens := h.rivals(t)
	houses := []house{h, h.copied(t).mailing(t)}
	answers := make([]error, len(tokens))
	var group sync.WaitGroup
	for i, token := range tokens {
		group.Go(func() { _, answers[i] = houses[i].VerifyEmail(h.ctx, token, From) })
	}
	group.Wait()
	if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrInvalidLink) {
		t.Errorf("two at once: %v; want one, and ErrLink", answers)
	}
	h.count(t, "users WHERE email_key = 'wanted@example.com'", 1)
}

func undoes(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	for name, since := range map[string]func(username string){
		"nothing": func(string) {},
		"the password was changed": func(username string) {
			n := h.enter(t, username, Password, on("intruder"))
			_, err := h.ChangePassword(h.ctx, n, Password, otherPassword, From)
			must(t, err)
		},
		"the password was reset": func(username string) {
			must(t, h.ResetPassword(h.ctx, h.resetLink(t, username), otherPassword, From))
		},
		"the address was changed again": func(username string) { h.move(t, username, "again-"+username+"@example.com") },
		"the account was closed":        func(username string) { must(t, h.CloseAccount(h.ctx, h.find(t, username), From)) },
		"the account was disabled and enabled": func(username string) {
			must(t, h.Disable(h.ctx, h.find(t, username), Operator))
			must(t, h.Enable(h.ctx, h.find(t, username), Operator))
		},
	} {
		username := "person" + string(rune('a'+len(h.rows(t, "users"))))
		h.confirmed(t, store.Registration{Username: username, Email: "Own-" + username + "@example.com", Password: Password})
		undo := h.move(t, username, username+"@intruder.example")
		since(username)
		n, err := h.SignIn(h.ctx, store.ByPassword(h.find(t, username)), on("intruder"))
		if err != nil {
			refused(t, err) // a closed account
		}
		away := ""
		if r := h.find(t, username); !r.Closed() {
			must(t, h.ChangeEmail(h.ctx, r, "away-"+username+"@example.com", From))
			for _, l := range h.post(t) {
				if l.Kind == store.LetterNewEmail {
					away = l.Token
				}
			}
		}
		h.post(t)
		h.clock.Move(store.UndoValid - time.Hour)
		if token, err := h.Token(h.ctx, undo, store.PurposeUndo); err != nil || token.Email != "Own-"+username+"@example.com" {
			t.Errorf("%s: Token = %+v, %v", name, token, err)
		}
		must(t, h.UndoEmail(h.ctx, undo, From))
		user := h.find(t, username)
		if user.Email != "Own-"+username+"@example.com" || user.Closed() || !user.Verified() {
			t.Errorf("%s: put back to %+v", name, user)
		}
		h.gone(t, n.ID)
		for _, password := range []string{Password, otherPassword} {
			if _, err := h.Authenticate(h.ctx, username, password, on("intruder")); err == nil {
				t.Errorf("%s: %q is still good", name, password)
			}
		}
		if h.hash(t, user) != "" || h.owned(t, "devices", user) != 0 || h.owned(t, "signins", user) != 0 {
			t.Errorf("%s: there remains a password, a device or a sign-in", name)
		}
		if _, err := h.VerifyEmail(h.ctx, away, From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%s: another way out = %v, want ErrLink", name, err)
		}
		l := h.letter(t, store.LetterEmailRestored)
		if l.To != user.Email {
			t.Errorf("%s: the letter went to %s", name, l.To)
		}
		if err := h.UndoEmail(h.ctx, undo, From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%s: a second time = %v, want ErrLink", name, err)
		}
		must(t, h.ResetPassword(h.ctx, l.Token, "difference engine no. 3", From))
		h.enter(t, username, "difference engine no. 3", From)
		h.post(t)
	}
	if h.owned(t, "devices", h.find(t, "grace")) != 1 || h.find(t, "grace").Email != "grace@example.com" || h.owned(t, "signins", store.User{ID: foreign.UserID}) != 1 {
		t.Error("somebody else was changed as well")
	}
}

func undoesInOrder(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	first := h.move(t, "ada", "first@example.com")
	second := h.move(t, "ada", "second@example.com")
	third := h.move(t, "ada", "third@example.com")
	must(t, h.UndoEmail(h.ctx, second, From))
	if user := h.find(t, "ada"); user.Email != "first@example.com" {
		t.Errorf("put back to %s", user.Email)
	}
	if err := h.UndoEmail(h.ctx, third, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("a later way back = %v, want ErrLink", err)
	}
	must(t, h.UndoEmail(h.ctx, first, From))
	if user := h.find(t, "ada"); user.Email != "Ada@example.com" {
		t.Errorf("put back to %s", user.Email)
	}
}

func holdsAddress(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	h.confirmed(t, grace())
	h.move(t, "ada", "new@example.com")
	wanted := third()
	wanted.Email = "ADA@example.com"
	tries := map[string]func() error{
		"Register": func() error {
			_, err := h.Register(h.ctx, wanted, From)
			if r, ok := rules.AsRefusal(err); ok && r.Field == "email" {
				return store.ErrInvalidLink
			}
			return err
		},
		"ConfirmRegistration": func() error {
			must(t, h.RegisterPending(h.ctx, wanted, "browser", From))
			post := h.post(t)
			if len(post) == 0 {
				return store.ErrInvalidLink // nobody to write to: nothing can confirm it
			}
			_, err := h.CompleteRegistration(h.ctx, post[0].Token, "", "browser", From)
			return err
		},
		"AcceptInvite": func() error {
			must(t, h.Invite(h.ctx, wanted.Email, "", Operator))
			_, err := h.AcceptInvite(h.ctx, h.letter(t, store.LetterInvite).Token, wanted, From)
			return err
		},
		"ConfirmAddress": func() error {
			must(t, h.ChangeEmail(h.ctx, h.find(t, "grace"), wanted.Email, From))
			_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
			return err
		},
	}
	for name, try := range tries {
		if err := try(); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%s with an address that can be put back = %v", name, err)
		}
		h.exec(t, `DELETE FROM pending`)
		h.count(t, "users", 2)
	}
	if user := h.find(t, "grace"); user.Email != "grace@example.com" {
		t.Errorf("moved to %s", user.Email)
	}
	// One who waited since before.
	h.exec(t, `UPDATE tokens SET email_key = 'elsewhere@example.com' WHERE purpose = 'undo'`)
	must(t, h.RegisterPending(h.ctx, wanted, "browser", From))
	token := h.letter(t, store.LetterRegister).Token
	h.exec(t, `UPDATE tokens SET email_key = 'ada@example.com' WHERE purpose = 'undo'`)
	if _, err := h.CompleteRegistration(h.ctx, token, "", "browser", From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("ConfirmRegistration of one that waited = %v, want ErrLink", err)
	}
	h.clock.Move(time.Hour)
	must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "Ada@example.com", From)) // her own
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	h.letter(t, store.LetterEmailChanged)
	h.move(t, "ada", "newer@example.com")
	h.clock.Move(store.UndoValid)
	must(t, tries["ConfirmAddress"]())
}

func noWayBack(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada())
	h.letter(t, store.LetterVerify)
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
	r := grace()
	r.Email = "ada@example.com"
	Register(t, h.Store, r)
}

func erasesNoneWithAWayBack(t *testing.T, h house) {
	for name, reopen := range map[string]time.Duration{"at once": 0, "after a day": 24 * time.Hour} {
		rules := store.DefaultRules
		rules.Reopen, rules.Mails = reopen, true
		h := h.ruled(t, rules)
		username := "ada-" + strings.ReplaceAll(name, " ", "-")
		h.confirmed(t, store.Registration{Username: username, Email: "own-" + username + "@example.com", Password: Password})
		undo := h.move(t, username, username+"@intruder.example")
		must(t, h.CloseAccount(h.ctx, h.find(t, username), From))
		h.clock.Move(store.UndoValid - time.Minute)
		_, err := h.EraseClosed(h.ctx, 10)
		must(t, err)
		if _, err := h.Token(h.ctx, undo, store.PurposeUndo); err != nil {
			t.Errorf("%s: the way back is gone: %v", name, err)
		}
		h.clock.Move(time.Minute)
		_, err = h.EraseClosed(h.ctx, 10)
		must(t, err)
		if _, err := h.Find(h.ctx, username); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: after the week Find = %v, want ErrNotFound", name, err)
		}
	}
}

func undoesNoDisabled(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	undo := h.move(t, "ada", "new@example.com")
	must(t, h.Disable(h.ctx, h.find(t, "ada"), Operator))
	before := h.dump(t)
	if err := h.UndoEmail(h.ctx, undo, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("UndoAddress = %v, want ErrLink", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	must(t, h.Enable(h.ctx, h.find(t, "ada"), Operator))
	must(t, h.UndoEmail(h.ctx, undo, From))
}

func undoesJustNow(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	undo := h.move(t, "ada", "intruder@example.com")
	reset := h.resetLink(t, "ada")
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	answers := h.overtake(t, `UPDATE users SET name = name`, nil,
		func() error { return h.ResetPassword(h.ctx, reset, otherPassword, From) },
		func() error {
			_, err := h.SignIn(h.ctx, entry, store.Origin{})
			return err
		},
		func() error { return h.UndoEmail(h.ctx, undo, From) })
	must(t, answers[2])
	if answers[0] != nil && !errors.Is(answers[0], store.ErrInvalidLink) {
		t.Errorf("the reset of the intruder = %v, want nothing or ErrLink", answers[0])
	}
	if answers[1] != nil {
		refused(t, answers[1])
	}
	ada := h.find(t, "ada")
	if ada.Email != "Ada@example.com" || h.hash(t, ada) != "" {
		t.Errorf("put back to %+v", ada)
	}
	h.count(t, "signins", 0)
}

func exportsAlike(t *testing.T, h house) {
	h = h.mailing(t)
	user := h.confirmed(t, Ada())
	h.confirmed(t, grace())
	for _, email := range []string{"grace@example.com", "other@example.com"} {
		must(t, h.ChangeEmail(h.ctx, user, email, From))
		export, err := h.Export(h.ctx, user)
		must(t, err)
		links := 0
		for _, link := range export.Links {
			if link.Purpose == store.PurposeNewEmail && link.Email == email && link.UsedAt.IsZero() {
				links++
			}
		}
		if links != 1 {
			t.Errorf("%d links to %s are held, want 1", links, email)
		}
	}
}

func endingForgetsAddress(t *testing.T, h house) {
	h = h.mailing(t)
	user := h.confirmed(t, Ada())
	owner := h.signInAs(t, user, false)
	for name, end := range map[string]func(thief store.SignIn) error{
		"all others": func(store.SignIn) error { _, err := h.EndOtherSignIns(h.ctx, owner, From); return err },
		"that one":   func(thief store.SignIn) error { return h.EndSignIn(h.ctx, owner, thief.Handle, From) },
	} {
		thief := h.signInAs(t, user, false)
		must(t, h.ChangeEmail(h.ctx, user, "thief@example.com", From))
		token := h.letter(t, store.LetterNewEmail).Token
		must(t, end(thief))
		if _, err := h.VerifyEmail(h.ctx, token, From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("%s ended: ConfirmAddress = %v, want ErrLink", name, err)
		}
	}
}
