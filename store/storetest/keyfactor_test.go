package storetest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of passkeys as a second step, as a proof, and beside the other factors.
func TestPasskeyFactorContract(t *testing.T) {
	contract(t, []promise{
		{"FX-27 takes a passkey after the password, and forgets what was wrong before", passkeyAfterPassword},
		{"FX-30 finishes a half sign-in with no passkey of somebody else", othersPasskeyAfterPassword},
		{"PK-01 takes no lie for a second step or a proof", liesElsewhere},
		{"trusts a browser by a password and a passkey", passkeyTrusts},
		{"takes a passkey for a recent proof, under a new id, and ends nothing by a wrong one", passkeyProves},
		{"lets a passkey reopen a closed account, once, and remembers by which", passkeyReopens},
		{"lets a password and a passkey reopen a closed account", bothReopen},
		{"makes a passkey the second step of somebody who has one, with codes", passkeyIsSecondStep},
		{"turns the second step on by the first passkey where the site asks for one", firstPasskeyTurnsOn},
		{"removes the app of somebody with a passkey, whose second step stays", removesApp},
		{"takes passkeys away when an operator resets the factors", resetsPasskeys},
		{"tells that somebody has a passkey, and strands nobody who has", anyPasskey},
		{"FX-36 drops what is older than the confirmation once a password is chosen by link", dropsUnconfirmedKeys},
		{"FX-35 removes the passkeys along with a password chosen by link, where that is asked", resetsWithPasskeys},
	})
}

// secured is a house that sends mail, and Ada with a password and a passkey, which is her second
// step.
func (h house) secured(t *testing.T) (house, *Authenticator, store.SignIn, []string) {
	t.Helper()
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	a := NewAuthenticator(Origin)
	n = AddPasskey(t, h.Store, a, n).SignIn
	n, codes, err := h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.post(t)
	return h, a, n, codes
}

func passkeyAfterPassword(t *testing.T, h house) {
	h, a, _, _ := h.secured(t)
	must(t, want(func() error { _, err := h.Authenticate(h.ctx, "ada", "wrong", From); return err }()))
	entry := h.half(t, From)
	h.count(t, "throttles WHERE failures = 1", 1)
	entry.Remembered = true
	n, err := h.finishBy(t, a, entry)
	must(t, err)
	if n.Kind != store.KindPasswordPasskey || n.Passkey != h.passkey(t, "ada").Handle || !n.Remembered || !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Errorf("signed in by %+v", n)
	}
	h.count(t, "throttles", 0)
	a.Lie = func(r *Response) { r.Flags &^= VerifiedUser }
	if _, err := h.finishBy(t, a, h.half(t, From)); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("without checking who it is: %v", err)
	}
	a.Lie = nil
	entry = h.half(t, From)
	for range 7 { // which counts nothing
		a.Lie = func(r *Response) { r.Origin = "https://evil.example" }
		_, err := h.finishBy(t, a, entry)
		refused(t, err)
	}
	h.count(t, "throttles WHERE failures > 0 OR failed > 0", 0)
	a.Lie = nil
	_, err = h.finishBy(t, a, entry)
	must(t, err)
	// Somebody without a user handle in the answer is known by the ticket.
	a.Sent = func(_, response map[string]any) { delete(response, "userHandle") }
	_, err = h.finishBy(t, a, h.half(t, From))
	must(t, err)
}

func othersPasskeyAfterPassword(t *testing.T, h house) {
	h, a, n, _ := h.secured(t)
	theirs := NewAuthenticator(Origin)
	other := h.signInAs(t, h.confirmed(t, grace()), false)
	AddPasskey(t, h.Store, theirs, other)
	signIns := len(h.handles(t, "ada"))
	for what, user := range map[string][]byte{"under their own name": theirs.Keys[0].User, "under hers": a.Keys[0].User, "under none": nil} {
		theirs.Lie = func(r *Response) { r.User = user }
		for _, id := range [][]byte{theirs.Keys[0].ID, a.Keys[0].ID} {
			theirs.Lie = func(r *Response) { r.User, r.ID = user, id }
			entry := h.half(t, From)
			ticket := h.Ticket(entry)
			ceremony, err := h.BeginSecondPasskey(h.ctx, entry, ticket)
			must(t, err)
			if _, err := h.EnterPasskey(h.ctx, entry, ceremony.Token, theirs.Use(t, ceremony.PublicKey, theirs.Keys[0]), ticket, From); !errors.Is(err, store.ErrPasskeyFailed) {
				t.Errorf("the passkey of another, %s: %v", what, err)
			}
			proof, err := h.BeginPasskeyProof(h.ctx, n, h.find(t, "ada"))
			must(t, err)
			if _, err := h.ReauthenticateByPasskey(h.ctx, n, h.find(t, "ada"), proof.Token, theirs.Use(t, proof.PublicKey, theirs.Keys[0]), From); !errors.Is(err, store.ErrPasskeyFailed) {
				t.Errorf("as a proof, %s: %v", what, err)
			}
		}
	}
	if got := len(h.handles(t, "ada")); got != signIns {
		t.Errorf("%d sign-ins, were %d", got, signIns)
	}
}

func liesElsewhere(t *testing.T, h house) {
	h, a, n, _ := h.secured(t)
	entry := h.half(t, From)
	for what, lie := range lies {
		a.Lie = lie
		if _, err := h.finishBy(t, a, entry); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a second step %s: %v", what, err)
		}
		if _, err := h.proveBy(t, a, n); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a proof %s: %v", what, err)
		}
	}
	a.Lie = nil
	for what, sent := range forged(t) {
		a.Sent = sent
		if _, err := h.finishBy(t, a, entry); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a second step with %s: %v", what, err)
		}
	}
	h.count(t, "signins", 1)
	h.count(t, "challenges", 1) // that of the adding
}

func passkeyTrusts(t *testing.T, h house) {
	h, a, _, _ := h.secured(t)
	entry := h.half(t, on("home"))
	ticket := h.Ticket(entry)
	ceremony, err := h.BeginSecondPasskey(h.ctx, entry, ticket)
	must(t, err)
	entry, err = h.EnterPasskey(h.ctx, entry, ceremony.Token, a.Get(t, ceremony.PublicKey), ticket, on("home"))
	must(t, err)
	entry.Trust = trustToken
	_, err = h.SignIn(h.ctx, entry, on("home"))
	must(t, err)
	if n := h.enter(t, "ada", Password, trusting("home", trustToken)); n.Kind != store.KindTrusted || h.RecentlyAuthenticated(n) {
		t.Errorf("signed in by %q", n.Kind)
	}
	// A passkey alone needs no trust and gives none.
	h.exec(t, `UPDATE devices SET trust = '', trusted_until = NULL`)
	token, text := h.answered(t, a)
	entry, err = h.AuthenticateByPasskey(h.ctx, token, text, Browser, on("home"))
	must(t, err)
	entry.Trust = trustToken
	_, err = h.SignIn(h.ctx, entry, on("home"))
	must(t, err)
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 0)
}

func passkeyProves(t *testing.T, h house) {
	h, a, n, _ := h.secured(t)
	h.clock.Move(store.RecentAuth)
	n = h.visit(t, n.ID)
	if h.RecentlyAuthenticated(n) {
		t.Fatal("the proof is recent before it is given")
	}
	a.Lie = func(r *Response) { r.Flags &^= Present }
	if _, err := h.proveBy(t, a, n); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("got %v", err)
	}
	if h.RecentlyAuthenticated(h.visit(t, n.ID)) {
		t.Error("a wrong passkey is a proof")
	}
	a.Lie = nil
	renewed, err := h.proveBy(t, a, n)
	must(t, err)
	if found := h.visit(t, renewed.ID); renewed.ID == n.ID || found.Handle != n.Handle || !h.RecentlyAuthenticated(found) || found.Kind != n.Kind {
		t.Errorf("the sign-in is %+v", found)
	}
	h.gone(t, n.ID)
	h.count(t, "events WHERE name = 'session_renewed' AND detail = 'passkey'", 1)
	h.count(t, "events WHERE name = 'authn_login_fail' AND detail = 'passkey'", 1)
	ceremony, err := h.BeginPasskeyProof(h.ctx, renewed, h.find(t, "ada"))
	must(t, err)
	text := a.Get(t, ceremony.PublicKey)
	must(t, h.SignOut(h.ctx, renewed, From))
	before := h.dump(t)
	if _, err := h.ReauthenticateByPasskey(h.ctx, renewed, h.find(t, "ada"), ceremony.Token, text, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("a sign-in that has ended: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func passkeyReopens(t *testing.T, h house) {
	h, a, _, _ := h.secured(t)
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	token, text := h.answered(t, a)
	entry, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From)
	must(t, err)
	if entry.Missing() != store.Reopening {
		t.Fatalf("she lacks %v", entry.Missing())
	}
	if _, err := h.SignIn(h.ctx, entry, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("a closed account signs in: %v", err)
	}
	// The answer is used up, though nobody is signed in yet.
	if _, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("the same answer again: %v", err)
	}
	if key := h.passkey(t, "ada"); key.SignCount != 1 || key.UsedAt.IsZero() {
		t.Errorf("stored is %+v", key)
	}
	entry.Remembered = true
	ticket := h.Ticket(entry)
	entry, err = h.Resume(h.ctx, ticket)
	must(t, err)
	if entry.Kind != store.KindPasskey || !entry.Remembered {
		t.Errorf("the ticket is for %+v", entry)
	}
	entry, err = h.Reopen(h.ctx, ticket, From)
	must(t, err)
	n, err := h.SignIn(h.ctx, entry, From)
	must(t, err)
	if n.Kind != store.KindPasskey || n.Passkey != h.passkey(t, "ada").Handle || !n.Remembered || h.visit(t, n.ID).Passkey != n.Passkey {
		t.Errorf("signed in by %+v", n)
	}
	h.noTicket(t, "used", ticket)
	for what, change := range map[string]func() error{
		"disabled": func() error { return h.Disable(h.ctx, h.find(t, "ada"), Operator) },
		"erased soon": func() error {
			h.exec(t, `UPDATE users SET disabled_at = NULL`)
			h.clock.Move(reopen)
			return nil
		},
	} {
		if what == "disabled" {
			must(t, change())
		}
		h.exec(t, `UPDATE users SET closed_at = $1`, h.moment(0))
		if what != "disabled" {
			must(t, change())
		}
		token, text := h.answered(t, a)
		if _, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("%s: %v", what, err)
		}
		h.exec(t, `UPDATE users SET disabled_at = NULL`)
	}
}

func bothReopen(t *testing.T, h house) {
	h, a, _, _ := h.secured(t)
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	entry := h.half(t, From)
	ticket := h.Ticket(entry)
	ceremony, err := h.BeginSecondPasskey(h.ctx, entry, ticket)
	must(t, err)
	text := a.Get(t, ceremony.PublicKey)
	entry, err = h.EnterPasskey(h.ctx, entry, ceremony.Token, text, ticket, From)
	must(t, err)
	if entry.Missing() != store.Reopening {
		t.Fatalf("she lacks %v", entry.Missing())
	}
	h.count(t, "throttles", 0)
	h.count(t, "challenges", 2) // with that of the adding
	if _, err := h.EnterPasskey(h.ctx, h.half(t, From), ceremony.Token, text, ticket, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("the same answer again: %v", err)
	}
	entry, err = h.Reopen(h.ctx, h.Ticket(entry), From)
	must(t, err)
	n, err := h.SignIn(h.ctx, entry, From)
	must(t, err)
	if n.Kind != store.KindPasswordPasskey || n.Passkey != h.passkey(t, "ada").Handle {
		t.Errorf("signed in by %+v", n)
	}
	// One that counts backwards opens nothing either.
	must(t, h.CloseAccount(h.ctx, h.find(t, "ada"), From))
	h.exec(t, `UPDATE passkeys SET sign_count = 99`)
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("got %v", err)
	}
	if got := h.recorded(t, store.EventTokenReuse); got != 1 {
		t.Errorf("recorded %d times", got)
	}
}

func passkeyIsSecondStep(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	if _, _, err := h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("without a passkey: %v", err)
	}
	h.count(t, "recovery_codes", 0)
	h.visit(t, n.ID)
	a := NewAuthenticator(Origin)
	n = AddPasskey(t, h.Store, a, n).SignIn
	other := h.enter(t, "ada", Password, on("home"))
	h.exec(t, `UPDATE devices SET trust = 'x', trusted_until = $1`, h.moment(time.Hour)) // from an earlier time
	h.post(t)
	stale := h.find(t, "ada")
	renewed, codes, err := h.TurnSecondStepOn(h.ctx, n, stale, From)
	must(t, err)
	if len(codes) != store.RecoveryCodes || renewed.ID == n.ID || renewed.Handle != n.Handle {
		t.Errorf("%+v, %v", renewed, codes)
	}
	h.gone(t, n.ID)
	h.gone(t, other.ID)
	h.visit(t, renewed.ID)
	h.letter(t, store.LetterFirstFactor) // mail alone was enough, whatever passkeys there were
	h.count(t, "devices WHERE trusted_until IS NOT NULL", 0)
	h.count(t, "events WHERE name = 'second_step_on'", 1)
	for what, user := range map[string]store.User{"again": h.find(t, "ada"), "from a page of before": stale} {
		before := h.dump(t)
		if _, _, err := h.TurnSecondStepOn(h.ctx, renewed, user, From); !errors.Is(err, store.ErrSignInEnded) {
			t.Errorf("%s: %v", what, err)
		}
		if after := h.dump(t); after != before {
			t.Errorf("%s: the database changed from\n%s\nto\n%s", what, before, after)
		}
	}
	if !h.asked(t, "ada", Password, From) {
		t.Error("the password alone signs in")
	}
	_, err = h.finish(h.half(t, From), store.KindRecovery, codes[0], From)
	must(t, err)
	_, err = h.finishBy(t, a, h.half(t, From))
	must(t, err)
	n, err = h.TurnSecondStepOff(h.ctx, renewed, h.find(t, "ada"), From)
	must(t, err)
	if user := h.find(t, "ada"); user.Passkeys != 1 || user.SecondStep() {
		t.Errorf("turned off: %+v", user)
	}
	h.count(t, "recovery_codes", 0)
	h.visit(t, n.ID)
	h.enter(t, "ada", Password, From)
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
}

func firstPasskeyTurnsOn(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	other := h.enter(t, "ada", Password, on("home"))
	site := store.DefaultRules
	site.Mails, site.SecondStepRequired = true, true
	h = h.ruled(t, site)
	if !h.MustSetUp(h.find(t, "ada")) {
		t.Error("she need not set one up")
	}
	a := NewAuthenticator(Origin)
	added, err := h.add(t, a, n)
	must(t, err)
	if len(added.Codes) != store.RecoveryCodes || h.MustSetUp(h.find(t, "ada")) || !h.find(t, "ada").SecondStep() {
		t.Errorf("added %+v", added)
	}
	h.gone(t, n.ID)
	h.gone(t, other.ID)
	h.visit(t, added.SignIn.ID)
	post := h.post(t)
	if got, want := kinds(post), store.LetterFirstFactor+" "+store.LetterSecondOn; got != want {
		t.Fatalf("told %q, want %q", got, want)
	}
	for _, l := range post {
		if (l.Kind == store.LetterFirstFactor) != (l.Token != "" && l.Passkey != "") {
			t.Errorf("told %+v", l)
		}
	}
	h.count(t, "tokens WHERE purpose = 'factors'", 1)
	for event, want := range map[string]int{store.EventSecondOn: 1, store.EventPasskeyAdded: 1} {
		if got := h.recorded(t, event); got != want {
			t.Errorf("%s is recorded %d times", event, got)
		}
	}
	_, err = h.finish(h.half(t, From), store.KindRecovery, added.Codes[0], From)
	must(t, err)
	_, err = h.finishBy(t, a, h.half(t, From))
	must(t, err)
	h.post(t)
	again, err := h.add(t, NewAuthenticator(Origin), added.SignIn)
	must(t, err)
	if again.Codes != nil {
		t.Errorf("a second passkey made %v", again.Codes)
	}
	h.letter(t, store.LetterPasskeyAdded)
	if _, err := h.TurnSecondStepOff(h.ctx, again.SignIn, h.find(t, "ada"), From); !errors.Is(err, store.ErrRequired) {
		t.Errorf("turned off: %v", err)
	}
}

func removesApp(t *testing.T, h house) {
	h, a, n, codes := h.secured(t)
	stale := h.find(t, "ada")
	if _, err := h.RemoveApp(h.ctx, n, stale, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("there is none: %v", err)
	}
	app, n, made := SetUpApp(t, h.Store, h.clock, n)
	if made != nil {
		t.Errorf("made codes %v", made)
	}
	app.Next()
	other, err := h.finish(h.half(t, From), store.KindCode, app.Code(), From)
	must(t, err)
	h.post(t)
	since := h.find(t, "ada").SecondAt
	if _, err := h.RemoveApp(h.ctx, n, stale, From); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("from a page of before: %v", err)
	}
	renewed, err := h.RemoveApp(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.gone(t, other.ID)
	h.gone(t, n.ID)
	h.visit(t, renewed.ID)
	h.letter(t, store.LetterAppRemoved)
	if user := h.find(t, "ada"); !user.SecondAt.Equal(since) || user.Passkeys != 1 {
		t.Errorf("%+v", user)
	}
	h.count(t, "totp", 0)
	h.count(t, "events WHERE name = 'authenticator_app_changed'", 2)
	app.Next()
	if _, err := h.finish(h.half(t, From), store.KindCode, app.Code(), From); !errors.Is(err, store.ErrWrongCode) {
		t.Errorf("the app: %v", err)
	}
	_, err = h.finish(h.half(t, From), store.KindRecovery, codes[0], From)
	must(t, err)
	_, err = h.finishBy(t, a, h.half(t, From))
	must(t, err)

	// From somebody without passkeys it takes the second step.
	plain := h.signInAs(t, Register(t, h.Store, grace()), false)
	h.exec(t, `UPDATE users SET confirmed_at = created_at`)
	_, plain, _ = SetUpApp(t, h.Store, h.clock, plain)
	_, err = h.RemoveApp(h.ctx, plain, h.find(t, "grace"), From)
	must(t, err)
	if h.find(t, "grace").SecondStep() {
		t.Error("the second step is on")
	}
}

func resetsPasskeys(t *testing.T, h house) {
	a, n := h.keyholder(t)
	h.confirmedGraceKey(t)
	for _, second := range []bool{false, true} {
		if second {
			a = NewAuthenticator(Origin)
			n = AddPasskey(t, h.Store, a, h.signIn(t, false)).SignIn
			var err error
			n, _, err = h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
			must(t, err)
		}
		before := epoch(t, h)
		ended, err := h.ResetFactors(h.ctx, h.find(t, "ada"), store.Origin{Operator: true})
		if err != nil || ended != 1 || epoch(t, h) != before+1 {
			t.Errorf("ResetFactors = %d, %v", ended, err)
		}
		h.gone(t, n.ID)
		if user := h.find(t, "ada"); user.Passkeys != 0 || user.SecondStep() {
			t.Errorf("%+v", user)
		}
		if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
			t.Errorf("got %v", err)
		}
		if _, err := h.ResetFactors(h.ctx, h.find(t, "ada"), Operator); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("again: %v", err)
		}
	}
	h.count(t, "passkeys", 1)
	h.count(t, "recovery_codes", 0)
}

// confirmedGraceKey gives a second person a passkey.
func (h house) confirmedGraceKey(t *testing.T) *Authenticator {
	t.Helper()
	a := NewAuthenticator(Origin)
	AddPasskey(t, h.Store, a, h.signInAs(t, Register(t, h.Store, grace()), false))
	return a
}

func anyPasskey(t *testing.T, h house) {
	h.keyholder(t)
	if any, err := h.AnySecondStep(h.ctx); err != nil || !any {
		t.Errorf("AnySecondStep = %v, %v", any, err)
	}
	SetUpApp(t, h.Store, h.clock, h.signIn(t, false))
	h.exec(t, `UPDATE recovery_codes SET used_at = created_at`)
	other := h.keyed(t, otherKeys(t))
	dropped, stranded, err := other.DropUnreadableApps(h.ctx, Operator)
	if err != nil || dropped != 1 || len(stranded) != 0 {
		t.Errorf("dropped %d, stranded %+v, %v", dropped, stranded, err)
	}
	if !h.find(t, "ada").SecondStep() {
		t.Error("the second step is off")
	}
}

func dropsUnconfirmedKeys(t *testing.T, h house) {
	// The site sent no mail then, so nobody asked for the address.
	a, n := h.keyholder(t)
	app, n, _ := SetUpApp(t, h.Store, h.clock, n)
	must(t, h.mailing(t).SendVerification(h.ctx, h.find(t, "ada"), From))
	mailing := h.mailing(t)
	_, err := mailing.VerifyEmail(h.ctx, mailing.letter(t, store.LetterVerify).Token, From)
	must(t, err)
	b := NewAuthenticator(Origin)
	n = AddPasskey(t, mailing.Store, b, mailing.visit(t, n.ID)).SignIn
	mailing.post(t)
	app.Next()
	_, err = mailing.finish(mailing.half(t, From), store.KindCode, app.Code(), From)
	must(t, err)
	must(t, mailing.ResetPassword(h.ctx, mailing.resetLink(t, "ada"), otherPassword, From))
	user := h.find(t, "ada")
	if user.Passkeys != 1 || !user.SecondStep() {
		t.Errorf("%+v", user)
	}
	if key := h.passkey(t, "ada"); string(key.ID) != string(b.Keys[0].ID) {
		t.Error("the passkey of before is left, that of since is not")
	}
	h.count(t, "totp", 0)
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("the passkey of before: %v", err)
	}
	_, err = SignInByPasskey(t, h.Store, b, From)
	must(t, err)
	h.gone(t, n.ID)

	// Of somebody whose address nobody ever confirmed all of it falls.
	c := h.confirmedGraceKey(t)
	_, _, err = h.TurnSecondStepOn(h.ctx, h.signInAs(t, h.find(t, "grace"), false), h.find(t, "grace"), From)
	must(t, err)
	token, err := h.ResetToken(h.ctx, h.find(t, "grace"), Operator)
	must(t, err)
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
	if user := h.find(t, "grace"); user.Passkeys != 0 || user.SecondStep() {
		t.Errorf("%+v", user)
	}
	if _, err := SignInByPasskey(t, h.Store, c, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("the passkey: %v", err)
	}
	h.enter(t, "grace", otherPassword, From)
}

func resetsWithPasskeys(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	intruder, n := h.keyholder(t)
	byKey, err := SignInByPasskey(t, h.Store, intruder, From)
	must(t, err)
	h.post(t)
	must(t, h.ResetPassword(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	if h.find(t, "ada").Passkeys != 1 {
		t.Error("without asking for it the passkeys are gone")
	}
	h.post(t)
	again, err := SignInByPasskey(t, h.Store, intruder, From)
	must(t, err)
	h.post(t)
	token := h.resetLink(t, "ada")
	refused(t, h.ResetPasswordAndPasskeys(h.ctx, token, CommonPassword, From))
	h.visit(t, again.ID)
	must(t, h.ResetPasswordAndPasskeys(h.ctx, token, Password, From))
	for _, ended := range []store.SignIn{n, byKey, again} {
		h.gone(t, ended.ID)
	}
	if _, err := SignInByPasskey(t, h.Store, intruder, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("the key of an intruder: %v", err)
	}
	if user := h.find(t, "ada"); user.Passkeys != 0 || !user.HasPassword {
		t.Errorf("%+v", user)
	}
	h.count(t, "passkeys", 0)
	if got := h.recorded(t, store.EventPasskeyRemoved); got != 1 {
		t.Errorf("recorded %d times", got)
	}
	if got := kinds(h.post(t)); !strings.Contains(got, store.LetterPasswordChanged) {
		t.Errorf("told %q", got)
	}
	// With a second step on, a passkey is what the password alone is not.
	n = h.enter(t, "ada", Password, on("home"))
	n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
	_, _, err = h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	h.post(t)
	must(t, h.ResetPasswordAndPasskeys(h.ctx, h.resetLink(t, "ada"), otherPassword, From))
	if user := h.find(t, "ada"); user.Passkeys != 1 || !user.SecondStep() {
		t.Errorf("%+v", user)
	}
}
