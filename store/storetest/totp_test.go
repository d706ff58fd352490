package storetest_test

import (
	"encoding/base32"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	. "gatehouse/store/storetest"
)

// The contract of authenticator apps.
func TestAppContract(t *testing.T) {
	contract(t, []promise{
		{"FX-01 shows the same key until the app is set up, and never again", sameKey},
		{"FX-02 MFA-12 keeps nothing until a code was right", keepsNothingUnproved},
		{"FX-03 leaves the app alone while another is not set up", oldAppWorks},
		{"FX-06 shows a key of 160 bits as 32 characters of base32", keyIsLong},
		{"says of a code from another time that a clock is wrong, while setting up alone", otherTime},
		{"lets one of two set the second step up who do so at once", setsUpOnce},
		{"changes nothing for an account that changed since the page was shown", changedSincePage},
		{"FX-38 makes the recovery codes itself, once, and keeps them when the app changes", makesOwnCodes},
		{"moves to another app, and the old one is dead", movesToAnother},
		{"sets nothing up for an address that nobody confirmed, where mail is sent", setsUpConfirmed},
		{"drops an app from before the address was confirmed once a password is chosen by link", dropsUnconfirmed},
		{"keeps an app through a change of address and its undo", keepsConfirmed},
		{"opens no app that was sealed for somebody else", sealedForOne},
		{"turns nothing off where the site asks for a second step", staysOn},
	})
}

// fresh is a person who has no second step yet, and the key that is shown to them.
func (h house) fresh(t *testing.T) (store.User, store.SignIn, App) {
	t.Helper()
	n := h.signIn(t, false)
	user := h.find(t, "ada")
	return user, n, App{h.AppKey(n, user), h.clock}
}

func sameKey(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	seen := map[string]bool{string(app.Key): true}
	for range 3 {
		_, _, err := h.SetUpApp(h.ctx, n, user, app.Wrong(), From)
		refused(t, err)
		h.clock.Move(time.Minute)
		seen[string(h.copied(t).AppKey(h.visit(t, n.ID), h.find(t, "ada")))] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d keys were shown, want one", len(seen))
	}
	seen[string(h.AppKey(h.signIn(t, false), user))] = true
	n, _, err := h.SetUpApp(h.ctx, n, user, app.Code(), From)
	must(t, err)
	seen[string(h.AppKey(n, h.find(t, "ada")))] = true
	if len(seen) != 3 {
		t.Errorf("%d keys for one sign-in, another, and after setting up; want three", len(seen))
	}
}

func keepsNothingUnproved(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	before := h.dump(t)
	for _, code := range []string{"", "12345", "1234567", "１２３４５６", app.Wrong(), app.CodeIn(1), app.CodeIn(-2), app.CodeIn(200)} {
		_, codes, err := h.SetUpApp(h.ctx, n, user, code, From)
		if r := refused(t, err); r.Field != "code" || codes != nil {
			t.Errorf("%q: %+v, %v", code, r, codes)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.enter(t, "ada", Password, From)
	if f, err := h.Factors(h.ctx, user); err != nil || !f.AppAt.IsZero() || len(f.Codes) != 0 || !f.CodesAt().IsZero() {
		t.Errorf("Factors = %+v, %v", f, err)
	}
}

func oldAppWorks(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user := h.find(t, "ada")
	another := App{h.AppKey(ada.signIn, user), h.clock}
	for _, code := range []string{another.Wrong(), ada.Code()} {
		_, _, err := h.SetUpApp(h.ctx, ada.signIn, user, code, From)
		refused(t, err)
	}
	_, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From)
	must(t, err)
}

func keyIsLong(t *testing.T, h house) {
	_, _, app := h.fresh(t)
	text := secret.AppKeyText(app.Key)
	key, err := base32.StdEncoding.DecodeString(text)
	if err != nil || len(text) != 32 || len(key) != 20 || strings.Contains(text, "=") {
		t.Errorf("the key is %q, %v", text, err)
	}
}

func otherTime(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	for steps, want := range map[int64]error{-11: store.ErrOtherTime, -2: store.ErrOtherTime, 1: store.ErrOtherTime, 10: store.ErrOtherTime, -12: store.ErrWrongCode, 11: store.ErrWrongCode} {
		if _, _, err := h.SetUpApp(h.ctx, n, user, app.CodeIn(steps), From); !errors.Is(err, want) {
			t.Errorf("the code of %d steps later: %v, want %v", steps, err, want)
		}
	}
	_, _, err := h.SetUpApp(h.ctx, n, user, app.CodeIn(-1), From)
	must(t, err)
	_, err = SignInByCode(h.Store, "ada", Password, store.KindCode, app.CodeIn(1), "", From)
	if !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("at signing in a code of later: %v", err)
	}
}

func setsUpOnce(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	other := h.signIn(t, false)
	others := App{h.AppKey(other, user), h.clock}
	for name, twins := range map[string][]func() error{
		"two tabs": {
			func() error { _, _, err := h.SetUpApp(h.ctx, n, user, app.Code(), From); return err },
			func() error { _, _, err := h.SetUpApp(h.ctx, n, user, app.Code(), From); return err },
		},
		"two browsers": {
			func() error { _, _, err := h.SetUpApp(h.ctx, n, user, app.Code(), From); return err },
			func() error { _, _, err := h.SetUpApp(h.ctx, other, user, others.Code(), From); return err },
		},
	} {
		answers := h.overtake(t, `UPDATE users SET name = name`, nil, twins...)
		if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrSignInEnded) {
			t.Errorf("%s: %v, want one and ErrSignInEnded", name, answers)
		}
		h.count(t, "signins", 1)
		h.count(t, "totp", 1)
		h.count(t, "recovery_codes", store.RecoveryCodes)
		_, err := h.ResetFactors(h.ctx, user, Operator)
		must(t, err)
		n, other = h.signIn(t, false), h.signIn(t, false)
		user = h.find(t, "ada")
		app, others = App{h.AppKey(n, user), h.clock}, App{h.AppKey(other, user), h.clock}
	}
}

func changedSincePage(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user := h.find(t, "ada")
	shown := App{h.AppKey(ada.signIn, user), h.clock}
	h.move(t, "ada", "new@example.com") // ends no sign-in
	before := h.dump(t)
	_, _, set := h.SetUpApp(h.ctx, ada.signIn, user, shown.Code(), From)
	_, off := h.TurnSecondStepOff(h.ctx, ada.signIn, user, From)
	if !errors.Is(set, store.ErrSignInEnded) || !errors.Is(off, store.ErrSignInEnded) {
		t.Errorf("set up: %v, turned off: %v", set, off)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	h.visit(t, ada.signIn.ID)
}

func makesOwnCodes(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	n, codes, err := h.SetUpApp(h.ctx, n, user, app.Code(), From)
	must(t, err)
	shape := regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{6}-){3}[0-9A-HJKMNP-TV-Z]{6}$`)
	different := map[string]bool{}
	for _, code := range codes {
		different[code] = true
		var found int
		must(t, h.db.Read.QueryRow(`SELECT count(*) FROM recovery_codes WHERE hash = $1`, secret.Digest(code)).Scan(&found))
		if found != 1 || !shape.MatchString(code) {
			t.Errorf("%q is stored %d times", code, found)
		}
	}
	if len(different) != store.RecoveryCodes {
		t.Errorf("%d codes, want %d", len(different), store.RecoveryCodes)
	}
	h.count(t, "recovery_codes", store.RecoveryCodes)
	again := App{h.AppKey(n, h.find(t, "ada")), h.clock}
	n, codes, err = h.SetUpApp(h.ctx, n, h.find(t, "ada"), again.Code(), From)
	if err != nil || codes != nil {
		t.Errorf("another app made %v, %v", codes, err)
	}
	for code := range different {
		_, err := SignInByCode(h.Store, "ada", Password, store.KindRecovery, code, "", From)
		must(t, err)
	}
	// Somebody whose codes are all used gets new ones with another app.
	n = h.visit(t, n.ID)
	_, _, codes = SetUpApp(t, h.Store, h.clock, n)
	if len(codes) != store.RecoveryCodes || different[codes[0]] {
		t.Errorf("after the last code another app made %v", codes)
	}
}

func movesToAnother(t *testing.T, h house) {
	h, ada := h.equipped(t)
	since := h.find(t, "ada").SecondAt
	h.clock.Move(time.Hour)
	another, n, _ := SetUpApp(t, h.Store, h.clock, ada.signIn)
	h.clock.Move(secret.AppStep)
	if _, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("the old app: %v", err)
	}
	_, err := h.finish(h.half(t, From), store.KindCode, another.Code(), From)
	must(t, err)
	f, err := h.Factors(h.ctx, h.find(t, "ada"))
	must(t, err)
	if user := h.find(t, "ada"); !user.SecondAt.Equal(since) || !f.AppAt.Equal(h.moment(-secret.AppStep)) || n.ID == ada.signIn.ID {
		t.Errorf("since %v with an app of %v", user.SecondAt, f.AppAt)
	}
}

func setsUpConfirmed(t *testing.T, h house) {
	h = h.mailing(t)
	user, n, app := h.fresh(t)
	_, _, err := h.SetUpApp(h.ctx, n, user, app.Code(), From)
	if r := refused(t, err); !strings.Contains(r.Sentence, "Confirm your email address") {
		t.Errorf("got %+v", r)
	}
	h.count(t, "totp", 0)
}

func dropsUnconfirmed(t *testing.T, h house) {
	user, n, app := h.fresh(t)
	_, codes, err := h.SetUpApp(h.ctx, n, user, app.Code(), From)
	must(t, err)
	token, err := h.ResetToken(h.ctx, h.find(t, "ada"), Operator)
	must(t, err)
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
	if h.find(t, "ada").SecondStep() {
		t.Error("the second step is on")
	}
	h.count(t, "totp", 0)
	h.count(t, "recovery_codes", 0)
	h.enter(t, "ada", otherPassword, From)
	if _, err := SignInByCode(h.Store, "ada", otherPassword, store.KindRecovery, codes[0], "", From); err == nil {
		t.Error("a code of it signs in")
	}
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	if e := events[2]; e.Name != store.EventSecondOff || e.Detail != store.DetailByLink {
		t.Errorf("recorded %s %q", e.Name, e.Detail)
	}
}

func keepsConfirmed(t *testing.T, h house) {
	h, ada := h.equipped(t)
	undo := h.move(t, "ada", "new@example.com")
	enters := func(password string) {
		t.Helper()
		_, err := SignInByCode(h.Store, "ada", password, store.KindCode, ada.Next(), "", From)
		must(t, err)
	}
	enters(Password)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	enters(otherPassword)
	must(t, h.UndoEmail(h.ctx, undo, From))
	h.post(t)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), Password, From))
	enters(Password)
}

func sealedForOne(t *testing.T, h house) {
	h, ada := h.equipped(t)
	n := h.enter(t, h.confirmedGrace(t), Password, From)
	graces, _, _ := SetUpApp(t, h.Store, h.clock, n)
	h.exec(t, `UPDATE totp SET sealed = (SELECT sealed FROM totp WHERE user_id = $1) WHERE user_id = $2`, n.UserID, h.find(t, "ada").ID)
	for _, app := range []App{ada.App, graces} {
		if _, err := h.finish(h.half(t, From), store.KindCode, app.Next(), From); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("got %v", err)
		}
	}
	_, err := h.finish(h.half(t, From), store.KindRecovery, ada.codes[0], From)
	must(t, err)
}

func staysOn(t *testing.T, h house) {
	h, ada := h.equipped(t)
	site := store.DefaultRules
	site.SecondStepRequired = true
	h = h.ruled(t, site)
	user := h.find(t, "ada")
	if _, err := h.TurnSecondStepOff(h.ctx, ada.signIn, user, From); !errors.Is(err, store.ErrRequired) {
		t.Errorf("TurnSecondStepOff = %v", err)
	}
	h.visit(t, ada.signIn.ID)
	if Register(t, h.Store, grace()); h.MustSetUp(user) || !h.MustSetUp(h.find(t, "grace")) {
		t.Error("who has one must set it up, or who has none need not")
	}
}

// RFC 6238 by somebody else: every code of a day, and the setting up of a whole app.
func TestAppsAgreeWithAnotherImplementation(t *testing.T) {
	t.Parallel()
	clock := NewClock()
	app := App{secret.New()[:secret.AppKeyLength], clock}
	key := secret.AppKeyText(app.Key)
	options := totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for range 24 * 60 * 2 {
		theirs, err := totp.GenerateCodeCustom(key, clock.Now(), options)
		must(t, err)
		if ours := app.Code(); ours != theirs {
			t.Fatalf("at %v our code is %s, theirs %s", clock.Now(), ours, theirs)
		}
		if typed, err := rules.AppCode(theirs[:3] + " " + theirs[3:]); err != nil || typed != theirs {
			t.Fatalf("typed with a space it is %s, %v", typed, err)
		}
		clock.Move(secret.AppStep)
	}
}
