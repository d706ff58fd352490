package storetest_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// deed is something that is done to somebody with a second step, at home or elsewhere, and
// what becomes of it.
type deed struct {
	name string
	do   func(t *testing.T, h house, ada equipment) error
	// epoch says that links and half sign-ins from before are void.
	epoch bool
	// ends are which sign-ins end: "", "others" or "all".
	ends string
	// trust says that the browser at home is asked for the second step from then on.
	trust bool
	// codes become of the recovery codes: "stay", "replaced" or "deleted", or one is "used".
	codes string
	// app says that the present app still works.
	app           bool
	letter, event string
}

var deeds = []deed{
	{"the second step off", func(t *testing.T, h house, ada equipment) error {
		_, err := h.TurnSecondStepOff(h.ctx, ada.signIn, h.find(t, "ada"), From)
		return err
	}, true, "others", true, "deleted", false, store.LetterSecondOff, store.EventSecondOff},
	{"another app", func(t *testing.T, h house, ada equipment) error {
		SetUpApp(t, h.Store, h.clock, ada.signIn)
		return nil
	}, true, "others", true, "stay", false, store.LetterAppChanged, store.EventAppChanged},
	{"new codes", func(t *testing.T, h house, ada equipment) error {
		h.newCodes(t, ada.signIn)
		return nil
	}, true, "", false, "replaced", true, store.LetterCodesMade, store.EventCodesMade},
	{"a recovery code", func(_ *testing.T, h house, ada equipment) error {
		_, err := SignInByCode(h.Store, "ada", Password, store.KindRecovery, ada.codes[9], "", From)
		return err
	}, false, "", true, "used", true, store.LetterCodeUsed, store.EventCodeUsed},
	{"a recovery code as proof", func(_ *testing.T, h house, ada equipment) error {
		_, err := h.Reauthenticate(h.ctx, ada.signIn, Password, ada.codes[9], From)
		return err
	}, false, "", true, "used", true, store.LetterCodeUsed, store.EventCodeUsed},
	{"a wrong code", func(_ *testing.T, h house, ada equipment) error {
		_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Wrong(), "", From)
		return want(err)
	}, false, "", false, "stay", true, "", store.EventSecondFailed},
	{"trust", func(_ *testing.T, h house, ada equipment) error {
		_, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Next(), "new", on("work"))
		return err
	}, false, "", false, "stay", true, "", store.EventTrusted},
	{"asked everywhere again", func(t *testing.T, h house, _ equipment) error {
		return h.EndTrust(h.ctx, h.find(t, "ada"), From)
	}, false, "", true, "stay", true, "", store.EventTrustEnded},
	{"the operator", func(t *testing.T, h house, _ equipment) error {
		ended, err := h.ResetFactors(h.ctx, h.find(t, "ada"), store.Origin{Operator: true})
		if ended != 2 {
			t.Errorf("ended %d sign-ins, want 2", ended)
		}
		return err
	}, true, "all", true, "deleted", false, store.LetterFactorsReset, store.EventFactorsReset},
	{"another password, chosen elsewhere", func(_ *testing.T, h house, ada equipment) error {
		_, err := h.ChangePassword(h.ctx, ada.signIn, Password, otherPassword, on("work"))
		return err
	}, true, "others", true, "stay", true, store.LetterPasswordChanged, store.EventPasswordChanged},
	{"a password by link", func(t *testing.T, h house, _ equipment) error {
		token, err := h.ResetToken(h.ctx, h.find(t, "ada"), Operator)
		must(t, err)
		return h.ResetPassword(h.ctx, token, otherPassword, From)
	}, true, "all", true, "stay", true, store.LetterPasswordChanged, store.EventPasswordChanged},
	{"an address undone", func(t *testing.T, h house, _ equipment) error {
		return h.UndoEmail(h.ctx, h.move(t, "ada", "new@example.com"), From)
	}, true, "all", true, "stay", true, store.LetterEmailRestored, store.EventEmailUndone},
	{"a sign-in at home ended elsewhere", func(t *testing.T, h house, ada equipment) error {
		list, err := h.SignIns(h.ctx, h.find(t, "ada"))
		must(t, err)
		i := slices.IndexFunc(list, func(n store.SignIn) bool { return n.Handle != ada.signIn.Handle })
		return h.EndSignIn(h.ctx, ada.signIn, list[i].Handle, From)
	}, false, "others", true, "stay", true, "", store.EventSignInEnded},
	{"all others ended elsewhere", func(_ *testing.T, h house, ada equipment) error {
		_, err := h.EndOtherSignIns(h.ctx, ada.signIn, From)
		return err
	}, false, "others", true, "stay", true, "", store.EventSignInEnded},
	{"signed out", func(_ *testing.T, h house, ada equipment) error {
		return h.SignOut(h.ctx, ada.signIn, From)
	}, false, "this", false, "stay", true, "", store.EventSignedOut},
	{"a passkey added", func(t *testing.T, h house, ada equipment) error {
		_, err := h.add(t, NewAuthenticator(Origin), ada.signIn)
		return err
	}, true, "", false, "stay", true, store.LetterPasskeyAdded, store.EventPasskeyAdded},
	{"a passkey renamed", func(t *testing.T, h house, _ equipment) error {
		return h.RenamePasskey(h.ctx, h.find(t, "ada"), h.passkey(t, "ada").Handle, "Phone", From)
	}, false, "", false, "stay", true, "", store.EventPasskeyRenamed},
	{"a passkey removed", func(t *testing.T, h house, ada equipment) error {
		_, err := h.RemovePasskey(h.ctx, ada.signIn, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
		return err
	}, true, "", false, "stay", true, store.LetterPasskeyRemoved, store.EventPasskeyRemoved},
	{"a passkey used", func(t *testing.T, h house, ada equipment) error {
		_, err := SignInByPasskey(t, h.Store, ada.keys, on("work"))
		return err
	}, false, "", false, "stay", true, "", store.EventSignedIn},
	{"a passkey as proof", func(t *testing.T, h house, ada equipment) error {
		_, err := h.proveBy(t, ada.keys, ada.signIn)
		return err
	}, false, "", false, "stay", true, "", store.EventReauthenticated},
	{"a wrong passkey", func(t *testing.T, h house, ada equipment) error {
		ada.keys.Lie = func(r *Response) { r.Flags = 0 }
		_, err := SignInByPasskey(t, h.Store, ada.keys, From)
		return want(err)
	}, false, "", false, "stay", true, "", store.EventFailed},
	{"the app removed", func(t *testing.T, h house, ada equipment) error {
		_, err := h.RemoveApp(h.ctx, ada.signIn, h.find(t, "ada"), From)
		return err
	}, true, "others", true, "stay", false, store.LetterAppRemoved, store.EventAppChanged},
	{"the password removed", func(t *testing.T, h house, ada equipment) error {
		_, err := h.RemovePassword(h.ctx, ada.signIn, h.find(t, "ada"), From)
		return err
	}, true, "others", true, "stay", true, store.LetterPasswordRemoved, store.EventPasswordRemoved},
	{"the first factor undone", func(_ *testing.T, h house, ada equipment) error {
		return h.UndoFactors(h.ctx, ada.undo, From)
	}, true, "all", true, "deleted", false, store.LetterFactorsUndone, store.EventFactorsUndone},
	{"closed", func(t *testing.T, h house, _ equipment) error {
		return h.CloseAccount(h.ctx, h.find(t, "ada"), From)
	}, true, "all", false, "stay", true, store.LetterClosed, store.EventClosed},
}

// FX-11 FX-17: what each deed does to somebody with a second step and a passkey.
func TestWhatEachDeedDoes(t *testing.T) {
	for _, d := range deeds {
		t.Run(d.name, func(t *testing.T) {
			onEach(t, func(t *testing.T, on Database) { d.shows(t, open(t, on)) })
		})
	}
	t.Run("the second step on", func(t *testing.T) {
		onEach(t, func(t *testing.T, d Database) { turnedOn(t, open(t, d)) })
	})
}

func (d deed) shows(t *testing.T, h house) {
	h, ada := h.trusted(t)
	ada.keys = NewAuthenticator(Origin)
	home := AddPasskey(t, h.Store, ada.keys, ada.signIn).SignIn
	n, err := SignInByCode(h.Store, "ada", Password, store.KindCode, ada.Code(), "", on("work"))
	must(t, err)
	ada.signIn = n // at work, where she trusts nothing
	h.post(t)
	ticket := h.ticket(t)
	link, err := h.ResetToken(h.ctx, h.find(t, "ada"), Operator)
	must(t, err)
	h.clock.Move(time.Second)
	since := h.clock.Now().UTC().Truncate(time.Microsecond)

	must(t, d.do(t, h, ada))

	user := h.find(t, "ada")
	events, _, err := h.Events(h.ctx, user, 0)
	must(t, err)
	if !slices.ContainsFunc(events, func(e store.Event) bool { return e.Name == d.event && !e.At.Before(since) }) {
		t.Errorf("no event is %s", d.event)
	}
	if got := kinds(h.post(t)); got != d.letter {
		t.Errorf("told %q, want %q", got, d.letter)
	}
	_, resumed := h.Resume(h.ctx, ticket)
	_, linked := h.Token(h.ctx, link, store.PurposeReset)
	if (resumed != nil) != d.epoch || (linked != nil) != d.epoch {
		t.Errorf("the half sign-in says %v, the link %v; want them void: %v", resumed, linked, d.epoch)
	}
	handles := h.handles(t, "ada")
	for handle, kept := range map[string]bool{
		home.Handle: d.ends == "" || d.ends == "this", n.Handle: d.ends == "" || d.ends == "others",
	} {
		if got := slices.Contains(handles, handle); got != kept {
			t.Errorf("of %v that at home or at work stays: %v, want %v", handles, got, kept)
		}
	}
	if d.epoch && d.ends != "all" {
		h.gone(t, n.ID) // it has a new id
	}
	d.showsFactors(t, h, ada, user)
	if got, want := user.Passkeys, d.passkeys(); got != want {
		t.Errorf("%d passkeys are left, want %d", got, want)
	}
}

// passkeys are how many are left of the one that there was.
func (d deed) passkeys() int {
	switch d.event {
	case store.EventPasskeyAdded:
		return 2
	case store.EventPasskeyRemoved, store.EventFactorsReset, store.EventFactorsUndone:
		return 0
	}
	return 1
}

// showsFactors says what became of trust, codes and app.
func (d deed) showsFactors(t *testing.T, h house, ada equipment, user store.User) {
	t.Helper()
	f, err := h.Factors(h.ctx, user)
	must(t, err)
	trusted := 1
	switch {
	case d.trust:
		trusted = 0
	case d.event == store.EventTrusted:
		trusted = 2
	}
	if got := len(f.Trusted); got != trusted {
		t.Errorf("%d browsers are trusted, want %d", got, trusted)
	}
	left := map[string]int{"stay": 10, "replaced": 10, "used": 9, "deleted": 0}[d.codes]
	if got := f.CodesLeft(); got != left {
		t.Errorf("%d codes are left, want %d", got, left)
	}
	// By another way in, for some deeds void the password.
	entry := store.ByPassword(user)
	e, err := h.EnterCode(h.ctx, entry, store.KindRecovery, ada.codes[0], From)
	if good := err == nil; good != (d.codes == "stay" || d.codes == "used") {
		t.Errorf("a code from before: %v", err)
	} else if good && !user.Closed() {
		_, err = h.SignIn(h.ctx, e, From)
		must(t, err)
	}
	if _, err = h.EnterCode(h.ctx, entry, store.KindCode, ada.Next(), From); (err == nil) != d.app {
		t.Errorf("the app from before: %v", err)
	}
}

// turnedOn is the row of the second step on, which begins without one.
func turnedOn(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	other := h.enter(t, "ada", Password, on("home"))
	n := h.enter(t, "ada", Password, on("work"))
	h.post(t)
	h.exec(t, `UPDATE devices SET trust = 'x', trusted_until = $1`, h.moment(time.Hour)) // from an earlier time
	link, err := h.ResetToken(h.ctx, h.find(t, "ada"), Operator)
	must(t, err)
	_, renewed, codes := SetUpApp(t, h.Store, h.clock, n)
	h.gone(t, other.ID)
	h.gone(t, n.ID)
	if found := h.visit(t, renewed.ID); found.Handle != n.Handle || !h.RecentlyAuthenticated(found) {
		t.Errorf("the sign-in is %+v", found)
	}
	if len(codes) != store.RecoveryCodes {
		t.Errorf("made %d codes", len(codes))
	}
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 0)
	h.letter(t, store.LetterFirstFactor)
	if _, err := h.Token(h.ctx, link, store.PurposeReset); err == nil {
		t.Error("a link from before is good")
	}
	events, _, err := h.Events(h.ctx, h.find(t, "ada"), 0)
	must(t, err)
	if events[0].Name != store.EventSecondOn {
		t.Errorf("recorded %s", events[0].Name)
	}
}

// What cannot be recorded is not done.
func TestNoDeedWithoutARecord(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h, ada := open(t, d).trusted(t)
		a := NewAuthenticator(Origin)
		n := AddPasskey(t, h.Store, a, ada.signIn).SignIn
		_, err := SignInByPasskey(t, h.Store, a, From) // which counts
		must(t, err)
		user, key := h.find(t, "ada"), h.passkey(t, "ada")
		adding, err := h.BeginPasskey(h.ctx, n, user)
		must(t, err)
		made := NewAuthenticator(Origin).Create(t, adding.PublicKey)
		another := App{h.AppKey(n, user), h.clock}
		f, err := h.Factors(h.ctx, user)
		must(t, err)
		entry := h.half(t, From)
		other := h.keyed(t, otherKeys(t)) // which prepares statements about events
		h.exec(t, `ALTER TABLE events RENAME TO lost`)
		before := h.dump(t, "throttles")
		lying := func(lie func(r *Response)) error {
			a.Lie = lie
			defer func() { a.Lie = nil }()
			_, err := SignInByPasskey(t, h.Store, a, From)
			return err
		}
		for name, verb := range map[string]func() error{
			"AddPasskey": func() error {
				_, err := h.AddPasskey(h.ctx, n, user, adding.Token, made, named("New"), From)
				return err
			},
			"RenamePasskey":                   func() error { return h.RenamePasskey(h.ctx, user, key.Handle, "Phone", From) },
			"RemovePasskey":                   func() error { _, err := h.RemovePasskey(h.ctx, n, user, key.Handle, From); return err },
			"RemoveApp":                       func() error { _, err := h.RemoveApp(h.ctx, n, user, From); return err },
			"RemovePassword":                  func() error { _, err := h.RemovePassword(h.ctx, n, user, From); return err },
			"UndoFactors":                     func() error { return h.UndoFactors(h.ctx, ada.undo, From) },
			"a passkey":                       func() error { return lying(nil) },
			"a proof by passkey":              func() error { _, err := h.proveBy(t, a, n); return err },
			"a wrong passkey":                 func() error { return lying(func(r *Response) { r.Flags = 0 }) },
			"a passkey that counts backwards": func() error { return lying(func(r *Response) { r.Count = 1 }) },
			"SetUpApp":                        func() error { _, _, err := h.SetUpApp(h.ctx, n, user, another.Code(), From); return err },
			"TurnSecondStepOff":               func() error { _, err := h.TurnSecondStepOff(h.ctx, n, user, From); return err },
			"NewCodes":                        func() error { _, _, err := h.NewCodes(h.ctx, n, user, f.CodesAt(), From); return err },
			"EndTrust":                        func() error { return h.EndTrust(h.ctx, user, From) },
			"ResetFactors":                    func() error { _, err := h.ResetFactors(h.ctx, user, Operator); return err },
			"a recovery code":                 func() error { _, err := h.finish(entry, store.KindRecovery, ada.codes[0], From); return err },
			"a code":                          func() error { _, err := h.finish(entry, store.KindCode, ada.Code(), on("work")); return err },
			"a wrong code":                    func() error { _, err := h.finish(entry, store.KindCode, ada.Wrong(), From); return err },
			"the apps":                        func() error { _, _, err := other.DropUnreadableApps(h.ctx, Operator); return err },
		} {
			if err := verb(); err == nil || refusal(err) || errors.Is(err, store.ErrSignInEnded) || errors.Is(err, store.ErrCodesShown) {
				t.Errorf("%s without a record = %v, want a fault", name, err)
			}
			if after := h.dump(t, "throttles"); after != before {
				t.Errorf("%s changed the database from\n%s\nto\n%s", name, before, after)
				before = after
			}
		}
	})
}
