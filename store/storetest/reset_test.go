package storetest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of forgotten passwords, and of those switched off.
func TestRecoveryContract(t *testing.T) {
	contract(t, []promise{
		{"RST-01 takes down every question alike, and writes to the address of an account alone", asksReset},
		{"RST-14 keeps the token good when the password is refused", refusedKeepsToken},
		{"gives operators no link for a disabled account, where it would not work", resetsNoDisabled},
		{"SES-09 ends all sign-ins, devices, waits and other tokens by a reset", resetEndsAll},
		{"takes a never confirmed account from its creator by a reset", recovers},
		{"SES-09 leaves no sign-in that began while the password was reset", resetJustNow},
		{"makes a link for operators where the site sends no mail", resetsWithoutMail},
		{"reopens a closed account by its new password", resetsClosed},
		{"switches the password off after ninety wrong ones, until a reset", switchesOff},
		{"counts wrong passwords in a row only, and none of a known device", countsInARow},
		{"switches no password off where nothing could switch it on, or nothing is counted", neverOff},
		{"LOG-10 lets sign-ins, guesses, proofs and an operator at once wait in one order", oneOrder},
	})
}

func asksReset(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	Register(t, h.Store, grace()) // not confirmed
	disabled := Register(t, h.Store, third())
	h.post(t)
	must(t, h.Disable(h.ctx, disabled, Operator))
	h.exec(t, `DELETE FROM letters`)
	h.exec(t, `DELETE FROM letter_addresses`)
	tokens := len(h.rows(t, "tokens"))
	all := []string{"ada", " ADA@Example.com", "grace@example.com", "third", "nobody", "nobody@example.com", "", "x\x00y", strings.Repeat("a", 5000)}
	for i, who := range all {
		must(t, h.AskReset(h.ctx, who, From))
		h.count(t, "letters", i+1)
		h.count(t, "letter_addresses", i+1)
	}
	h.count(t, "tokens", tokens)
	post := h.post(t)
	to := map[string]int{}
	for _, l := range post {
		to[l.To]++
		if l.Kind != store.LetterReset || l.Valid != store.ResetValid || l.From != From.Address || l.Agent != From.Agent {
			t.Errorf("wrote %+v", l)
		}
	}
	if len(post) != 3 || to["Ada@example.com"] != 2 || to["grace@example.com"] != 1 {
		t.Errorf("wrote to %v", to)
	}
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	if events[0].Name != store.EventResetAsked || events[0].Address != From.Address {
		t.Errorf("recorded %+v", events[0])
	}
	h.count(t, "letters WHERE sealed IS NOT NULL", 0)
}

// rows are the lines of one table.
func (h house) rows(t *testing.T, table string) []string {
	t.Helper()
	var rows []string
	for line := range strings.Lines(h.dump(t)) {
		if strings.HasPrefix(line, table+" ") {
			rows = append(rows, line)
		}
	}
	return rows
}

// resetLink is the token of a letter to somebody who forgot a password.
func (h house) resetLink(t *testing.T, who string) string {
	t.Helper()
	must(t, h.AskReset(h.ctx, who, From))
	return h.letter(t, store.LetterReset).Token
}

func resetsNoDisabled(t *testing.T, h house) {
	user := Register(t, h.Store, Ada())
	must(t, h.Disable(h.ctx, user, Operator))
	_, err := h.ResetToken(h.ctx, h.find(t, "ada"), Operator)
	refused(t, err)
	h.count(t, "tokens", 0)
}

func refusedKeepsToken(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	token := h.resetLink(t, "ada")
	before := h.dump(t)
	for name, password := range map[string]string{
		"empty": "", "short": "too short", "long": strings.Repeat("owl barn", 17), "huge": strings.Repeat("x", 1<<20), "common": CommonPassword,
		"her name": "Ada Lovelace 1815", "her address": "ada@example.com", "unreadable": "difference\x00engine",
	} {
		err := h.ResetPassword(h.ctx, token, password, From)
		if r := refused(t, err); r.Field != "password" {
			t.Errorf("%s: %+v, want a refusal of the password", name, r)
		}
	}
	busy := h.gated(t, secret.NewGate(0, time.Millisecond))
	if err := busy.ResetPassword(h.ctx, token, otherPassword, From); !errors.Is(err, secret.ErrBusy) {
		t.Errorf("while others hash: %v, want ErrBusy", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
}

func resetEndsAll(t *testing.T, h house) {
	h = h.mailing(t)
	ada := h.confirmed(t, Ada())
	h.confirmed(t, grace())
	foreign := h.enter(t, "grace", Password, on("foreign"))
	h.guess(t, "grace", From)
	one, two := h.enter(t, "ada", Password, on("one")), h.enter(t, "ada", Password, on("two"))
	h.post(t)
	h.guess(t, "ada", on("one"))
	h.burn(t, "ada", From)
	must(t, h.ChangeEmail(h.ctx, ada, "new@example.com", From))
	address := h.letter(t, store.LetterNewEmail).Token
	other, token := h.resetLink(t, "ada"), h.resetLink(t, "ada@example.com")
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
	h.gone(t, one.ID)
	h.gone(t, two.ID)
	h.visit(t, foreign.ID)
	h.count(t, "signins", 1)
	h.count(t, "devices", 1)
	h.count(t, "throttles", 1)
	for purpose, token := range map[string]string{store.PurposeReset: other, store.PurposeNewEmail: address} {
		if err := h.redeems()[purpose](token); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("another token for %s = %v, want ErrLink", purpose, err)
		}
	}
	if l := h.letter(t, store.LetterPasswordChanged); l.To != "Ada@example.com" || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	events, _, err := h.Events(h.ctx, ada, 0)
	must(t, err)
	if e := events[0]; e.Name != store.EventPasswordChanged || e.Detail != store.DetailByLink {
		t.Errorf("recorded %+v", e)
	}
	if r := h.guess(t, "ada", From); r.Wait != 0 {
		t.Errorf("after a reset a guess says %+v", r)
	}
	_, err = h.Authenticate(h.ctx, "ada", Password, From)
	refused(t, err)
	h.enter(t, "ada", otherPassword, on("one"))
}

// Whoever made an account with somebody else's address must not keep a way in.
func recovers(t *testing.T, h house) {
	h = h.mailing(t)
	Register(t, h.Store, Ada())
	confirm := h.letter(t, store.LetterVerify).Token
	creator := h.enter(t, "ada", Password, on("creator"))
	must(t, h.ChangeEmail(h.ctx, h.find(t, "ada"), "creator@example.com", From))
	away := h.letter(t, store.LetterNewEmail).Token
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada@example.com"), otherPassword, From))
	h.gone(t, creator.ID)
	h.count(t, "devices", 0)
	for _, token := range []string{confirm, away} {
		if _, err := h.VerifyEmail(h.ctx, token, From); !errors.Is(err, store.ErrInvalidLink) {
			t.Errorf("a token from before = %v, want ErrLink", err)
		}
	}
	user := h.find(t, "ada")
	if !user.Verified() || user.Email != "Ada@example.com" {
		t.Errorf("recovered %+v", user)
	}
	_, err := h.Authenticate(h.ctx, "ada", Password, on("creator"))
	refused(t, err)
}

func resetJustNow(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	token := h.resetLink(t, "ada")
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, func() error {
		_, err := h.SignIn(h.ctx, entry, on("one"))
		return err
	}, func() error { return h.ResetPassword(h.ctx, token, otherPassword, From) })
	if answers[0] != nil {
		refused(t, answers[0])
	}
	must(t, answers[1])
	h.count(t, "signins", 0)
	h.count(t, "devices", 0)
}

func resetsWithoutMail(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	token, err := h.ResetToken(h.ctx, ada, store.Origin{Operator: true})
	must(t, err)
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
	h.count(t, "letters", 0)
}

func resetsClosed(t *testing.T, h house) {
	h = h.mailing(t)
	must(t, h.CloseAccount(h.ctx, h.confirmed(t, Ada()), From))
	h.letter(t, store.LetterClosed)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	entry, err := h.Authenticate(h.ctx, "ada", otherPassword, From)
	must(t, err)
	if !entry.User.Closed() {
		t.Error("a reset reopened the account")
	}
	_, err = h.Reopen(h.ctx, h.Ticket(entry), From)
	must(t, err)
}

// suspendAfter is how many wrong passwords in a row switch it off.
const wrongMax = 90

// patient is the same house without waits, where mail is sent.
func (h house) patient(t *testing.T) house {
	t.Helper()
	rules := store.DefaultRules
	rules.Limits.WrongPasswords, rules.Mails = 1000, true
	return h.ruled(t, rules)
}

func switchesOff(t *testing.T, h house) {
	h = h.patient(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("known"))
	for range 3 {
		h.guess(t, "ada", From)
	}
	h.exec(t, `UPDATE users SET wrong_passwords = wrong_passwords + $1`, wrongMax-3-1)
	entry, err := h.Authenticate(h.ctx, "ada", Password, From)
	must(t, err)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told %q before its time", kinds(post))
	}
	wrong := h.guess(t, "ada", From)
	if l := h.letter(t, store.LetterPasswordOff); l.To != "Ada@example.com" {
		t.Errorf("told %+v", l)
	}
	for _, from := range []store.Origin{From, on("unknown")} {
		_, err := h.Authenticate(h.ctx, "ada", Password, from)
		if right := refused(t, err); right != wrong || right != h.guess(t, "ada", from) {
			t.Errorf("the right password says %+v, a wrong one %+v", right, wrong)
		}
	}
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told once more: %q", kinds(post))
	}
	h.visit(t, n.ID)
	h.enter(t, "ada", Password, on("known"))
	_, err = h.Authenticate(h.ctx, "ada", Password, From)
	refused(t, err) // a sign-in elsewhere switches nothing on
	_, err = h.Reauthenticate(h.ctx, n, Password, "", From)
	refused(t, err)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	h.enter(t, "ada", otherPassword, From)
	if _, err := h.SignIn(h.ctx, entry, store.Origin{}); err == nil {
		t.Error("a sign-in came about by the old password")
	}
}

func countsInARow(t *testing.T, h house) {
	h = h.patient(t)
	h.confirmed(t, Ada())
	h.enter(t, "ada", Password, on("known"))
	h.exec(t, `UPDATE users SET wrong_passwords = $1`, wrongMax-1)
	for range 3 {
		h.guess(t, "ada", on("known"))
	}
	h.enter(t, "ada", Password, From)
	h.guess(t, "ada", From)
	n := h.enter(t, "ada", Password, From)
	h.exec(t, `UPDATE users SET wrong_passwords = $1`, wrongMax-1)
	_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
	must(t, err)
	h.guess(t, "ada", From)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told %q", kinds(post))
	}
}

func neverOff(t *testing.T, h house) {
	off := `UPDATE users SET wrong_passwords = $1`
	Register(t, h.Store, Ada())
	h.exec(t, off, wrongMax+1)
	h.enter(t, "ada", Password, From)
	rules := store.DefaultRules
	rules.Limits, rules.Mails = store.Limits{}, true
	h = h.ruled(t, rules)
	h.exec(t, off, wrongMax-1)
	h.guess(t, "ada", From)
	h.guess(t, "ada", From)
	h.enter(t, "ada", Password, From)
	h.exec(t, off, wrongMax+1)
	h.enter(t, "ada", Password, From)
}

// All of them need the account and something that hangs on it.
func oneOrder(t *testing.T, h house) {
	h = h.patient(t)
	ada := h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, From)
	guess := func() error {
		_, err := h.Authenticate(h.ctx, "ada", "wrong", From)
		return want(err)
	}
	for range 2 {
		must(t, guess())
		entry, err := h.Authenticate(h.ctx, "ada", Password, From)
		must(t, err)
		for i, err := range h.overtake(t, `UPDATE users SET name = name`, nil, guess, func() error {
			_, err := h.SignIn(h.ctx, entry, store.Origin{})
			return err
		}) {
			if err != nil {
				t.Errorf("a guess and a sign-in at once: %d says %v", i, err)
			}
		}
	}
	must(t, guess())
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, func() error {
		_, err := h.Reauthenticate(h.ctx, n, Password, "", From)
		return err
	}, func() error { return h.Disable(h.ctx, ada, Operator) })
	if answers[0] != nil && !errors.Is(answers[0], store.ErrSignInEnded) || answers[1] != nil {
		t.Errorf("a proof and an operator at once: %v", answers)
	}
	h.count(t, "signins", 0)
}
