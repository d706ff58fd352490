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
	if made.Verified() || made != h.find(t, "ada") {
		t.Errorf("made %+v", made)
	}
	l := h.letter(t, store.LetterVerify)
	if l.To != "Ada@example.com" || l.Name+l.Username != "" || l.Expires.Sub(l.Written) != store.VerifyValid {
		t.Errorf("wrote %+v", l)
	}
	must(t, h.SendVerification(h.ctx, made, From))
	again := h.letter(t, store.LetterVerify)
	if token, err := h.Token(h.ctx, l.Token, store.PurposeVerify); err != nil || token.Email != "Ada@example.com" || token.User != made {
		t.Errorf("Token = %+v, %v", token, err)
	}
	if h.find(t, "ada").Verified() {
		t.Error("looking at the token confirmed the address")
	}
	h.clock.Move(time.Minute)
	now := h.clock.Now().UTC().Truncate(time.Microsecond)
	user, err := h.VerifyEmail(h.ctx, l.Token, From)
	if err != nil || !user.VerifiedAt.Equal(now) || user != h.find(t, "ada") {
		t.Errorf("ConfirmAddress = %+v, %v", user, err)
	}
	h.clock.Move(time.Minute)
	if _, err := h.VerifyEmail(h.ctx, again.Token, From); err != nil {
		t.Errorf("the second letter = %v", err)
	}
	if user := h.find(t, "ada"); !user.VerifiedAt.Equal(now) {
		t.Errorf("confirmed at %v, want the first time, %v", user.VerifiedAt, now)
	}
	if l := h.post(t); len(l) != 0 {
		t.Errorf("wrote %+v", l)
	}
}

func confirmsOwnAddress(t *testing.T, h house) {
	h = h.mailing(t)
	ada := Register(t, h.Store, Ada())
	old := h.letter(t, store.LetterVerify).Token
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	_, err := h.VerifyEmail(h.ctx, h.letter(t, store.LetterNewEmail).Token, From)
	must(t, err)
	confirmedAt := h.find(t, "ada").VerifiedAt
	h.clock.Move(time.Minute)
	if _, err := h.VerifyEmail(h.ctx, old, From); !errors.Is(err, store.ErrInvalidLink) {
		t.Errorf("the old token = %v, want ErrLink", err)
	}
	if user := h.find(t, "ada"); user.Email != "new@example.com" || !user.VerifiedAt.Equal(confirmedAt) {
		t.Errorf("the user is %+v", user)
	}
	// Also where the row was left: the address is a condition of its own.
	h.exec(t, `UPDATE users SET email = 'ada@example.com', email_key = 'ada@example.com', confirmed_at = NULL`)
	must(t, h.SendVerification(h.ctx, h.find(t, "ada"), From))
	old = h.letter(t, store.LetterVerify).Token
	h.exec(t, `UPDATE users SET email = 'third@example.com', email_key = 'third@example.com'`)
	if _, err := h.VerifyEmail(h.ctx, old, From); !errors.Is(err, store.ErrInvalidLink) || h.find(t, "ada").Verified() {
		t.Errorf("a token for another address = %v, want ErrLink", err)
	}
}

func asksOnce(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	must(t, h.SendVerification(h.ctx, ada, From))
	if post := h.post(t); len(post) != 0 {
		t.Errorf("wrote %+v", post)
	}
}
