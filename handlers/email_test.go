package handlers

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// asks wants another address for who is signed in.
func (v *visitor) asks(email string) *page {
	v.t.Helper()
	return v.post("/account/email", url.Values{"email": {email}})
}

// isVerified registers Ada, confirms her address and leaves her signed in.
func (v *visitor) isVerified() *visitor {
	v.t.Helper()
	v.registers()
	v.follows(v.h.link(v.t, "ada@example.com")).submit(nil).goesTo("/account")
	return v
}

func TestRST19AnAddressChangesOnceItIsConfirmed(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		h.clock.Move(store.RecentAuth)
		v.get("/account/email").goesTo("/confirm?next=%2Faccount%2Femail").submit(map[string]string{"password": storetest.Password}).
			goesTo("/account/email").submit(map[string]string{"email": " ada@EXAMPLE.org "}).
			goesTo("/account/email").says("We've emailed ada@example.org. Your address changes once you confirm it there.").says("ada@example.com")
		if got := h.subjects(t, "ada@example.com"); len(got) != 1 {
			t.Errorf("before anything changed the old address got %q", got)
		}
		v.get("/account").says("ada@example.com").hides("ada@example.org")
		v.another().tries("ada@example.org", storetest.Password).is(422)
		v.another().tries("ada@example.com", storetest.Password).goesTo("/")

		link := h.link(t, "ada@example.org")
		v.follows(link).is(200).says("Is ada@example.org yours?")
		v.get("/account").says("ada@example.com")
		v.get("/email/verify").submit(nil).goesTo("/account").says("The address ada@example.org is confirmed.").hides("ada@example.com", "isn't confirmed yet")
		v.another().tries("ada@example.org", storetest.Password).goesTo("/")
		v.another().tries("ada@example.com", storetest.Password).is(422)
		told := h.letters(t)[slices.IndexFunc(h.Mailbox.Messages(), func(m mailMessage) bool { return m.To == "ada@example.com" })]
		if told.Subject != "Your email address was changed" || !strings.Contains(told.Text, "now has the address ada@example.org") || !strings.Contains(told.Text, "/email/undo/") {
			t.Errorf("the old address is told\n%s", told.Text)
		}
		v.get("/account/activity").says("address")
	}, withMail)
}

func TestRST19WithoutRecentProofNothingIsAsked(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		h.clock.Move(store.RecentAuth)
		count := len(h.letters(t))
		v.asks("mallory@example.net").goesTo("/confirm?next=%2Faccount%2Femail").hides("mallory@example.net")
		v.another().asks("mallory@example.net").turnedAway()
		if got := len(h.letters(t)); got != count || strings.Contains(h.dump(t, "sessions"), "mallory@example.net") {
			t.Error("a letter was written")
		}
		v.reauthenticates()
		v.get("/account/email").says("Nothing was changed yet.")
		if got := len(h.letters(t)); got != count {
			t.Error("what was kept was sent")
		}
	}, withMail)
}

func TestRST18AnAddressInUseGetsTheSameAnswer(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "grace")
		v.isVerified()
		want := ""
		for _, email := range []string{"fresh@example.com", "grace@example.com"} {
			h.clock.Move(time.Millisecond)
			answer := v.asks(email)
			all := strings.ReplaceAll(answer.masked("")+answer.goesTo("/account/email").masked(""), email, "TYPED")
			if want == "" {
				want = all
			}
			if all != want {
				t.Errorf("%s gets\n%s\nwant\n%s", email, all, want)
			}
		}
		if got := h.subjects(t, "grace@example.com"); got[0] != "You have an account already" || len(got) != 2 {
			t.Errorf("the owner gets %q", got)
		}
		if got := h.subjects(t, "fresh@example.com"); len(got) != 1 {
			t.Errorf("the fresh address gets %q", got)
		}
	}, withMail)
}

func TestRST18OfTwoForOneAddressTheFirstToConfirmGetsIt(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		const wanted = "wanted@example.com"
		v.isVerified()
		grace := v.another()
		grace.registersAs("grace")
		v.asks(wanted).goesTo("/account/email")
		adas := h.link(t, wanted)
		grace.asks(wanted).goesTo("/account/email")
		graces := h.link(t, wanted)
		late := v.follows(adas).is(200)
		grace.follows(graces).submit(nil).goesTo("/account").says(wanted)
		before := h.dump(t)
		late.submit(nil).is(422)
		if h.dump(t) != before {
			t.Error("the loser changed something")
		}
		v.get("/account").says("ada@example.com").hides(wanted)
		// A new account cannot have it either.
		v.another().waitsAs("mary", wanted).is(422)
	}, withMail)
}

func TestRST17AnOldTokenDoesNotConfirmTheNewAddress(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		old := h.link(t, "ada@example.com")
		v.get("/email/verify").is(200).says("Wrong address?")
		v.asks("ada@example.org").goesTo("/account/email")
		first := h.link(t, "ada@example.org")
		v.asks("ada@example.net").goesTo("/account/email")
		second := h.link(t, "ada@example.net")
		v.follows(second).submit(nil).goesTo("/account").says("ada@example.net")
		for _, link := range []string{old, first} {
			v.follows(link).is(422)
		}
		if user := h.user(t, "ada"); user.Email != "ada@example.net" {
			t.Errorf("the address is %s", user.Email)
		}
		// Nobody ever confirmed the first one: it may be a stranger's.
		if got := h.subjects(t, "ada@example.com"); !slices.Equal(got, []string{"Confirm your email address"}) {
			t.Errorf("an address that was never confirmed is written %q", got)
		}
	}, withMail)
}

func TestAChangeOfAddressIsUndone(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		intruder := v.another()
		intruder.signsIn()
		intruder.asks("mallory@example.net").goesTo("/account/email")
		intruder.follows(h.link(t, "mallory@example.net")).submit(nil).goesTo("/account")
		undo := h.link(t, "ada@example.com")
		// Whatever else they do, the way back stays.
		intruder.post("/account/password", accepted("/account/password")).goesTo("/account")
		intruder.asks("second@example.net").goesTo("/account/email")
		intruder.follows(h.link(t, "second@example.net")).submit(nil).goesTo("/account")
		theirs := h.link(t, "mallory@example.net")
		intruder.forgets("ada")
		reset := h.link(t, "second@example.net")
		intruder.post("/account/delete", accepted("/account/delete")).goesTo("/")
		h.clock.Move(store.UndoValid - time.Second)

		owner := v.another()
		page := owner.follows(undo).is(200).says("Put the old address back?").says("ada@example.com").hides("example.net")
		page.submit(nil).goesTo("/").is(200).says("Your old address is back")
		if owner.carries(undoPage.cookie) != "" || owner.signedIn() != "" {
			t.Error("signed in, or the token stays")
		}
		intruder.out()
		v.out()
		for _, password := range []string{storetest.Password, newPassword} {
			v.another().tries("ada", password).is(422)
			v.another().tries("ada@example.com", password).is(422)
		}
		for _, link := range []string{undo, theirs, reset} {
			v.another().follows(link).is(422)
		}
		user := h.user(t, "ada")
		if user.Email != "ada@example.com" || !user.Verified() || user.Closed() {
			t.Errorf("the account is %+v", user)
		}
		if got := h.subjects(t, "second@example.net"); slices.Contains(got[:len(got)-2], "Your email address was changed") {
			t.Errorf("the intruder's address is written %q", got)
		}
		owner.follows(h.link(t, "ada@example.com")).is(200).submit(map[string]string{"password": "third engine of mine"}).goesTo("/login")
		owner.tries("ada", "third engine of mine").goesTo("/").signedInAs("ada")
		owner.get("/account").says("ada@example.com")
	}, withMail)
}

func TestAnAddressThatCanBeTakenBackIsNobodyElses(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		h.moves(t, "rosa")
		v.registers()
		v.asks("rosa@example.com").goesTo("/account/email").says("We've emailed")
		if got := h.subjects(t, "rosa@example.com")[0]; got == "Confirm your new email address" {
			v.follows(h.link(t, "rosa@example.com")).submit(nil).is(422)
		}
		v.another().waitsAs("mary", "rosa@example.com").is(422)
		if user := h.user(t, "ada"); user.Email != "ada@example.com" {
			t.Errorf("the address is %s", user.Email)
		}
	}, withMail)
}

func TestEmailRefusesAndKeepsWhatWasTyped(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		before := h.dump(t)
		for _, c := range []struct{ email, want string }{
			{"", "Enter your email address."},
			{"ada at home", "That isn't a whole address yet."},
			{"a@b.ch,d@e.ch", "That isn't a whole address yet."},
			{"Ada <a@b.ch>", "That isn't a whole address yet."},
			{"a@b.ch\r\nBcc: c@d.ch", "That isn't a whole address yet."},
			{strings.Repeat("a", 300) + "@b.ch", "Use at most 254 characters"},
			{"ADA@Example.com", "That's the address you have."},
		} {
			refused := v.asks(c.email).is(422)
			if got := refused.message("email"); !strings.Contains(got, c.want) {
				t.Errorf("%q: the message is %q, want %q", c.email, got, c.want)
			}
			if got := refused.value("email"); got != strings.ReplaceAll(c.email, "\r", "") {
				t.Errorf("%q: the input shows %q", c.email, got)
			}
		}
		v.post("/account/email", url.Values{"email": {"a@example.org", "b@example.org"}}).is(400)
		v.post("/account/email?email=a@example.org", url.Values{"email[]": {"b@example.org"}}).is(422)
		if h.dump(t) != before {
			t.Error("something changed")
		}
	}, withMail)
}

func TestEmailIsCheckedWhileOneTypes(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	h.confirms(t, "grace")
	v := h.htmx(t)
	v.registers()
	for email, want := range map[string]string{"ada": "That isn't a whole address yet.", "new@example.org": "", "grace@example.com": ""} {
		if got := v.post("/account/email/check/email", url.Values{"email": {email}}).is(200).message("email"); got != want {
			t.Errorf("%q: the message is %q, want %q", email, got, want)
		}
	}
	v.post("/account/email/check/username", url.Values{}).is(404)
	v.another().post("/account/email/check/email", url.Values{"email": {"ada"}}).turnedAway()
}

func TestWithoutMailTheAddressStays(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		page := v.get("/account/email").is(200).says("This site sends no mail")
		if page.Find("#email").Length() != 0 {
			t.Error("a new address is asked for")
		}
		before := h.dump(t)
		v.asks("ada@example.org").is(403).says("This site sends no mail")
		if h.dump(t) != before {
			t.Error("something changed")
		}
	})
}

// A token is for the address it was sent to, not for the one asked for last.
func TestRST09ATokenMovesToTheAddressInItsRow(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.isVerified()
		v.asks("mallory@example.net").goesTo("/account/email")
		link := h.link(t, "mallory@example.net")
		v.asks("victim@example.com").goesTo("/account/email")
		v.follows(link).says("Is mallory@example.net yours?").submit(nil).goesTo("/account")
		if user := h.user(t, "ada"); user.Email != "mallory@example.net" {
			t.Errorf("the address is %s", user.Email)
		}
	}, withMail)
}

func TestUndoNeedsItsButton(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.moves(t, "rosa")
		link := h.link(t, "rosa@example.com")
		v.follows(link).is(200).hides("rosa@example.org")
		v.send(post, "/email/undo", strings.NewReader(""), http.Header{"Sec-Fetch-Site": {"cross-site"}}).is(403)
		if user := h.user(t, "rosa"); user.Email != "rosa@example.org" {
			t.Errorf("the address is %s", user.Email)
		}
	}, withMail)
}

// A new address that waits can be written to again, and taken back: then its link no longer works.
func TestANewAddressThatWaitsIsCancelled(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		h.confirms(t, "ada")
		v.signsIn()
		v.post("/account/email", url.Values{"email": {"countess@example.com"}}).goesTo("/account/email")
		page := v.get("/account/email").is(200)
		if got := page.Find(".waiting .address").Text(); got != "countess@example.com" {
			t.Fatalf("the page says that %q waits", got)
		}
		again := page.Find(`.waiting form[action="/account/email"] [name=email]`).AttrOr("value", "")
		v.post("/account/email", url.Values{"email": {again}}).goesTo("/account/email")
		if got := len(h.subjects(t, "countess@example.com")); got != 2 {
			t.Errorf("%d letters went to the new address, want 2", got)
		}
		link := h.link(t, "countess@example.com")
		v.post("/account/email/cancel", url.Values{}).goesTo("/account/email")
		if got := v.get("/account/email").Find(".waiting").Length(); got != 0 {
			t.Error("the address still waits")
		}
		v.post("/account/email/cancel", url.Values{}).goesTo("/account/email") // there is nothing left to cancel
		if body := v.get("/account/activity").is(200).Find(".diary").Text(); strings.Count(body, "Change of email address cancelled") != 1 {
			t.Errorf("the activity is %s", body)
		}
		stranger := v.another()
		stranger.get(link)
		stranger.post("/email/verify", url.Values{})
		if got := h.user(t, "ada").Email; got != "ada@example.com" {
			t.Errorf("the address is %s", got)
		}
		v.get("/account/export").is(200).says(store.EventEmailCancelled)
	}, withMail)
}

// Whoever has not confirmed their address finds the way to do it where the address stands.
func TestAnUnconfirmedAddressHasAWayToConfirmIt(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, path := range []string{"/account", "/account/email"} {
			if v.get(path).is(200).Find(`main a[href="/email/verify"]`).Length() != 1 {
				t.Errorf("%s shows no way to confirm the address", path)
			}
		}
		if _, err := h.Store.VerifyEmail(t.Context(), token(h.link(t, "ada@example.com")), storetest.From); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/account", "/account/email"} {
			if v.get(path).is(200).Find(`a[href="/email/verify"]`).Length() != 0 {
				t.Errorf("%s asks to confirm what is confirmed", path)
			}
		}
	}, withMail)
}
