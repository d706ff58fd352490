package storetest_test

import (
	"errors"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of counting wrong codes.
func TestWrongCodeContract(t *testing.T) {
	contract(t, []promise{
		{"counts nothing that has not the shape of a code", shapeIsNotCounted},
		{"FX-07 makes wrong codes wait like wrong passwords and with them, whatever right passwords stand between", codesWait},
		{"FX-07 MFA-08 ends a half sign-in at every fifth wrong code, and counts on when it begins again", fifthEnds},
		{"FX-10 tells the owner of three wrong codes in a row, once", thirdIsTold},
		{"forgets wrong codes once one is right, there and nowhere else", rightForgets},
		{"FX-09 lets the owner in at a known device while somebody burns codes elsewhere", burnedElsewhere},
		{"FX-07 counts codes where passwords have no limit, and spares known devices", countsWithoutLimit},
		{"counts codes on a known device by themselves, and forgets it after ten", forgetsDeviceByCodes},
		{"FX-07 takes no code after ninety wrong ones, until a password is chosen by link", ninetyCodes},
		{"MFA-10 counts wrong recovery codes with those of the app", recoveryShares},
		{"SUDO-03 counts wrong codes of a proof with those of a sign-in", proofShares},
		{"takes back a code that was right and led to nothing by a fault", codeFaultIsNoTry},
	})
}

// miss enters a wrong code and returns the wait, if it was not even compared.
func (h house) miss(t *testing.T, app App, from store.Origin) time.Duration {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, "ada", Password, from)
	if err == nil {
		_, err = h.EnterCode(h.ctx, entry, store.KindCode, app.Wrong(), from)
	}
	if errors.Is(err, store.ErrStartAgain) || errors.Is(err, store.ErrWrongCode) {
		return 0
	}
	return refused(t, err).Wait
}

// misses enters so many wrong codes, and waits where it must.
func (h house) missCodes(t *testing.T, app App, from store.Origin, times int) {
	t.Helper()
	for wrong := 0; wrong < times; {
		wait := h.miss(t, app, from)
		if wait == 0 {
			wrong++
		}
		h.clock.Move(wait)
	}
}

func shapeIsNotCounted(t *testing.T, h house) {
	h, ada := h.equipped(t)
	entry := h.half(t, From)
	before := h.dump(t)
	for range 2 * free {
		for kind, typed := range map[string]string{store.KindCode: "12345", store.KindRecovery: ada.Code()} {
			_, err := h.EnterCode(h.ctx, entry, kind, typed, From)
			if r := refused(t, err); r.Field != "code" || r.Wait != 0 || errors.Is(err, store.ErrWrongCode) {
				t.Errorf("%q: %+v", typed, r)
			}
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func codesWait(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for i := range free {
		if wait := h.miss(t, ada.App, From); wait != 0 {
			t.Fatalf("wrong code %d waits for %v", i+1, wait)
		}
	}
	for _, want := range []time.Duration{1, 2, 4, 8, 16, 32, 64} {
		want *= time.Second
		if wait := h.miss(t, ada.App, From); wait != want {
			t.Errorf("a wrong code waits for %v, want %v", wait, want)
		}
		if r := h.guess(t, "ada", From); r.Wait != want {
			t.Errorf("after wrong codes a wrong password waits for %v, want %v", r.Wait, want)
		}
		h.clock.Move(want)
		if wait := h.miss(t, ada.App, From); wait != 0 {
			t.Errorf("after the wait there is another of %v", wait)
		}
	}
	h.exec(t, `DELETE FROM throttles`)
	for range free - 1 {
		h.guess(t, "ada", From)
	}
	h.miss(t, ada.App, From)
	if wait := h.miss(t, ada.App, From); wait == 0 {
		t.Error("wrong passwords do not count with wrong codes")
	}
	h.count(t, "users WHERE wrong_passwords = 17", 1) // five, seven, four and one
}

func fifthEnds(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h = h.hasty(t)
	for n := 1; n <= 12; n++ {
		// From another browser and by another half sign-in each time.
		_, err := h.EnterCode(h.ctx, h.half(t, From), store.KindCode, ada.Wrong(), From)
		want := store.ErrWrongCode
		if n%5 == 0 {
			want = store.ErrStartAgain
		}
		if !errors.Is(err, want) && n <= 10 {
			t.Errorf("wrong code %d: %v, want %v", n, err, want)
		}
	}
}

func thirdIsTold(t *testing.T, h house) {
	h, ada := h.equipped(t)
	from := From
	from.Zone = "Asia/Tokyo"
	h.missCodes(t, ada.App, from, 2)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("after two she is told %q", kinds(post))
	}
	h.missCodes(t, ada.App, from, 1)
	if l := h.letter(t, store.LetterCodesWrong); l.To != "Ada@example.com" || l.Zone != "" || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	h.missCodes(t, ada.App, from, 7)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("after ten she is told %q more", kinds(post))
	}
	// At once, by two copies.
	h.exec(t, `DELETE FROM throttles`)
	h.atOnce(t, store.KindCode, ada.Wrong())
	h.letter(t, store.LetterCodesWrong)
}

func rightForgets(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for _, from := range []store.Origin{From, on("home")} {
		for range 3 {
			h.missCodes(t, ada.App, from, 2)
			_, err := h.finish(h.half(t, from), store.KindCode, ada.Next(), from)
			must(t, err)
			h.count(t, "throttles", 0)
			h.count(t, "users WHERE wrong_passwords = 0", 1)
		}
	}
	// Both the count of the password and that of the code, where the device was forgotten between.
	h.guess(t, "ada", From)
	_, err := h.finish(h.half(t, From), store.KindCode, ada.Next(), on("home"))
	must(t, err)
	h.count(t, "throttles", 0)
	if post := h.post(t); len(post) != 0 {
		t.Errorf("told %q, though there were never three in a row", kinds(post))
	}
	h.missCodes(t, ada.App, From, free)
	_, err = h.finish(h.half(t, on("home")), store.KindRecovery, ada.codes[0], on("home"))
	must(t, err)
	if wait := h.miss(t, ada.App, From); wait == 0 {
		t.Error("a sign-in on a known device cleared the count of the account")
	}
}

func burnedElsewhere(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h.missCodes(t, ada.App, From, 30)
	if h.miss(t, ada.App, From) == 0 {
		t.Error("nobody waits after 30 wrong codes")
	}
	n, err := h.finish(h.half(t, on("home")), store.KindCode, ada.Next(), on("home"))
	must(t, err)
	_, err = h.Reauthenticate(h.ctx, n, Password, ada.Next(), on("home"))
	must(t, err)
}

func countsWithoutLimit(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h = h.unlimited(t)
	const codes = 10
	for n := range codes {
		if wait := h.miss(t, ada.App, From); wait != 0 {
			t.Fatalf("wrong code %d waits for %v", n+1, wait)
		}
	}
	for _, want := range []time.Duration{1, 2, 4} {
		want *= time.Second
		_, err := h.EnterCode(h.ctx, h.half(t, From), store.KindCode, ada.Code(), From)
		if r := refused(t, err); r.Wait != want {
			t.Errorf("the right code waits for %v, want %v", r.Wait, want)
		}
		h.clock.Move(want)
		h.miss(t, ada.App, From)
	}
	h.guess(t, "ada", From) // no limit on passwords
	_, err := h.finish(h.half(t, on("home")), store.KindCode, ada.Code(), on("home"))
	must(t, err)
	if h.miss(t, ada.App, From) == 0 {
		t.Error("a sign-in on a known device ended the wait of others")
	}
	h.clock.Move(time.Hour)
	_, err = h.finish(h.half(t, From), store.KindCode, ada.Next(), From)
	must(t, err)
	h.count(t, "throttles", 0)
}

func forgetsDeviceByCodes(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for _, h := range []house{h, h.unlimited(t)} {
		h.exec(t, `DELETE FROM throttles`)
		h.exec(t, `UPDATE users SET wrong_passwords = 0`)
		_, err := h.finish(h.half(t, on("home")), store.KindCode, ada.Next(), on("home"))
		must(t, err)
		for wrong := 0; wrong < 10; wrong++ {
			h.count(t, "devices", 1)
			h.missCodes(t, ada.App, on("home"), 1)
		}
		h.count(t, "devices", 0)
		h.count(t, "users WHERE wrong_passwords = 0", 1)
		h.missCodes(t, ada.App, on("home"), 11)
		if wait := h.miss(t, ada.App, on("home")); wait == 0 {
			t.Error("what is no longer known guesses codes without a wait")
		}
		h.clock.Move(time.Hour)
	}
}

func ninetyCodes(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h = h.patient(t)
	entry := h.half(t, From)
	h.exec(t, `UPDATE users SET wrong_passwords = $1`, wrongMax-2)
	h.missCodes(t, ada.App, From, 1)
	h.post(t)
	h.missCodes(t, ada.App, From, 1)
	if l := h.letter(t, store.LetterPasswordOff); l.To != "Ada@example.com" {
		t.Errorf("told %+v", l)
	}
	// Also not by a half sign-in from before.
	entry, err := h.Resume(h.ctx, h.Ticket(entry))
	must(t, err)
	if _, err := h.EnterCode(h.ctx, entry, store.KindCode, ada.Code(), From); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("after ninety the right code: %v", err)
	}
	_, err = h.Authenticate(h.ctx, "ada", Password, From)
	refused(t, err)
	_, err = h.finish(h.half(t, on("home")), store.KindCode, ada.Code(), on("home"))
	must(t, err)
	h.post(t)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), Password, From))
	_, err = h.finish(h.half(t, From), store.KindCode, ada.Next(), From)
	must(t, err)
}

func recoveryShares(t *testing.T, h house) {
	h, ada := h.equipped(t)
	const wrong = "AAAAAA-AAAAAA-AAAAAA-AAAAAA"
	entry := h.half(t, From)
	for n := 1; n <= free; n++ {
		kind, code := store.KindRecovery, wrong
		if n%2 == 0 {
			kind, code = store.KindCode, ada.Wrong()
		}
		_, err := h.EnterCode(h.ctx, entry, kind, code, From)
		if n == free && !errors.Is(err, store.ErrStartAgain) || n < free && !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("wrong code %d: %v", n, err)
		}
	}
	h.letter(t, store.LetterCodesWrong)
	for kind, code := range map[string]string{store.KindRecovery: ada.codes[0], store.KindCode: ada.Code()} {
		_, err := h.EnterCode(h.ctx, entry, kind, code, From)
		if r := refused(t, err); r.Wait != time.Second {
			t.Errorf("%s: %+v, want a wait", kind, r)
		}
	}
}

func proofShares(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for range free {
		_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.Wrong(), From)
		if !errors.Is(err, store.ErrNotYourProof) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	h.letter(t, store.LetterCodesWrong)
	if wait := h.miss(t, ada.App, From); wait != time.Second {
		t.Errorf("a sign-in waits for %v", wait)
	}
	_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.Code(), From)
	if r := refused(t, err); r.Wait != time.Second {
		t.Errorf("a proof says %+v", r)
	}
	h.clock.Move(time.Second)
	_, err = h.Reauthenticate(h.ctx, ada.signIn, Password, ada.Code(), From)
	must(t, err)
	h.count(t, "throttles", 0)
}

func codeFaultIsNoTry(t *testing.T, h house) {
	h, ada := h.equipped(t)
	entry, proved := h.half(t, From), h.find(t, "ada")
	for name, verb := range map[string]func() error{
		"SignIn": func() error { _, err := h.finish(entry, store.KindCode, ada.Code(), From); return err },
		"EnterCode of a closed account": func() error {
			closed := entry
			closed.User.ClosedAt = proved.CreatedAt
			_, err := h.EnterCode(h.ctx, closed, store.KindRecovery, ada.codes[0], From)
			return err
		},
		"Reauthenticate": func() error {
			_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.Code(), From)
			return err
		},
	} {
		h.exec(t, `ALTER TABLE events RENAME TO lost`)
		if err := verb(); err == nil || refusal(err) {
			t.Errorf("%s = %v, want a fault", name, err)
		}
		h.exec(t, `ALTER TABLE lost RENAME TO events`)
		h.count(t, "throttles WHERE failures > 0", 0)
	}
	h.count(t, "recovery_codes WHERE used_at IS NOT NULL", 0)
	_, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From)
	must(t, err)
}
