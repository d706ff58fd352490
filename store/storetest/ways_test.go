package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// way is a way into an account, of somebody who has a second step. do goes it as far as the
// site goes without asking for a code, and returns whom it would sign in.
type way struct {
	name string
	do   func(t *testing.T, h house, ada equipment) (store.User, error)
	// password is the one that is good from then on.
	password string
	// off says that the second step is gone.
	off bool
}

var (
	errNobody = errors.New("nobody is to be signed in")

	ways = []way{
		{"signing in", func(_ *testing.T, h house, _ equipment) (store.User, error) {
			entry, err := h.Authenticate(h.ctx, "ada", Password, on("home"))
			return entry.User, err
		}, Password, false},
		{"registering her username", func(_ *testing.T, h house, _ equipment) (store.User, error) {
			r := Ada()
			r.Email = "another@example.com"
			return h.Register(h.ctx, r, From)
		}, Password, false},
		{"registering her address", func(_ *testing.T, h house, _ equipment) (store.User, error) {
			r := grace()
			r.Email = Ada().Email
			return h.Register(h.ctx, r, From)
		}, Password, false},
		{"registering her address where it is confirmed first", func(t *testing.T, h house, _ equipment) (store.User, error) {
			r := grace()
			r.Email = Ada().Email
			must(t, h.RegisterPending(h.ctx, r, "browser", From))
			l := h.letter(t, store.LetterOwner)
			return h.CompleteRegistration(h.ctx, l.Token, "", "browser", From)
		}, Password, false},
		{"an invitation from before to her address", func(t *testing.T, h house, _ equipment) (store.User, error) {
			must(t, h.Invite(h.ctx, "new@example.com", "", Operator))
			token := h.letter(t, store.LetterInvite).Token
			h.move(t, "ada", "new@example.com")
			return h.AcceptInvite(h.ctx, token, store.Registration{Username: "grace", Password: otherPassword}, From)
		}, Password, false},
		{"confirming the address again", func(t *testing.T, h house, _ equipment) (store.User, error) {
			h.exec(t, `UPDATE users SET confirmed_at = NULL`)
			must(t, h.SendVerification(h.ctx, h.find(t, "ada"), From))
			return h.VerifyEmail(h.ctx, h.letter(t, store.LetterVerify).Token, From)
		}, Password, false},
		{"another address", func(t *testing.T, h house, _ equipment) (store.User, error) {
			must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "new@example.com", From))
			return h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
		}, Password, false},
		{"a password by link", func(t *testing.T, h house, _ equipment) (store.User, error) {
			err := h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From)
			return h.find(t, "ada"), err
		}, otherPassword, false},
		{"the old address back, and a password by link", func(t *testing.T, h house, _ equipment) (store.User, error) {
			must(t, h.UndoEmail(h.ctx, h.move(t, "ada", "new@example.com"), From))
			err := h.ResetPassword(h.ctx, h.letter(t, store.LetterEmailRestored).Token, otherPassword, From)
			return h.find(t, "ada"), err
		}, otherPassword, false},
		{"reopening", func(t *testing.T, h house, _ equipment) (store.User, error) {
			must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
			ticket := h.ticket(t)
			_, err := h.Reopen(h.ctx, ticket, From)
			h.exec(t, `UPDATE users SET closed_at = NULL`) // as if that had been forgotten
			return h.find(t, "ada"), errors.Join(err, errNobody)
		}, Password, false},
		{"the operator's link", func(t *testing.T, h house, _ equipment) (store.User, error) {
			token, err := h.ResetToken(h.ctx, h.find(t, "ada"), store.Origin{Operator: true})
			must(t, err)
			return h.find(t, "ada"), h.ResetPassword(h.ctx, token, otherPassword, From)
		}, otherPassword, false},
		{"disabled and enabled", func(t *testing.T, h house, _ equipment) (store.User, error) {
			must(t, h.Disable(h.ctx, h.find(t, "ada"), store.Origin{Operator: true}))
			return h.find(t, "ada"), h.Enable(h.ctx, h.find(t, "ada"), store.Origin{Operator: true})
		}, Password, false},
		{"the app dropped, because it cannot be opened", func(t *testing.T, h house, _ equipment) (store.User, error) {
			_, _, err := h.keyed(t, otherKeys(t)).DropUnreadableApps(h.ctx, store.Origin{Operator: true})
			return h.find(t, "ada"), err
		}, Password, false},
		{"the operator's reset of her factors", func(t *testing.T, h house, _ equipment) (store.User, error) {
			_, err := h.ResetFactors(h.ctx, h.find(t, "ada"), store.Origin{Operator: true})
			return h.find(t, "ada"), err
		}, Password, true},
		{"the way back from her first factor, and a password by link", func(t *testing.T, h house, ada equipment) (store.User, error) {
			must(t, h.UndoFactors(h.ctx, ada.undo, From))
			err := h.ResetPassword(h.ctx, h.letter(t, store.LetterFactorsUndone).Token, otherPassword, From)
			return h.find(t, "ada"), err
		}, otherPassword, true},
		{"a password by link that takes passkeys along", func(t *testing.T, h house, ada equipment) (store.User, error) {
			AddPasskey(t, h.Store, NewAuthenticator(Origin), ada.signIn)
			h.post(t)
			err := h.ResetPasswordAndPasskeys(h.ctx, h.resetLink(t, "ada"), otherPassword, From)
			return h.find(t, "ada"), err
		}, otherPassword, false},
		{"the app removed, with a passkey left", func(t *testing.T, h house, ada equipment) (store.User, error) {
			n := AddPasskey(t, h.Store, NewAuthenticator(Origin), ada.signIn).SignIn
			_, err := h.RemoveApp(h.ctx, n, h.find(t, "ada"), From)
			return h.find(t, "ada"), err
		}, Password, false},
		{"the password removed, and another by link", func(t *testing.T, h house, ada equipment) (store.User, error) {
			n := AddPasskey(t, h.Store, NewAuthenticator(Origin), ada.signIn).SignIn
			_, err := h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
			must(t, err)
			h.post(t)
			err = h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From)
			return h.find(t, "ada"), err
		}, otherPassword, false},
		{"the second step turned off", func(t *testing.T, h house, ada equipment) (store.User, error) {
			_, err := h.TurnSecondStepOff(h.ctx, ada.signIn, h.find(t, "ada"), From)
			return h.find(t, "ada"), err
		}, Password, true},
	}
)

// FX-11 FX-14: every way into an account, and what it is to somebody who has a second step.
func TestNoWayInPassesTheSecondStep(t *testing.T) {
	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, d Database) { w.leads(t, open(t, d)) })
		})
	}
}

func (w way) leads(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user, err := w.do(t, h, ada)
	if err == nil && user.Username != "ada" {
		t.Fatalf("it leads to %+v", user)
	}
	h.exec(t, `DELETE FROM throttles`)
	h.exec(t, `DELETE FROM signins`)
	entries := []store.Entry{store.ByPassword(h.find(t, "ada"))}
	if err == nil {
		entries = append(entries, store.ByPassword(user), store.Entry{User: user, Kind: store.KindPassword, Remembered: true})
	}
	for _, entry := range entries {
		_, err := h.SignIn(h.ctx, entry, on("home"))
		if in := err == nil; in && !w.off {
			t.Errorf("it signs in without a second step")
		}
	}
	if w.off {
		h.enter(t, "ada", w.password, From)
		return
	}
	h.count(t, "signins", 0)
	if !h.asked(t, "ada", w.password, on("home")) {
		t.Error("the password alone signs in")
	}
	h.clock.Move(time.Minute)
	n, err := SignInByCode(h.Store, "ada", w.password, store.KindRecovery, ada.codes[0], "", From)
	must(t, err)
	h.visit(t, n.ID)
}
