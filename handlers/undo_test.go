package handlers

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// addsPasskey gives Ada a passkey by a sign-in that she has, or else by a new one.
func (h *house) addsPasskey(t testing.TB, signIns ...store.SignIn) (*storetest.Authenticator, store.Passkey) {
	t.Helper()
	if len(signIns) == 0 {
		signIn, err := h.Store.SignIn(t.Context(), store.ByPassword(h.user(t, "ada")), storetest.From)
		if err != nil {
			t.Fatal(err)
		}
		signIns = append(signIns, signIn)
	}
	a := storetest.NewAuthenticator(h.BaseURL.String())
	return a, storetest.AddPasskey(t, h.Store, a, signIns[0]).Passkey
}

// waysBack is how many letters to an address have a link that undoes a first factor.
func (h *house) waysBack(t testing.TB, to string) (n int) {
	t.Helper()
	for _, m := range h.letters(t) {
		if m.To == to && strings.Contains(m.Text, "/factors/undo/") {
			n++
		}
	}
	return n
}

// FX-43: whoever takes an account over with a stolen password sets a factor up at once. Its owner has the
// letter about it.
func TestAFirstFactorIsUndone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		intruder := v.another()
		intruder.signsIn()
		intruder.setsUp()
		v.out()
		if got := h.subjects(t, "ada@example.com")[0]; got != "Your second step is on" {
			t.Errorf("the owner gets %q", got)
		}
		undo := h.link(t, "ada@example.com")
		// Whatever else they do, the way back stays.
		intruder.post("/account/password", accepted("/account/password")).goesTo("/account")
		intruder.post("/account/delete", accepted("/account/delete")).goesTo("/")
		h.clock.Move(store.UndoValid - time.Second)

		owner := v.another()
		page := owner.follows(undo).is(200).says("Take your account back?").says("We email ada@example.com so that")
		page.submit(nil).goesTo("/").is(200).says("Your account is yours again").says("We've emailed you a link")
		if owner.carries(factorsPage.cookie) != "" || owner.signedIn() != "" {
			t.Error("signed in, or the token stays")
		}
		intruder.out()
		for _, password := range []string{storetest.Password, newPassword} {
			v.another().tries("ada", password).is(422)
		}
		v.another().follows(undo).is(422)
		if user := h.user(t, "ada"); user.SecondStep() || user.HasPassword || user.Closed() {
			t.Errorf("the account is %+v", user)
		}
		var left int
		if err := h.data.Read.QueryRow(`SELECT (SELECT count(*) FROM recovery_codes) + (SELECT count(*) FROM totp)`).Scan(&left); err != nil || left != 0 {
			t.Errorf("%d factors are left: %v", left, err)
		}
		if got := h.waysBack(t, "ada@example.com"); got != 1 {
			t.Errorf("%d letters have a way back", got)
		}
		if got := h.subjects(t, "ada@example.com")[0]; got != "Your account is yours again: choose a new password" {
			t.Errorf("the owner gets %q", got)
		}
		owner.follows(h.link(t, "ada@example.com")).is(200).submit(map[string]string{"password": "third engine of mine"}).goesTo("/login")
		owner.tries("ada", "third engine of mine").goesTo("/").signedInAs("ada")
		owner.get("/account/activity").says("Account taken back: passkeys, app and codes removed")
	}, withMail)
}

// FX-44: the address may have changed since, and then it is put back as well, in whatever order.
func TestAFirstPasskeyIsUndoneAfterAChangeOfAddress(t *testing.T) {
	for _, addressFirst := range []bool{false, true} {
		t.Run(map[bool]string{false: "passkey first", true: "address first"}[addressFirst], func(t *testing.T) {
			both(t, func(t *testing.T, h *house, v *visitor) {
				const mine, theirs = "ada@example.com", "mallory@example.net"
				v.isVerified()
				a, key := h.addsPasskey(t)
				letter := h.letters(t)[0]
				if letter.Subject != "Your first passkey was added" || !strings.Contains(letter.Text, "Passkey: "+key.Name) {
					t.Errorf("the owner gets %q:\n%s", letter.Subject, letter.Text)
				}
				undo := h.link(t, mine)
				h.clock.Move(time.Minute)
				v.asks(theirs).goesTo("/account/email")
				v.follows(h.link(t, theirs)).submit(nil).goesTo("/account")
				back := h.link(t, mine)
				h.clock.Move(time.Minute)
				h.addsPasskey(t) // a further one

				owner := v.another()
				if addressFirst {
					owner.follows(back).submit(nil).goesTo("/")
					if got := h.user(t, "ada").Passkeys; got != 1 {
						t.Errorf("%d passkeys are left", got)
					}
					owner.follows(undo).is(200).says("We email ada@example.com so that").submit(nil).goesTo("/").says("We've emailed you a link")
				} else {
					page := owner.follows(undo).is(200).says("Your account has another address now. Put ada@example.com back as well").hides(theirs)
					page.submit(nil).goesTo("/").says("Now put your old address back").hides("We've emailed")
					for _, to := range []string{mine, theirs} {
						if slices.Contains(h.subjects(t, to), "Your account is yours again: choose a new password") {
							t.Errorf("%s gets a link", to)
						}
					}
					owner.follows(back).submit(nil).goesTo("/").says("Your old address is back")
				}
				v.out()
				if _, err := storetest.SignInByPasskey(t, h.Store, a, storetest.From); err == nil {
					t.Error("the passkey signs in")
				}
				if user := h.user(t, "ada"); user.Email != mine || user.Passkeys != 0 || user.HasPassword {
					t.Errorf("the account is %+v", user)
				}
				owner.follows(h.link(t, mine)).is(200).submit(map[string]string{"password": newPassword}).goesTo("/login")
				owner.tries("ada", newPassword).goesTo("/").signedInAs("ada")
			}, withMail)
		})
	}
}

// Only the first one: whoever has a factor has shown since that they are its owner.
func TestAFurtherFactorHasNoWayBack(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		v.setsUp()
		_, key := h.addsPasskey(t, h.signIns(t, "ada")[0])
		letter := h.letters(t)[0]
		if letter.Subject != "A passkey was added" || !strings.Contains(letter.Text, "Passkey: "+key.Name) || !strings.Contains(letter.Text, "/password/forgot") {
			t.Errorf("the owner gets %q:\n%s", letter.Subject, letter.Text)
		}
		if got := h.waysBack(t, "ada@example.com"); got != 1 {
			t.Errorf("%d letters have a way back", got)
		}
	}, withMail)
}

// Where the first passkey turns the second step on, there are two letters and one way back.
func TestAFirstPasskeyThatIsRequiredHasOneWayBack(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		h.addsPasskey(t)
		got := h.subjects(t, "ada@example.com")
		slices.Sort(got)
		if want := []string{"Confirm your email address", "Your first passkey was added", "Your second step is on"}; !slices.Equal(got, want) {
			t.Errorf("the owner gets %q, want %q", got, want)
		}
		if got := h.waysBack(t, "ada@example.com"); got != 1 {
			t.Errorf("%d letters have a way back", got)
		}
	}, withMail, withRules(func(r *store.Rules) { r.SecondStepRequired = true }))
}

func TestUndoingAFirstFactorNeedsItsButton(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.equips(t, "vera")
		v.follows(h.link(t, "vera@example.com")).is(200).hides("vera@example.org")
		v.send(post, "/factors/undo", strings.NewReader(""), http.Header{"Sec-Fetch-Site": {"cross-site"}}).is(403)
		v.get("/factors/undo").is(200)
		if user := h.user(t, "vera"); !user.SecondStep() || !user.HasPassword {
			t.Errorf("the account is %+v", user)
		}
	}, withMail)
}

// FX-49: somebody with passkeys has a password that alone signs in, too. Whoever stole it turns the second step on, and
// takes the passkeys away: then a password by link would open nothing any more.
func TestFX49ASecondStepBesidePasskeysIsUndone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		v.addsPasskey(h.authenticator())
		h.clock.Move(store.UndoValid + time.Second) // so that its own way back is over
		intruder := v.another()
		intruder.signsIn()
		intruder.setsUp()
		undo := h.link(t, "ada@example.com")
		intruder.post(passkeysPage+"/"+h.passkey(t, 0).Handle+"/remove", nil).goesTo(passkeysPage)
		intruder.post("/account/password", accepted("/account/password")).goesTo("/account")
		owner := v.another()
		owner.follows(undo).is(200).says("Take your account back?").submit(nil).goesTo("/")
		intruder.out()
		owner.follows(h.link(t, "ada@example.com")).is(200).submit(map[string]string{"password": "third engine of mine"}).goesTo("/login")
		owner.tries("ada", "third engine of mine").goesTo("/").signedInAs("ada")
		if user := h.user(t, "ada"); user.SecondStep() || user.Passkeys != 0 {
			t.Errorf("the account is %+v", user)
		}
	}, withMail)
}
