package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of confirming the address of an account.
func TestConfirmContract(t *testing.T) {
	contract(t, []promise{
		{"asks whoever registers to confirm the address, and takes the answer", confirms},
		{"RST-17 confirms no new address by the token for an old one", confirmsOwnAddress},
		{"asks nobody whose address is confirmed", asksOnce},
	})
}

func confirms(t *testing.T, h house) {
	h = h.mailing(t)
	made := Register(t, h.Store, Ada())
	if made.Confirmed() || made != h.find(t, "ada") {
		t.Errorf("made %+v", made)
	}
	l := h.letter(t, store.LetterConfirm)
	if l.To != "Ada@example.com" || l.Name+l.Username != "" || l.Expires.Sub(l.Written) != store.ConfirmValid {
		t.Errorf("wrote %+v", l)
	}
	must(t, h.SendConfirmation(h.ctx, made, From))
	again := h.letter(t, store.LetterConfirm)
	if token, err := h.Token(h.ctx, l.Token, store.PurposeConfirm); err != nil || token.Email != "Ada@example.com" || token.User != made {
		t.Errorf("Token = %+v, %v", token, err)
	}
	if h.find(t, "ada").Confirmed() {
		t.Error("looking at the token confirmed the address")
	}
	h.clock.Move(time.Minute)
	now := h.clock.Now().UTC().Truncate(time.Microsecond)
	user, err := h.ConfirmAddress(h.ctx, l.Token, From)
	if err != nil || !user.ConfirmedAt.Equal(now) || user != h.find(t, "ada") {
		t.Errorf("ConfirmAddress = %+v, %v", user, err)
	}
	h.clock.Move(time.Minute)
	if _, err := h.ConfirmAddress(h.ctx, again.Token, From); err != nil {
		t.Errorf("the second letter = %v", err)
	}
	if user := h.find(t, "ada"); !user.ConfirmedAt.Equal(now) {
		t.Errorf("confirmed at %v, want the first time, %v", user.ConfirmedAt, now)
	}
	if l := h.post(t); len(l) != 0 {
		t.Errorf("wrote %+v", l)
	}
}

func confirmsOwnAddress(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada())
	old := h.letter(t, store.LetterConfirm).Token
	must(t, h.ChangeAddress(h.ctx, ada, "new@example.com", From))
	_, err := h.ConfirmAddress(h.ctx, h.letter(t, store.LetterNewAddress).Token, From)
	must(t, err)
	confirmedAt := h.find(t, "ada").ConfirmedAt
	h.clock.Move(time.Minute)
	if _, err := h.ConfirmAddress(h.ctx, old, From); !errors.Is(err, store.ErrLink) {
		t.Errorf("the old token = %v, want ErrLink", err)
	}
	if user := h.find(t, "ada"); user.Email != "new@example.com" || !user.ConfirmedAt.Equal(confirmedAt) {
		t.Errorf("the user is %+v", user)
	}
	// Also where the row was left: the address is a condition of its own.
	h.exec(t, `UPDATE users SET email = 'ada@example.com', email_key = 'ada@example.com', confirmed_at = NULL`)
	must(t, h.SendConfirmation(h.ctx, h.find(t, "ada"), From))
	old = h.letter(t, store.LetterConfirm).Token
	h.exec(t, `UPDATE users SET email = 'third@example.com', email_key = 'third@example.com'`)
	if _, err := h.ConfirmAddress(h.ctx, old, From); !errors.Is(err, store.ErrLink) || h.find(t, "ada").Confirmed() {
		t.Errorf("a token for another address = %v, want ErrLink", err)
	}
}

func asksOnce(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	must(t, h.SendConfirmation(h.ctx, ada, From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
}
