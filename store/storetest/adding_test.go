package storetest_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of adding, naming and removing passkeys.
func TestPasskeyListContract(t *testing.T) {
	contract(t, []promise{
		{"FX-41 adds a passkey and changes nothing else about how somebody signs in", addsAndNoMore},
		{"PK-01 FX-22 adds nothing that was not made here, now, as it was asked for", addsNoLies},
		{"PK-04 adds no passkey that somebody has, also at once, and leaves it theirs", addsNoneOfOthers},
		{"knows a person by one name, in two tabs at once and for good", oneUserHandle},
		{"gives a person twenty passkeys at most, also at once", twentyPasskeys},
		{"FX-36 adds none for an address that nobody confirmed, where mail is sent", addsConfirmed},
		{"adds nothing for a sign-in that has ended, or an account that changed", addsForNobody},
		{"gives a passkey another name, of its owner alone", renamesPasskey},
		{"PK-07 removes a passkey and ends the sign-ins it made, but this", removesPasskey},
		{"PK-07 keeps the last passkey that is the only way in or all of the second step", keepsLastPasskey},
		{"PK-07 leaves somebody a way in, whatever two browsers remove at once", leavesAWayIn},
		{"lists and takes no passkey of somebody else", ownPasskeys},
	})
}

// add is AddPasskey as it is answered.
func (h house) add(t *testing.T, a *Authenticator, n store.SignIn) (store.AddedPasskey, error) {
	t.Helper()
	user, err := h.UserByID(h.ctx, n.UserID)
	must(t, err)
	ceremony, err := h.BeginPasskey(h.ctx, n, user)
	must(t, err)
	return h.AddPasskey(h.ctx, n, user, ceremony.Token, a.Create(t, ceremony.PublicKey), named("A key"), From)
}

func addsAndNoMore(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	n := h.enter(t, "ada", Password, on("home"))
	other := h.enter(t, "ada", Password, on("home"))
	before := h.find(t, "ada")
	added, err := h.add(t, NewAuthenticator(Origin), n)
	must(t, err)
	if added.Codes != nil || added.SignIn.ID == n.ID || added.SignIn.Handle != n.Handle {
		t.Errorf("added %+v", added)
	}
	h.gone(t, n.ID)
	h.visit(t, other.ID)
	if got := h.visit(t, added.SignIn.ID); got.Passkey != "" || !h.RecentlyAuthenticated(got) {
		t.Errorf("the sign-in is %+v", got)
	}
	user := h.find(t, "ada")
	if user.Passkeys != 1 || !user.HasPassword || user.SecondStep() || before.Passkeys != 0 {
		t.Errorf("from %+v to %+v", before, user)
	}
	for range 2 {
		if entry, err := h.Authenticate(h.ctx, "ada", Password, From); err != nil || entry.Missing() != store.Nothing {
			t.Errorf("the password: %+v, %v", entry, err)
		}
	}
	h.count(t, "recovery_codes", 0)
	if l := h.letter(t, store.LetterFirstFactor); l.Passkey != "A key" || l.Username != "ada" || l.Token == "" || l.Valid != store.UndoValid {
		t.Errorf("told %+v", l)
	}
	h.clock.Move(time.Second)
	added, err = h.add(t, NewAuthenticator(Origin), added.SignIn)
	must(t, err)
	if l := h.letter(t, store.LetterPasskeyAdded); l.Passkey != "A key" || l.Token != "" || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	h.count(t, "events WHERE name = 'passkey_added' AND detail = 'A key'", 2)
	if user := h.find(t, "ada"); user.Passkeys != 2 {
		t.Errorf("%d passkeys", user.Passkeys)
	}
	list, err := h.ListPasskeys(h.ctx, user)
	must(t, err)
	if !list.Keys[1].CreatedAt.Equal(added.Passkey.CreatedAt) || list.Keys[1].Handle == list.Keys[0].Handle {
		t.Errorf("listed %+v", list.Keys)
	}
}

func addsNoLies(t *testing.T, h house) {
	_, n := h.keyholder(t)
	before := h.dump(t)
	refuses := func(what string, a *Authenticator) {
		t.Helper()
		if _, err := h.add(t, a, n); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("an answer %s: %v", what, err)
		}
	}
	for what, lie := range lies {
		a := NewAuthenticator(Origin)
		a.Lie = lie
		refuses(what, a)
	}
	for algorithm, name := range map[int64]string{-35: "ES384", -36: "ES512", -37: "PS256", -65535: "RS1", -47: "ES256K", 0: "none", -9: "ESP256"} {
		a := NewAuthenticator(Origin)
		a.Lie = func(r *Response) { r.Algorithm = algorithm }
		refuses("with a key for "+name, a)
	}
	for what, sent := range map[string]func(credential, response map[string]any){
		"for an id that the authenticator did not say": func(credential, _ map[string]any) {
			credential["id"], credential["rawId"] = "AAAA", "AAAA"
		},
		"of a later page": func(_, response map[string]any) {
			response["clientDataJSON"] = base64.RawURLEncoding.EncodeToString([]byte(`{"type":"webauthn.create"}`))
		},
	} {
		a := NewAuthenticator(Origin)
		a.Sent = sent
		refuses(what, a)
	}
	// To a ceremony that asked somebody else, or the same person in another tab.
	user := h.find(t, "ada")
	one, err := h.BeginPasskey(h.ctx, n, user)
	must(t, err)
	two, err := h.BeginPasskey(h.ctx, n, user)
	must(t, err)
	text := NewAuthenticator(Origin).Create(t, one.PublicKey)
	if _, err := h.AddPasskey(h.ctx, n, user, two.Token, text, named("New"), From); !errors.Is(err, store.ErrPasskeyFailed) {
		t.Errorf("an answer to another ceremony: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	for what, lie := range map[string]func(*Response){"of 1023 bytes": func(r *Response) { r.ID = make([]byte, 1023) }, "of one byte": func(r *Response) { r.ID = []byte{0} }} {
		a := NewAuthenticator(Origin)
		a.Lie = lie
		added, err := h.add(t, a, n)
		if err != nil {
			t.Errorf("an id %s: %v", what, err)
			continue
		}
		n = added.SignIn
		a.Lie = nil
		_, err = SignInByPasskey(t, h.Store, a, From)
		must(t, err)
	}
	// Ways to reach an authenticator that have no such shape are left out.
	a := NewAuthenticator(Origin)
	a.Sent = func(_, response map[string]any) {
		response["transports"] = []string{"usb", "NFC", "a b", "<b>", strings.Repeat("x", 21), "one", "two", "three", "four", "five", "six", "seven", "eight", ""}
	}
	added, err := h.add(t, a, n)
	must(t, err)
	if got := strings.Join(added.Passkey.Transports, " "); got != "usb one two three four five six seven" {
		t.Errorf("transports %q", got)
	}
	for _, name := range []string{"", strings.Repeat("n", 41), "a\x00b"} {
		n := added.SignIn
		user := h.find(t, "ada")
		ceremony, err := h.BeginPasskey(h.ctx, n, user)
		must(t, err)
		_, err = h.AddPasskey(h.ctx, n, user, ceremony.Token, NewAuthenticator(Origin).Create(t, ceremony.PublicKey), named(name), From)
		refused(t, err)
	}
}

func addsNoneOfOthers(t *testing.T, h house) {
	a, n := h.keyholder(t)
	other := h.signInAs(t, Register(t, h.Store, grace()), false)
	mine := NewAuthenticator(Origin)
	mine.Lie = func(r *Response) { r.ID = a.Keys[0].ID }
	before := h.dump(t)
	for _, who := range []store.SignIn{other, n} {
		mine.Keys = nil // or it would refuse by itself
		if _, err := h.add(t, mine, who); !errors.Is(err, store.ErrPasskeyFailed) {
			t.Errorf("a passkey of Ada: %v", err)
		}
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if in, err := SignInByPasskey(t, h.Store, a, From); err != nil || in.UserID != n.UserID {
		t.Errorf("her passkey signs in %+v, %v", in, err)
	}
	one, two := NewAuthenticator(Origin), NewAuthenticator(Origin)
	one.Lie = func(r *Response) { r.ID = []byte("the same") }
	two.Lie = one.Lie
	add := func(a *Authenticator, n store.SignIn) func() error {
		user, err := h.UserByID(h.ctx, n.UserID)
		must(t, err)
		ceremony, err := h.BeginPasskey(h.ctx, n, user)
		must(t, err)
		text := a.Create(t, ceremony.PublicKey)
		return func() error {
			_, err := h.AddPasskey(h.ctx, n, user, ceremony.Token, text, named("New"), From)
			return err
		}
	}
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, add(one, n), add(two, other))
	if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrPasskeyFailed) {
		t.Errorf("at once: %v, want one", answers)
	}
	h.count(t, "passkeys", 2)
	h.count(t, "passkeys WHERE id = "+h.literal([]byte("the same")), 1)
}

func oneUserHandle(t *testing.T, h house) {
	n := h.signIn(t, false)
	user := h.find(t, "ada")
	a := NewAuthenticator(Origin)
	tabs := []store.Ceremony{}
	for range 2 {
		c, err := h.copied(t).BeginPasskey(h.ctx, n, user)
		must(t, err)
		tabs = append(tabs, c)
	}
	for _, c := range tabs {
		a.Create(t, c.PublicKey)
	}
	handle := string(a.Keys[0].User)
	list, err := h.ListPasskeys(h.ctx, user)
	must(t, err)
	if len(handle) != 64 || handle != string(a.Keys[1].User) || handle != string(list.User) {
		t.Errorf("in two tabs she is %x and %x", a.Keys[0].User, a.Keys[1].User)
	}
	added, err := h.add(t, a, n)
	must(t, err)
	// Other keys would make another name, but not for who has one.
	other := h.keyed(t, otherKeys(t))
	site := store.DefaultRules
	site.Keys = otherKeys(t)
	other = other.ruled(t, site)
	n, err = other.RemovePasskey(h.ctx, added.SignIn, h.find(t, "ada"), added.Passkey.Handle, From)
	must(t, err)
	again := NewAuthenticator(Origin)
	added, err = other.add(t, again, n)
	must(t, err)
	if got := string(again.Keys[0].User); got != handle {
		t.Errorf("later she is %x, was %x", got, handle)
	}
	_, err = SignInByPasskey(t, h.Store, again, From)
	must(t, err)
	foreign := NewAuthenticator(Origin)
	AddPasskey(t, h.Store, foreign, h.signInAs(t, Register(t, h.Store, grace()), false))
	if theirs := foreign.Keys[0].User; string(theirs[:32]) == handle[:32] || string(theirs[32:]) == handle[32:] {
		t.Error("the names of two people have one half in common")
	}
}

func twentyPasskeys(t *testing.T, h house) {
	a, n := h.keyholder(t)
	for range store.PasskeysMax - 2 {
		n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
	}
	user := h.find(t, "ada")
	// Two browsers with one place left, and one account that has not changed since.
	var adds []func() error
	for range 2 {
		n := h.signIn(t, false)
		c, err := h.BeginPasskey(h.ctx, n, user)
		must(t, err)
		text := NewAuthenticator(Origin).Create(t, c.PublicKey)
		adds = append(adds, func() error {
			_, err := h.AddPasskey(h.ctx, n, user, c.Token, text, named("New"), From)
			return err
		})
	}
	answers := h.overtake(t, `UPDATE users SET name = name`, nil, adds...)
	if (answers[0] == nil) == (answers[1] == nil) {
		t.Errorf("at once: %v, want one", answers)
	}
	h.count(t, "passkeys", store.PasskeysMax)
	n = h.signIn(t, false)
	before := h.dump(t)
	_, err := h.add(t, NewAuthenticator(Origin), n)
	if r := refused(t, err); !strings.Contains(r.Sentence, "20 passkeys") {
		t.Errorf("one more: %+v", r)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	if got := h.find(t, "ada").Passkeys; got != store.PasskeysMax {
		t.Errorf("%d are counted", got)
	}
	_, err = SignInByPasskey(t, h.Store, a, From)
	must(t, err)
}

func addsConfirmed(t *testing.T, h house) {
	h = h.mailing(t)
	n := h.signIn(t, false)
	h.exec(t, `DELETE FROM letters`)
	before := h.dump(t)
	_, err := h.add(t, NewAuthenticator(Origin), n)
	if r := refused(t, err); !strings.Contains(r.Sentence, "Confirm your email address") {
		t.Errorf("got %+v", r)
	}
	_, _, err = h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	if r := refused(t, err); !strings.Contains(r.Sentence, "Confirm your email address") {
		t.Errorf("got %+v", r)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
}

func addsForNobody(t *testing.T, h house) {
	_, n := h.keyholder(t)
	user := h.find(t, "ada")
	begun := func(n store.SignIn) func() error {
		c, err := h.BeginPasskey(h.ctx, n, user)
		must(t, err)
		text := NewAuthenticator(Origin).Create(t, c.PublicKey)
		return func() error {
			_, err := h.AddPasskey(h.ctx, n, user, c.Token, text, named("New"), From)
			return err
		}
	}
	ended := h.signIn(t, false)
	add := begun(ended)
	must(t, h.SignOut(h.ctx, ended, From))
	stale := begun(n)
	before := h.dump(t)
	if err := add(); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("a sign-in that has ended: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	for what, change := range map[string]string{
		"another epoch": `UPDATE users SET epoch = epoch + 1`, "closed": `UPDATE users SET closed_at = created_at`, "disabled": `UPDATE users SET disabled_at = created_at`,
	} {
		h.exec(t, change)
		if err := stale(); !errors.Is(err, store.ErrSignInEnded) {
			t.Errorf("%s: %v", what, err)
		}
		h.exec(t, `UPDATE users SET closed_at = NULL, disabled_at = NULL, epoch = $1`, epoch(t, h)-btoi(what == "another epoch"))
	}
	must(t, stale())
	must(t, h.Erase(h.ctx, h.find(t, "ada"), Operator))
	if err := stale(); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("erased: %v", err)
	}
	user.Passkeys = 0
	if _, err := h.BeginPasskey(h.ctx, n, user); !errors.Is(err, store.ErrSignInEnded) {
		t.Errorf("erased, and had none: %v", err)
	}
}

func epoch(t *testing.T, h house) (epoch int) {
	t.Helper()
	must(t, h.db.Read.QueryRow(`SELECT epoch FROM users WHERE username = 'ada'`).Scan(&epoch))
	return epoch
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func renamesPasskey(t *testing.T, h house) {
	_, n := h.keyholder(t)
	ada, other := h.find(t, "ada"), Register(t, h.Store, grace())
	key := h.passkey(t, "ada")
	before := h.dump(t)
	for _, name := range []string{"", "   ", strings.Repeat("n", 41), "a\x00b", "a\nb"} {
		refused(t, h.RenamePasskey(h.ctx, ada, key.Handle, name, From))
	}
	for _, handle := range []string{"", "nothing", key.Handle + "A", "%"} {
		if err := h.RenamePasskey(h.ctx, ada, handle, "Phone", From); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%q: %v", handle, err)
		}
	}
	if err := h.RenamePasskey(h.ctx, other, key.Handle, "Phone", From); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("of somebody else: %v", err)
	}
	if after := h.dump(t); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	want := epoch(t, h)
	must(t, h.RenamePasskey(h.ctx, ada, key.Handle, "  "+strings.Repeat("ö", 40)+" ", From))
	if got := h.passkey(t, "ada"); got.Name != strings.Repeat("ö", 40) || got.Handle != key.Handle || epoch(t, h) != want {
		t.Errorf("it is %+v", got)
	}
	h.count(t, "events WHERE name = 'passkey_renamed' AND detail = '"+strings.Repeat("ö", 40)+"'", 1)
	h.visit(t, n.ID)
}

func removesPasskey(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, grace())
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	h.clock.Move(time.Second)
	b := NewAuthenticator(Origin)
	n = AddPasskey(t, h.Store, b, n).SignIn
	h.post(t)
	key, kept := h.oldest(t, "ada"), h.signIn(t, false)
	byThis, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	byOther, err := SignInByPasskey(t, h.Store, a, From)
	must(t, err)
	byB, err := SignInByPasskey(t, h.Store, b, From)
	must(t, err)
	ada := h.find(t, "ada")
	before := epoch(t, h)
	renewed, err := h.RemovePasskey(h.ctx, byThis, ada, key.Handle, From)
	must(t, err)
	if renewed.ID == byThis.ID || renewed.Handle != byThis.Handle || epoch(t, h) != before+1 || h.find(t, "ada").Passkeys != 1 {
		t.Errorf("%+v of %+v, %d passkeys", renewed, byThis, h.find(t, "ada").Passkeys)
	}
	for _, left := range []store.SignIn{renewed, kept, byB, n} {
		h.visit(t, left.ID)
	}
	h.gone(t, byOther.ID)
	h.gone(t, byThis.ID)
	if l := h.letter(t, store.LetterPasskeyRemoved); l.Passkey != key.Name || l.From != From.Address {
		t.Errorf("told %+v", l)
	}
	h.count(t, "events WHERE name = 'passkey_removed' AND detail = '"+key.Name+"'", 1)
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("it signs in: %v", err)
	}
	// By its name, of this person, once, and for a sign-in that lives.
	left := h.passkey(t, "ada")
	for what, remove := range map[string]func() error{
		"again": func() error {
			_, err := h.RemovePasskey(h.ctx, renewed, h.find(t, "ada"), key.Handle, From)
			return err
		},
		"none": func() error { _, err := h.RemovePasskey(h.ctx, renewed, h.find(t, "ada"), "", From); return err },
		"of somebody else": func() error {
			_, err := h.RemovePasskey(h.ctx, renewed, h.find(t, "grace"), left.Handle, From)
			return err
		},
	} {
		if err := remove(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, remove := range map[string]func() error{
		"an account that changed": func() error { _, err := h.RemovePasskey(h.ctx, renewed, ada, left.Handle, From); return err },
		"an ended sign-in": func() error {
			_, err := h.RemovePasskey(h.ctx, byOther, h.find(t, "ada"), left.Handle, From)
			return err
		},
	} {
		if err := remove(); !errors.Is(err, store.ErrSignInEnded) {
			t.Errorf("%s: %v", what, err)
		}
	}
	h.count(t, "passkeys", 1)
}

// oldest is the passkey that somebody added first.
func (h house) oldest(t *testing.T, username string) store.Passkey {
	t.Helper()
	list, err := h.ListPasskeys(h.ctx, h.find(t, username))
	must(t, err)
	return list.Keys[0]
}

func keepsLastPasskey(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	a, n := h.keyholder(t)
	h.post(t)
	refuses := func(want string) {
		t.Helper()
		before := h.dump(t)
		_, err := h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
		if r := refused(t, err); !strings.Contains(r.Sentence, want) {
			t.Errorf("got %+v, want %q", r, want)
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}
	n, codes, err := h.TurnSecondStepOn(h.ctx, n, h.find(t, "ada"), From)
	if err != nil || len(codes) != store.RecoveryCodes {
		t.Fatalf("turned on: %v, %v", codes, err)
	}
	refuses("all your second step has")
	n, err = h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	refuses("your only way in")
	n, err = h.TurnSecondStepOff(h.ctx, n, h.find(t, "ada"), From)
	must(t, err)
	refuses("your only way in")
	// With an app beside it, but no password.
	_, n, _ = SetUpApp(t, h.Store, h.clock, n)
	refuses("your only way in")
	n, err = h.ChoosePassword(h.ctx, n, h.find(t, "ada"), otherPassword, From)
	must(t, err)
	_, err = h.RemovePasskey(h.ctx, n, h.find(t, "ada"), h.passkey(t, "ada").Handle, From)
	must(t, err)
	if user := h.find(t, "ada"); user.Passkeys != 0 || !user.SecondStep() {
		t.Errorf("%+v", user)
	}
	if _, err := SignInByPasskey(t, h.Store, a, From); !errors.Is(err, store.ErrPasskeyUnknown) {
		t.Errorf("got %v", err)
	}
}

// leavesAWayIn lets two browsers do away with something at once. Whichever is first, the other finds
// the account changed.
func leavesAWayIn(t *testing.T, h house) {
	h = h.mailing(t)
	h.confirmed(t, Ada())
	type two struct {
		name        string
		keys        int
		app, secret bool
		do          [2]func(n store.SignIn, user store.User, keys []store.Passkey) error
	}
	remove := func(i int) func(store.SignIn, store.User, []store.Passkey) error {
		return func(n store.SignIn, user store.User, keys []store.Passkey) error {
			_, err := h.RemovePasskey(h.ctx, n, user, keys[i].Handle, From)
			return err
		}
	}
	removeApp := func(n store.SignIn, user store.User, _ []store.Passkey) error {
		_, err := h.RemoveApp(h.ctx, n, user, From)
		return err
	}
	removePassword := func(n store.SignIn, user store.User, _ []store.Passkey) error {
		_, err := h.RemovePassword(h.ctx, n, user, From)
		return err
	}
	turnOn := func(n store.SignIn, user store.User, _ []store.Passkey) error {
		_, _, err := h.TurnSecondStepOn(h.ctx, n, user, From)
		return err
	}
	for _, c := range []two{
		{"two keys of somebody without a password", 2, false, false, [...]func(store.SignIn, store.User, []store.Passkey) error{remove(0), remove(1)}},
		{"one key and the password", 1, false, true, [...]func(store.SignIn, store.User, []store.Passkey) error{remove(0), removePassword}},
		{"one key and the app", 1, true, true, [...]func(store.SignIn, store.User, []store.Passkey) error{remove(0), removeApp}},
		{"one key and the second step", 1, false, true, [...]func(store.SignIn, store.User, []store.Passkey) error{remove(0), turnOn}},
	} {
		for _, order := range []string{"at once", "the first first", "the second first"} {
			name := c.name + ", " + order
			n := h.signInAs(t, h.find(t, "ada"), false)
			for range c.keys {
				n = AddPasskey(t, h.Store, NewAuthenticator(Origin), n).SignIn
			}
			if c.app {
				_, n, _ = SetUpApp(t, h.Store, h.clock, n)
			}
			if !c.secret {
				var err error
				n, err = h.RemovePassword(h.ctx, n, h.find(t, "ada"), From)
				must(t, err)
			}
			user := h.find(t, "ada")
			list, err := h.ListPasskeys(h.ctx, user)
			must(t, err)
			doing := []func() error{
				func() error { return c.do[0](n, user, list.Keys) },
				func() error { return c.do[1](n, user, list.Keys) },
			}
			var answers []error
			switch order {
			case "at once":
				answers = h.overtake(t, `UPDATE users SET name = name`, nil, doing...)
			case "the first first":
				answers = []error{doing[0](), nil}
				answers[1] = doing[1]()
			default:
				answers = []error{nil, doing[1]()}
				answers[0] = doing[0]()
			}
			if (answers[0] == nil) == (answers[1] == nil) || !errors.Is(errors.Join(answers...), store.ErrSignInEnded) {
				t.Errorf("%s: %v, want one and ErrSignInEnded", name, answers)
			}
			h.hasAWayIn(t, name)
			h.exec(t, `DELETE FROM passkeys`)
			h.exec(t, `DELETE FROM totp`)
			h.exec(t, `DELETE FROM recovery_codes`)
			h.exec(t, `DELETE FROM signins`)
			h.exec(t, `DELETE FROM letters`)
			h.exec(t, `UPDATE users SET passkeys = 0, second_at = NULL, password_hash = 'x'`)
		}
	}
}

// hasAWayIn wants Ada to have one: a password or a passkey, and what her second step asks for.
func (h house) hasAWayIn(t *testing.T, what string) {
	t.Helper()
	user := h.find(t, "ada")
	var keys, apps int
	must(t, h.db.Read.QueryRow(`SELECT (SELECT count(*) FROM passkeys), (SELECT count(*) FROM totp)`).Scan(&keys, &apps))
	if keys != user.Passkeys || keys == 0 && !user.HasPassword || user.SecondStep() && keys == 0 && apps == 0 {
		t.Errorf("%s: %d passkeys and %d apps are left of %+v", what, keys, apps, user)
	}
}

func ownPasskeys(t *testing.T, h house) {
	h.keyholder(t)
	other := h.signInAs(t, Register(t, h.Store, grace()), false)
	for i := range 3 {
		a := NewAuthenticator(Origin)
		a.Synced = i == 1
		other = AddPasskey(t, h.Store, a, other).SignIn
		h.clock.Move(time.Second)
	}
	list, err := h.ListPasskeys(h.ctx, h.find(t, "grace"))
	must(t, err)
	var names []string
	for _, key := range list.Keys {
		names = append(names, fmt.Sprint(key.BackupEligible))
	}
	if !slices.Equal(names, []string{"false", "true", "false"}) {
		t.Errorf("listed %v", names)
	}
	if n := len(h.oldest(t, "ada").ID); n != 32 {
		t.Errorf("hers has an id of %d bytes", n)
	}
	h.passkey(t, "ada")
}
