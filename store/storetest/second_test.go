package storetest_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the second step of a sign-in.
func TestSecondStepContract(t *testing.T) {
	contract(t, []promise{
		{"FX-14 MFA-01 gives a password alone no sign-in, whatever made the entry", gates},
		{"FX-08 takes a right code after a wrong one, without the password again", triesAgain},
		{"FX-04 MFA-03 takes a code once, wherever it is used", codeOnce},
		{"MFA-06 does not take the code that set the app up", setUpCodeIsUsed},
		{"FX-05 MFA-07 takes the code of now and the one before, and none before one that was used", codeWindow},
		{"FX-04 lets one of twenty in who enter the same code at once", codeOnceAtOnce},
		{"FX-13 MFA-11 takes password and code for recent proof, and refuses both in one sentence", provesBoth},
		{"lets nobody in by a code that is right for an account that changed meanwhile", changedBeforeEntering},
		{"turns off beside a sign-in, or lets it in before that", offBesideSignIn},
	})
}

// equipment is what somebody has for the second step.
type equipment struct {
	App
	signIn store.SignIn
	codes  []string
	// undo is the token of the letter about the app, which was the first factor.
	undo string
	// keys is an authenticator with a passkey, where one was added.
	keys *Authenticator
}

// equipped is a house that sends mail and Ada, who set the second step up at home. The code
// that her app shows now was not used yet.
func (h house) equipped(t *testing.T) (house, equipment) {
	t.Helper()
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	h.post(t)
	app, n, codes := SetUpApp(t, h.Store, h.clock, n)
	app.Next()
	return h, equipment{app, n, codes, h.letter(t, store.LetterFirstFactor).Token, nil}
}

// half is Ada's entry after the password, as it is taken up again from its ticket.
func (h house) half(t *testing.T, from store.Origin) store.Entry {
	t.Helper()
	entry, err := h.Authenticate(h.ctx, "ada", Password, from)
	must(t, err)
	entry, err = h.Resume(h.ctx, h.Ticket(entry))
	must(t, err)
	return entry
}

// finish is the second step of an entry and the sign-in.
func (h house) finish(e store.Entry, kind, code string, from store.Origin) (store.SignIn, error) {
	e, err := h.EnterCode(h.ctx, e, kind, code, from)
	if err != nil {
		return store.SignIn{}, err
	}
	return h.SignIn(h.ctx, e, from)
}

func gates(t *testing.T, h house) {
	h, ada := h.equipped(t)
	must(t, h.SignOut(h.ctx, ada.signIn, From))
	entry, err := h.Authenticate(h.ctx, "ada", Password, on("home"))
	must(t, err)
	if entry.Missing() != store.SecondStep {
		t.Errorf("after the password she lacks %v", entry.Missing())
	}
	user := h.find(t, "ada")
	for what, e := range map[string]store.Entry{
		"as it is":                  entry,
		"of the present user":       store.ByPassword(user),
		"kept":                      {User: user, Kind: store.KindPassword, Remembered: true},
		"that says it had a code":   {User: user, Kind: store.KindCode},
		"that says it had another":  {User: user, Kind: store.KindRecovery},
		"that says it is trusted":   {User: user, Kind: store.KindTrusted},
		"that says it had a key":    {User: user, Kind: store.KindPasskey},
		"that says it had both":     {User: user, Kind: store.KindPasswordPasskey},
		"of a kind that is unknown": {User: user, Kind: "provider"},
		"of a form that was kept":   {User: user, Kind: store.KindCode, Trust: "token"},
	} {
		for _, from := range []store.Origin{From, on("home")} {
			if _, err := h.SignIn(h.ctx, e, from); err == nil {
				t.Errorf("an entry %s signs in", what)
			}
		}
	}
	h.count(t, "signins", 0)
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 0)
	if n, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From); err != nil || n.Kind != store.KindCode {
		t.Errorf("the code: %+v, %v", n, err)
	}
}

func triesAgain(t *testing.T, h house) {
	h, ada := h.equipped(t)
	entry := h.half(t, From)
	for range 2 {
		if _, err := h.EnterCode(h.ctx, entry, store.KindCode, ada.Wrong(), From); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("a wrong code: %v", err)
		}
	}
	n, err := h.finish(entry, store.KindCode, ada.Code(), From)
	must(t, err)
	h.visit(t, n.ID)
	if !h.RecentlyAuthenticated(n) {
		t.Error("password and code are no recent proof")
	}
}

func codeOnce(t *testing.T, h house) {
	h, ada := h.equipped(t)
	signsIn := func(code string) error {
		_, err := h.finish(h.half(t, From), store.KindCode, code, From)
		return err
	}
	proves := func(code string) (err error) {
		n, err := h.Reauthenticate(h.ctx, ada.signIn, Password, code, From)
		if err == nil {
			ada.signIn = n
		}
		return err
	}
	for name, use := range map[string]func(string) error{"a sign-in": signsIn, "a proof": proves} {
		code := ada.Next()
		must(t, use(code))
		if err := signsIn(code); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("after %s another takes the code: %v", name, err)
		}
		if err := proves(code); !errors.Is(err, store.ErrNotYourProof) {
			t.Errorf("after %s a proof takes the code: %v", name, err)
		}
		// It counts like any wrong code.
		h.count(t, "throttles WHERE failed = 2 AND bucket LIKE '%:codes'", 1)
		h.exec(t, `DELETE FROM throttles`)
	}
	h.count(t, "events WHERE name = 'authn_second_fail'", 4)
}

func setUpCodeIsUsed(t *testing.T, h house) {
	h, _ = h.equipped(t)
	n := h.enter(t, h.confirmedGrace(t), Password, From)
	app, _, _ := SetUpApp(t, h.Store, h.clock, n)
	if _, err := SignInByCode(h.Store, "grace", Password, store.KindCode, app.Code(), "", From); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("the first code signs in: %v", err)
	}
	if _, err := SignInByCode(h.Store, "grace", Password, store.KindCode, app.Next(), "", From); err != nil {
		t.Errorf("the second code: %v", err)
	}
}

// confirmedGrace is the username of a second person whose address is confirmed.
func (h house) confirmedGrace(t *testing.T) string {
	t.Helper()
	return h.confirmed(t, grace()).Username
}

func codeWindow(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h.clock.Move(time.Hour)
	entry := h.half(t, From)
	h = h.hasty(t)
	for _, steps := range []int64{-10, -3, -2, 1, 2, 10} {
		if _, err := h.EnterCode(h.ctx, entry, store.KindCode, ada.CodeIn(steps), From); !errors.Is(err, store.ErrWrongCode) && !errors.Is(err, store.ErrStartAgain) {
			t.Errorf("the code of %d steps later: %v", steps, err)
		}
	}
	enters := func(steps int64) error {
		_, err := h.finish(h.half(t, From), store.KindCode, ada.CodeIn(steps), From)
		return err
	}
	must(t, enters(-1))
	must(t, enters(0))
	for _, steps := range []int64{0, -1} {
		if err := enters(steps); !errors.Is(err, store.ErrWrongCode) {
			t.Errorf("after the code of now that of %d steps later: %v", steps, err)
		}
	}
}

func codeOnceAtOnce(t *testing.T, h house) {
	h, ada := h.equipped(t)
	must(t, h.SignOut(h.ctx, ada.signIn, From))
	if in := h.atOnce(t, store.KindCode, ada.Code()); in != 1 {
		t.Errorf("%d of twenty came in by one code", in)
	}
	h.count(t, "signins", 1)
}

// atOnce enters a code into twenty half sign-ins at once, on two copies that make nobody
// wait, finishes at once those whose code was right, and says how many came in.
func (h house) atOnce(t *testing.T, kind, code string) (in int) {
	t.Helper()
	houses := []house{h.patient(t), h.copied(t).patient(t)}
	const twenty = 20
	var entries [twenty]store.Entry
	var answers [twenty]error
	for i := range entries {
		entries[i] = h.half(t, on(fmt.Sprint("browser ", i)))
	}
	for _, step := range []func(h house, i int, from store.Origin) error{
		func(h house, i int, from store.Origin) (err error) {
			entries[i], err = h.EnterCode(h.ctx, entries[i], kind, code, from)
			return err
		},
		func(h house, i int, from store.Origin) error { _, err := h.SignIn(h.ctx, entries[i], from); return err },
	} {
		var group sync.WaitGroup
		for i := range answers {
			if answers[i] == nil {
				group.Go(func() { answers[i] = step(houses[i%2], i, on(fmt.Sprint("browser ", i))) })
			}
		}
		group.Wait()
	}
	for _, err := range answers {
		switch {
		case err == nil:
			in++
		case !refusal(err) && !errors.Is(err, store.ErrStartAgain):
			t.Errorf("got %v, want a refusal", err)
		}
	}
	return in
}

func provesBoth(t *testing.T, h house) {
	h, ada := h.equipped(t)
	h = h.hasty(t)
	h.clock.Move(store.RecentAuth)
	n := h.visit(t, ada.signIn.ID)
	for _, c := range []struct{ password, code string }{
		{Password, ""},
		{Password, ada.Wrong()},
		{Password, "12 34"},
		{Password, ada.CodeIn(1)},
		{"wrong", ada.Code()},
		{"wrong", ""},
		{"", ada.codes[0]},
		{Password, "AAAAAA-AAAAAA-AAAAAA-AAAAAA"},
	} {
		if _, err := h.Reauthenticate(h.ctx, n, c.password, c.code, From); !errors.Is(err, store.ErrNotYourProof) {
			t.Errorf("%q with %q: %v", c.password, c.code, err)
		}
	}
	if h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("half a proof is one")
	}
	n, err := h.Reauthenticate(h.ctx, n, Password, ada.Code(), From)
	must(t, err)
	n, err = h.Reauthenticate(h.ctx, n, Password, ada.codes[0], From)
	must(t, err)
	if !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("password and code are no proof")
	}
	if _, err = h.Reauthenticate(h.ctx, n, Password, ada.codes[0], From); !errors.Is(err, store.ErrNotYourProof) {
		t.Errorf("a recovery code twice: %v", err)
	}
}

func changedBeforeEntering(t *testing.T, h house) {
	h, ada := h.equipped(t)
	for what, change := range map[string]func() error{
		"disabled": func() error { return h.Disable(h.ctx, h.find(t, "ada"), Operator) },
		"enabled":  func() error { return h.Enable(h.ctx, h.find(t, "ada"), Operator) },
	} {
		h.exec(t, `UPDATE users SET disabled_at = NULL`)
		entry := h.half(t, From)
		entry, err := h.EnterCode(h.ctx, entry, store.KindCode, ada.Next(), From)
		must(t, err)
		if what == "enabled" {
			h.exec(t, `UPDATE users SET disabled_at = created_at`)
		}
		must(t, change())
		_, err = h.SignIn(h.ctx, entry, From)
		refused(t, err)
	}
	// What came to nothing used nothing up.
	h.exec(t, `UPDATE users SET disabled_at = NULL`)
	_, err := h.finish(h.half(t, From), store.KindCode, ada.Code(), From)
	must(t, err)
}

func offBesideSignIn(t *testing.T, h house) {
	h, ada := h.equipped(t)
	user := h.find(t, "ada")
	entry, err := h.EnterCode(h.ctx, h.half(t, From), store.KindCode, ada.Code(), From)
	must(t, err)
	var signedIn, off error
	var group sync.WaitGroup
	group.Go(func() { _, signedIn = h.SignIn(h.ctx, entry, From) })
	group.Go(func() { _, off = h.copied(t).mailing(t).TurnSecondStepOff(h.ctx, ada.signIn, user, From) })
	group.Wait()
	must(t, off)
	if signedIn != nil {
		refused(t, signedIn)
	}
	// Whichever was first, only the sign-in that turned it off is left.
	if got := h.handles(t, "ada"); !slices.Equal(got, []string{ada.signIn.Handle}) {
		t.Errorf("signed in are %v, want the one that turned it off", got)
	}
	h.count(t, "totp", 0)
	h.enter(t, "ada", Password, From)
}
