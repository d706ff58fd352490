package storetest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of signing in with a passkey.
func TestPasskeyContract(t *testing.T) {
	contract(t, []promise{
		{"FX-27 signs in whoever has one, with nothing else asked, and is a recent proof", passkeySignsIn},
		{"PK-01 refuses every answer that was not given here, now, by its person", refusesLies},
		{"PK-03 FX-21 refuses a key of one device that counts backwards, and takes 0 after 0", countsForwards},
		{"FX-20 takes a key of several devices whatever it counts, and records it", synchronisedCounts},
		{"FX-18 takes a key that is synchronised from now on, and none that no longer is", eligibleLater},
		{"FX-19 refuses a key that says it is synchronised and that it cannot be", backedUpOddly},
		{"stores what the key said last, and when", storesLastUse},
		{"PK-06 refuses the key of one person under the name of another", someoneElsesName},
		{"FX-31 PK-08 refuses a disabled account on every way, and says nothing of the key", refusesDisabled},
		{"FX-32 FX-33 calls unknown what no account has, and nothing else", unknownAlone},
		{"gives no sign-in by a key that is removed while it answers, or to an account that changed", passkeyOvertaken},
		{"takes no key from a site that has no passkeys", siteWithoutPasskeys},
		{"counts no failure of a key, however many", countsNoFailure},
		{"logs why a key was refused, without what was asked of it", logsRefusals},
		{"takes what a password manager says without being asked", unasked},
	})
}

// keyholder is Ada with a passkey.
func (h house) keyholder(t *testing.T) (*Authenticator, store.SignIn) {
	t.Helper()
	a := NewAuthenticator(Origin)
	return a, AddPasskey(t, h.Store, a, h.signIn(t, false)).SignIn
}

// answered is the token of a sign-in that was begun in Browser, and what a passkey answered.
func (h house) answered(t *testing.T, a *Authenticator) (token, text string) {
	t.Helper()
	ceremony, err := h.BeginPasskeySignIn(Browser)
	must(t, err)
	return ceremony.Token, a.Get(t, ceremony.PublicKey)
}

// byPasskey ends a sign-in that was begun in Browser.
func (h house) byPasskey(token, text string) (store.SignIn, error) {
	entry, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From)
	if err != nil {
		return store.SignIn{}, err
	}
	return h.SignIn(h.ctx, entry, From)
}

// passkey is the one passkey of somebody, as the database has it now.
func (h house) passkey(t *testing.T, username string) store.Passkey {
	t.Helper()
	list, err := h.ListPasskeys(h.ctx, h.find(t, username))
	must(t, err)
	if len(list.Keys) != 1 {
		t.Fatalf("%s has %d passkeys, want one", username, len(list.Keys))
	}
	return list.Keys[0]
}

// recorded is how often something was recorded, with any detail.
func (h house) recorded(t *testing.T, event string) (n int) {
	t.Helper()
	must(t, h.db.Read.QueryRow(`SELECT count(*) FROM events WHERE name = $1`, event).Scan(&n))
	return n
}

func passkeySignsIn(t *testing.T, h house) {
	for _, algorithm := range []int64{ES256, EdDSA} {
		a := NewAuthenticator(Origin)
		a.Algorithm = algorithm
		r := Ada()
		if algorithm == EdDSA {
			r = grace()
		}
		Register(t, h.Store, r)
		added := AddPasskey(t, h.Store, a, h.enter(t, r.Username, r.Password, From))
		for _, second := range []bool{false, true} {
			if second {
				SetUpApp(t, h.Store, h.clock, h.enter(t, r.Username, r.Password, From))
			}
			n, err := SignInByPasskey(t, h.Store, a, From)
			if err != nil || n.Kind != store.KindPasskey || !n.By(added.Passkey) || !h.RecentlyAuthenticated(h.visit(t, n.ID)) {
				t.Errorf("by %d, second step %v: %+v, %v", algorithm, second, n, err)
			}
		}
		if user := h.find(t, r.Username); user.Passkeys != 1 || !user.HasPassword {
			t.Errorf("%+v", user)
		}
	}
}

// lies are answers that are given elsewhere, earlier, or by nobody.
var lies = map[string]func(r *Response){
	"of another origin":     func(r *Response) { r.Origin = "https://gatehouse.example.evil.example" },
	"of a subdomain":        func(r *Response) { r.Origin = "https://www.gatehouse.example" },
	"of the site over http": func(r *Response) { r.Origin = "http://gatehouse.example" },
	"of another port":       func(r *Response) { r.Origin = Origin + ":8443" },
	"of no origin":          func(r *Response) { r.Origin = "" },
	"for another domain":    func(r *Response) { r.Domain = "example" },
	"for the whole origin":  func(r *Response) { r.Domain = Origin },
	"of the other type": func(r *Response) {
		r.Type = map[string]string{"webauthn.get": "webauthn.create", "webauthn.create": "webauthn.get"}[r.Type]
	},
	"of no type":                 func(r *Response) { r.Type = "" },
	"to no challenge":            func(r *Response) { r.Challenge = "" },
	"to a challenge of its own":  func(r *Response) { r.Challenge = base64.RawURLEncoding.EncodeToString(make([]byte, 32)) },
	"from a frame":               func(r *Response) { r.CrossOrigin = true },
	"from a frame of our own":    func(r *Response) { r.CrossOrigin, r.TopOrigin = true, Origin },
	"from a frame of another":    func(r *Response) { r.CrossOrigin, r.TopOrigin = true, "https://evil.example" },
	"under another page":         func(r *Response) { r.TopOrigin = Origin },
	"without checking who it is": func(r *Response) { r.Flags &^= VerifiedUser },
	"with nobody there":          func(r *Response) { r.Flags &^= Present },
	"that nobody gave":           func(r *Response) { r.Flags = 0 },
}

func refusesLies(t *testing.T, h house) {
	a, n := h.keyholder(t)
	must(t, h.SignOut(h.ctx, n, From))
	for what, lie := range lies {
		a.Lie = lie
		if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("an answer %s: %v", what, err)
		}
	}
	a.Lie = nil
	first, err := h.BeginPasskeySignIn(Browser)
	must(t, err)
	second, err := h.BeginPasskeySignIn(Browser)
	must(t, err)
	if _, err := h.byPasskey(second.Token, a.Get(t, first.PublicKey)); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("the answer to another ceremony: %v", err)
	}
	for what, sent := range forged(t) {
		a.Sent = sent
		if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("an answer with %s: %v", what, err)
		}
	}
	h.count(t, "signins", 0)
	h.count(t, "challenges", 1) // that of the adding
	if got, want := h.recorded(t, store.EventFailed), len(lies)+1+len(forged(t)); got != want {
		t.Errorf("%d failures are recorded, want %d", got, want)
	}
	h.count(t, "events WHERE name = 'authn_login_fail' AND detail <> 'passkey'", 0)
	a.Sent = nil
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
}

// forged are changes of an answer after it was signed.
func forged(t *testing.T) map[string]func(credential, response map[string]any) {
	t.Helper()
	change := func(name string, with func(data []byte) []byte) func(credential, response map[string]any) {
		return func(_, response map[string]any) {
			data, err := base64.RawURLEncoding.DecodeString(response[name].(string))
			must(t, err)
			response[name] = base64.RawURLEncoding.EncodeToString(with(data))
		}
	}
	return map[string]func(credential, response map[string]any){
		"another signature":    change("signature", func(data []byte) []byte { data[len(data)-1] ^= 1; return data }),
		"half a signature":     change("signature", func(data []byte) []byte { return data[:len(data)/2] }),
		"more signature":       change("signature", func(data []byte) []byte { return append(data, 0) }),
		"an empty signature":   change("signature", func([]byte) []byte { return nil }),
		"a higher count":       change("authenticatorData", func(data []byte) []byte { data[33] = 1; return data }),
		"one flag more":        change("authenticatorData", func(data []byte) []byte { data[32] |= BackupEligible; return data }),
		"a space":              change("clientDataJSON", func(data []byte) []byte { return append(data, ' ') }),
		"a member in the text": change("clientDataJSON", func(data []byte) []byte { return append([]byte(`{"more":1,`), data[1:]...) }),
	}
}

func countsForwards(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	for _, step := range []struct {
		count uint32
		good  bool
	}{{0, true}, {0, true}, {5, true}, {5, false}, {4, false}, {0, false}, {6, true}, {1<<32 - 1, true}, {1<<32 - 1, false}, {0, false}} {
		a.Lie = func(r *Response) { r.Count = step.count }
		before, reused := h.passkey(t, "ada").SignCount, h.recorded(t, store.EventTokenReuse)
		signIns := len(h.handles(t, "ada"))
		_, err := SignInByPasskey(t, h.Store, a, From)
		if step.good {
			must(t, err)
			if got := h.passkey(t, "ada").SignCount; got != int64(step.count) {
				t.Errorf("counted %d, stored is %d", step.count, got)
			}
			continue
		}
		if got := h.recorded(t, store.EventTokenReuse) - reused; !errors.Is(err, store.ErrPasskeyFailed) || got != 1 {
			t.Errorf("%d after %d: %v, recorded %d times", step.count, before, err, got)
		}
		if got := h.passkey(t, "ada").SignCount; got != before || len(h.handles(t, "ada")) != signIns {
			t.Errorf("%d after %d leaves %d", step.count, before, got)
		}
	}
	// A proof asks the same, and an answer that is refused does not end the sign-in.
	n := h.signIn(t, false)
	if _, err := h.proveBy(t, a, n); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("as a proof: %v", err)
	}
	h.visit(t, n.ID)
}

// proveBy is a proof of somebody who is signed in.
func (h house) proveBy(t *testing.T, a *Authenticator, n store.SignIn) (store.SignIn, error) {
	t.Helper()
	user, err := h.UserByID(h.ctx, n.UserID)
	must(t, err)
	ceremony, err := h.BeginPasskeyProof(h.ctx, n, user)
	must(t, err)
	return h.ReauthenticateByPasskey(h.ctx, n, user, ceremony.Token, a.Get(t, ceremony.PublicKey), From)
}

func synchronisedCounts(t *testing.T, h house) {
	a := NewAuthenticator(Origin)
	a.Synced = true
	AddPasskey(t, h.Store, a, h.signIn(t, false))
	for i, step := range []struct{ count, events uint32 }{{0, 0}, {50, 0}, {0, 1}, {0, 1}, {3, 1}, {3, 2}} {
		a.Lie = func(r *Response) { r.Count = step.count }
		_, err := SignInByPasskey(t, h.Store, a, From)
		must(t, err)
		if got := h.passkey(t, "ada").SignCount; got != int64(step.count) {
			t.Errorf("counted %d, stored is %d", step.count, got)
		}
		if got := h.recorded(t, store.EventTokenReuse); got != int(step.events) {
			t.Errorf("use %d: recorded %d times, want %d", i, got, step.events)
		}
	}
}

func eligibleLater(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	_, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	a.Synced = true
	a.Lie = func(r *Response) { r.Count = 0 }
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	if key := h.passkey(t, "ada"); !key.BackupEligible || !key.BackedUp {
		t.Errorf("stored is %+v", key)
	}
	before := h.dump(t, "events")
	a.Lie = func(r *Response) { r.Flags, r.Count = Present|VerifiedUser, 99 }
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("synchronised no more: %v", err)
	}
	if after := h.dump(t, "events"); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func backedUpOddly(t *testing.T, h house) {
	a, n := h.keyholder(t)
	a.Lie = func(r *Response) { r.Flags = r.Flags&^BackupEligible | BackedUp }
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("at signing in: %v", err)
	}
	other := NewAuthenticator(Origin)
	other.Lie = a.Lie
	if _, err := h.add(t, other, n); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("while adding: %v", err)
	}
	h.count(t, "passkeys", 1)
}

func storesLastUse(t *testing.T, h house) {
	a := NewAuthenticator(Origin)
	a.Model = [16]byte{0xea, 0x9b, 0x8d, 0x66, 0x4d, 0x01, 0x1d, 0x21, 0x3c, 0xe4, 0xb6, 0xb4, 0x8c, 0xb5, 0x75, 0xd4}
	a.Lie = func(r *Response) { r.Flags |= BackupEligible }
	n := AddPasskey(t, h.Store, a, h.signIn(t, false)).SignIn
	made := h.passkey(t, "ada")
	if string(made.ID) != string(a.Keys[0].ID) || made.Model != "ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4" || made.Domain != "gatehouse.example" ||
		strings.Join(made.Transports, " ") != "internal hybrid" || !made.BackupEligible || made.BackedUp || made.SignCount != 0 ||
		!made.UsedAt.IsZero() || !made.CreatedAt.Equal(h.moment(0)) || made.Name == "" || len(made.Handle) != 10 {
		t.Errorf("stored is %+v", made)
	}
	for i, use := range []func() error{
		func() error { _, err := SignInByPasskey(t, h.Store, a, From); return err },
		func() (err error) { n, err = h.proveBy(t, a, n); return err },
		func() error {
			SetUpApp(t, h.Store, h.clock, n)
			_, err := h.finishBy(t, a, h.half(t, From))
			return err
		},
	} {
		h.clock.Move(time.Hour)
		a.Lie = func(r *Response) {
			if r.Flags |= BackupEligible; i%2 == 0 {
				r.Flags |= BackedUp
			}
		}
		must(t, use())
		want := made
		want.SignCount, want.UsedAt, want.BackedUp = int64(i)+1, h.moment(0), i%2 == 0
		if got := h.passkey(t, "ada"); got.SignCount != want.SignCount || !got.UsedAt.Equal(want.UsedAt) || got.BackedUp != want.BackedUp ||
			!got.BackupEligible || got.Handle != made.Handle || !got.CreatedAt.Equal(made.CreatedAt) {
			t.Errorf("after use %d stored is %+v, want %+v", i, got, want)
		}
	}
}

func someoneElsesName(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	b := NewAuthenticator(Origin)
	AddPasskey(t, h.Store, b, h.signInAs(t, Register(t, h.Store, grace()), false))
	h.exec(t, `DELETE FROM signins`)
	for what, name := range map[string][]byte{"of another": b.Keys[0].User, "of nobody": []byte("nobody"), "none": nil} {
		a.Lie = func(r *Response) { r.User = name }
		if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("the name %s: %v", what, err)
		}
	}
	h.count(t, "signins", 0)
}

func refusesDisabled(t *testing.T, h house) {
	h, ada := h.equipped(t)
	a := NewAuthenticator(Origin)
	n := AddPasskey(t, h.Store, a, ada.signIn).SignIn
	h.post(t)
	link := h.resetLink(t, "ada")
	user := h.find(t, "ada")
	ticket := h.ticket(t)
	second, err := h.BeginSecondPasskey(h.ctx, h.half(t, From), ticket)
	must(t, err)
	entry := h.half(t, From)
	adding, err := h.BeginPasskey(h.ctx, n, user)
	must(t, err)
	made := NewAuthenticator(Origin).Create(t, adding.PublicKey)
	ready, text := h.answered(t, a)
	checked, err := h.AuthenticateByPasskey(h.ctx, ready, text, Browser, From)
	must(t, err)

	must(t, h.Disable(h.ctx, user, store.Origin{Operator: true}))
	signIns := func(want error, do func() error) {
		t.Helper()
		if err := do(); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	signIns(store.ErrPasskeyFailed, func() error {
		token, text := h.answered(t, a)
		_, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From)
		return err
	})
	signIns(store.ErrPasskeyFailed, func() error { _, err := h.SignIn(h.ctx, checked, From); return err })
	signIns(store.ErrWrongLogin, func() error { _, err := h.Authenticate(h.ctx, "ada", Password, From); return err })
	signIns(store.ErrNotFound, func() error { _, err := h.Resume(h.ctx, ticket); return err })
	signIns(store.ErrWrongLogin, func() error {
		e, err := h.EnterPasskey(h.ctx, entry, second.Token, a.Get(t, second.PublicKey), ticket, From)
		must(t, err)
		_, err = h.SignIn(h.ctx, e, From)
		return err
	})
	signIns(store.ErrWrongLogin, func() error {
		_, err := h.finish(entry, store.KindRecovery, ada.codes[0], From)
		return err
	})
	signIns(store.ErrInvalidLink, func() error { return h.ResetPassword(h.ctx, link, otherPassword, From) })
	signIns(store.ErrInvalidLink, func() error { return h.UndoFactors(h.ctx, ada.undo, From) })
	signIns(store.ErrSignInEnded, func() error {
		_, err := h.AddPasskey(h.ctx, n, user, adding.Token, made, named("New"), From)
		return err
	})
	h.gone(t, n.ID)
	h.count(t, "signins", 0)
	h.count(t, "passkeys", 1)
	h.count(t, "recovery_codes WHERE used_at IS NOT NULL", 0)
	h.count(t, "challenges", 1) // that of the adding
	if h.passkey(t, "ada").SignCount != 0 {
		t.Error("an answer that came to nothing was counted")
	}
}

func unknownAlone(t *testing.T, h house) {
	a, n := h.keyholder(t)
	AddPasskey(t, h.Store, NewAuthenticator(Origin), n)
	removed, text := h.answered(t, a)
	late, lateText := h.answered(t, a)
	wrong := func(r *Response) { r.Origin = "https://evil.example" }

	h.clock.Move(6 * time.Minute)
	if _, err := h.byPasskey(late, lateText); !errors.Is(err, store.ErrPasskeyLate) {
		t.Errorf("late: %v", err)
	}
	h.clock.Move(-6 * time.Minute)
	for what, answer := range map[string]func() error{
		"a wrong origin": func() error { a.Lie = wrong; _, err := SignInByPasskey(t, h.Store, a, From); return err },
		"a wrong signature": func() error {
			a.Lie, a.Sent = nil, func(_, response map[string]any) { response["signature"] = "AAAA" }
			_, err := SignInByPasskey(t, h.Store, a, From)
			return err
		},
		"a key of another person as a second step": func() error {
			a.Sent = nil
			Register(t, h.Store, grace())
			b := NewAuthenticator(Origin)
			AddPasskey(t, h.Store, b, h.enter(t, "grace", Password, From))
			ceremony, err := h.BeginPasskeyProof(h.ctx, n, h.find(t, "ada"))
			must(t, err)
			_, err = h.ReauthenticateByPasskey(h.ctx, n, h.find(t, "ada"), ceremony.Token, b.Use(t, ceremony.PublicKey, b.Keys[0]), From)
			return err
		},
		"garbage": func() error { _, err := h.byPasskey(removed, `{"id":"AAAA"}`); return err },
	} {
		if err := answer(); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("%s: %v", what, err)
		}
	}
	a.Lie, a.Sent = nil, nil
	down := h
	var cut context.CancelFunc
	down.ctx, cut = context.WithCancel(h.ctx)
	cut()
	if _, err := down.byPasskey(removed, text); err == nil || refusal(err) {
		t.Errorf("without a database: %v, want a fault", err)
	}
	n = h.visit(t, h.signIn(t, false).ID)
	list, err := h.ListPasskeys(h.ctx, h.find(t, "ada"))
	must(t, err)
	before := h.recorded(t, store.EventFailed)
	for _, key := range list.Keys {
		if string(key.ID) == string(a.Keys[0].ID) {
			_, err = h.RemovePasskey(h.ctx, n, h.find(t, "ada"), key.Handle, From)
			must(t, err)
		}
	}
	if _, err := h.byPasskey(removed, text); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("removed: %v", err)
	}
	a.Lie = func(r *Response) { r.ID = []byte("unheard of\x00") }
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("never heard of: %v", err)
	}
	if got := h.recorded(t, store.EventFailed); got != before {
		t.Errorf("what is nobody's was recorded %d times", got-before)
	}
	if errors.Is(store.ErrPasskeyFailed, store.ErrPasskeyUnknown) || store.ErrPasskeyFailed.Error() == store.ErrPasskeyUnknown.Error() {
		t.Error("the two refusals are one")
	}
}

func passkeyOvertaken(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	answered := func() store.Entry {
		t.Helper()
		token, text := h.answered(t, a)
		entry, err := h.AuthenticateByPasskey(h.ctx, token, text, Browser, From)
		must(t, err)
		return entry
	}
	for what, change := range map[string]string{
		"of another epoch":   `UPDATE users SET epoch = epoch + 1`,
		"disabled meanwhile": `UPDATE users SET disabled_at = created_at`,
		"closed meanwhile":   `UPDATE users SET closed_at = created_at`,
		"removed meanwhile":  `DELETE FROM passkeys`, // and nothing else, as if that had been forgotten
	} {
		entry := answered()
		h.exec(t, change)
		before := h.dump(t)
		if _, err := h.SignIn(h.ctx, entry, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("%s: %v", what, err)
		}
		if after := h.dump(t); after != before {
			t.Errorf("%s: the database changed from\n%s\nto\n%s", what, before, after)
		}
		h.exec(t, `UPDATE users SET disabled_at = NULL, closed_at = NULL`)
		if what == "removed meanwhile" {
			a = NewAuthenticator(Origin)
			AddPasskey(t, h.Store, a, h.signIn(t, false))
		}
	}
}

func siteWithoutPasskeys(t *testing.T, h house) {
	a, n := h.keyholder(t)
	token, text := h.answered(t, a)
	user := h.find(t, "ada")
	other := h.signInAs(t, Register(t, h.Store, grace()), false)
	registration := h.mailing(t).pending(t, bare(third()), "browser")
	plain := store.DefaultRules
	plain.Keys = Keys(t)
	elsewhere := h
	elsewhere.Store = NewWith(t, h.db, h.clock, plain)
	for what, h := range map[string]house{"no relying party": elsewhere, "no secret": h.keyed(t, nil)} {
		if h.Passkeys() || h.PasskeyDomain() != "" {
			t.Errorf("%s: people can have passkeys of %q", what, h.PasskeyDomain())
		}
		_, signIn := h.BeginPasskeySignIn(Browser)
		_, proof := h.BeginPasskeyProof(h.ctx, n, user)
		_, add := h.BeginPasskey(h.ctx, n, user)
		_, first := h.BeginPasskey(h.ctx, other, h.find(t, "grace"))
		_, pending := h.BeginPendingPasskey(h.ctx, registration)
		for _, err := range []error{signIn, proof, add, first, pending} {
			if !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: a ceremony begins: %v", what, err)
			}
		}
		if _, err := h.byPasskey(token, text); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("%s: %v", what, err)
		}
		if _, err := h.Export(h.ctx, user); err != nil {
			t.Errorf("%s: Export = %v", what, err)
		}
		if h.MayRemovePassword(user) {
			t.Errorf("%s: the password may go", what)
		}
	}
	if !h.Passkeys() || h.PasskeyDomain() != "gatehouse.example" {
		t.Errorf("the domain is %q", h.PasskeyDomain())
	}
	// A site whose passkeys are for another domain.
	moved := store.DefaultRules
	moved.RelyingParty = RelyingParty(t, "https://other.example")
	moved.Mails = true
	if _, err := h.ruled(t, moved).byPasskey(token, text); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("at another site: %v", err)
	}
}

func countsNoFailure(t *testing.T, h house) {
	a, _ := h.keyholder(t)
	a.Lie = func(r *Response) { r.Flags = 0 }
	for range 2 * free {
		if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("got %v", err)
		}
	}
	h.count(t, "throttles", 0)
	a.Lie = nil
	h.burn(t, "ada", From)
	_, err := SignInByPasskey(t, h.Store, a, From) // though the password has to wait
	must(t, err)
}

func logsRefusals(t *testing.T, h house) {
	a, n := h.keyholder(t)
	var log bytes.Buffer
	site := store.DefaultRules
	site.Keys, site.RelyingParty = Keys(t), RelyingParty(t, Origin)
	s, err := store.New(h.ctx, h.db, NewPasswords(), NewHasher(t), site, h.clock.Now, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	must(t, err)
	h.Store = s
	token, err := h.BeginPasskeySignIn(Browser)
	must(t, err)
	_, garbage := h.byPasskey(token.Token, "garbage")
	refused(t, garbage)
	if strings.Contains(log.String(), store.EventFailed) || !strings.Contains(log.String(), "a passkey was refused") {
		t.Errorf("of nobody's answer the log says\n%s", &log)
	}
	challenges := []string{fmt.Sprint(shown(t, token)["challenge"])}
	for _, lie := range lies {
		a.Lie = func(r *Response) {
			challenges = append(challenges, r.Challenge)
			lie(r)
		}
		_, err := SignInByPasskey(t, h.Store, a, From)
		refused(t, err)
		other := NewAuthenticator(Origin)
		other.Lie = a.Lie
		_, err = h.add(t, other, n)
		refused(t, err)
	}
	for _, hidden := range append(challenges, token.Token, string(a.Keys[0].ID), base64.RawURLEncoding.EncodeToString(a.Keys[0].ID), "Ada") {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("the log holds %q", hidden)
		}
	}
	if got := strings.Count(log.String(), "a passkey was refused"); got != 2*len(lies)+1 {
		t.Errorf("%d refusals are logged", got)
	}
}

func unasked(t *testing.T, h house) {
	a, n := h.keyholder(t)
	a.Sent = func(credential, _ map[string]any) {
		credential["clientExtensionResults"] = map[string]any{"credProps": map[string]any{"rk": true}, "somethingNew": 1}
	}
	_, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	other := NewAuthenticator(Origin)
	other.Sent = a.Sent
	_, err = h.add(t, other, n)
	must(t, err)
	a.Sent = func(credential, _ map[string]any) {
		delete(credential, "clientExtensionResults")
		delete(credential, "authenticatorAttachment")
	}
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
}

// finishBy is the second step of an entry by a passkey, and the sign-in.
func (h house) finishBy(t *testing.T, a *Authenticator, e store.Entry) (store.SignIn, error) {
	t.Helper()
	ticket := h.Ticket(e)
	ceremony, err := h.BeginSecondPasskey(h.ctx, e, ticket)
	must(t, err)
	e, err = h.EnterPasskey(h.ctx, e, ceremony.Token, a.Get(t, ceremony.PublicKey), ticket, From)
	if err != nil {
		return store.SignIn{}, err
	}
	return h.SignIn(h.ctx, e, From)
}
