package handlers

import (
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/secret"
	"gatehouse/store/storetest"
)

// app is an authenticator app, as far as it matters.
type app struct {
	h   *house
	key []byte
}

// code is what the app shows now.
func (a app) code() string { return secret.AppCode(a.key, secret.AppStepAt(a.h.clock.Now())) }

// next waits until the app shows another code.
func (a app) next() string {
	a.h.clock.Move(secret.AppStep)
	return a.code()
}

// scans reads the key on the page.
func (p *page) scans() app {
	p.v.t.Helper()
	text := strings.ReplaceAll(p.Find("ol.points code").Text(), " ", "")
	key, err := base32.StdEncoding.DecodeString(text)
	if err != nil || len(key) != secret.AppKeyLength {
		p.v.t.Fatalf("the key is %q: %v", text, err)
	}
	return app{p.v.h, key}
}

// shown are the recovery codes on the page.
func (p *page) shown() (codes []string) {
	for _, code := range p.Find("ul.points code").EachIter() {
		codes = append(codes, code.Text())
	}
	return codes
}

// setsUp gives Ada, who is signed in by this visitor, a second step.
func (v *visitor) setsUp() (app, []string) {
	v.t.Helper()
	if v.h.Store.Mails() && !v.h.user(v.t, "ada").Verified() {
		v.h.verifies(v.t, "ada")
	}
	a := v.get("/account/totp").is(200).scans()
	codes := v.post("/account/totp", url.Values{"code": {a.code()}}).is(200).shown()
	if len(codes) != store.RecoveryCodes {
		v.t.Fatalf("%d recovery codes are shown", len(codes))
	}
	return a, codes
}

// begins gives the right password of Ada, whose second step is then due.
func (v *visitor) begins() *page {
	v.t.Helper()
	return v.tries("ada", storetest.Password).goesTo("/login/second").is(200)
}

// trusts has Ada, who is signed in and has a second step, trust this browser.
func (v *visitor) trusts() {
	v.t.Helper()
	_, err := v.h.data.Write.Exec(`UPDATE devices SET trust = 'x', trusted_until = $1`, v.h.Store.Now().Add(time.Hour))
	if err != nil {
		v.t.Fatal(err)
	}
}

// second registers Ada and gives her a second step. The visitor stays signed in.
func (v *visitor) second() (app, []string) {
	v.t.Helper()
	v.registers()
	return v.setsUp()
}

func TestSecondStepSignsIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		v.get("/account/second").says("10 of 10 left").hides(codes...)
		v.get("/account").says("On since")
		other := v.another()
		asked := other.begins().says("Your password is right.")
		if got := other.signedIn(); got != "" {
			t.Fatalf("signed in as %q by the password alone", got)
		}
		asked = asked.submit(map[string]string{"code": "12345"}).is(422).says("Enter the 6 digits that your app shows.")
		asked = asked.submit(map[string]string{"code": "000000"}).is(422).says(store.ErrWrongCode.Error())
		// FX-08: the password is not asked for again.
		asked.submit(map[string]string{"code": a.next()}).goesTo("/").is(200).says("Welcome back, Ada Lovelace.")
		if got := other.signedIn(); got != "ada" {
			t.Errorf("signed in as %q", got)
		}
		other.get("/account/signins").says("password and code")
		other.get("/account/activity").says("Right password, but a wrong code").says("Second step turned on")
	}, withMail)
}

func TestASecondStepLeadsOn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		v = v.another()
		v.get("/account/activity").goesTo("/login?next=%2Faccount%2Factivity").submit(map[string]string{"username": "ada", "password": storetest.Password}).
			goesTo("/login/second?next=%2Faccount%2Factivity").submit(map[string]string{"code": "000000"}).is(422).
			submit(map[string]string{"code": a.next()}).goesTo("/account/activity").is(200)
	})
}

func TestARecoveryCodeSignsInAndLeadsToTheSecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		other := v.another()
		other.begins()
		page := other.get("/login/second/recovery").is(200).submit(map[string]string{"code": "0000"}).is(422)
		page = page.submit(map[string]string{"code": "00000000000000000000000Z"}).is(422).says(store.ErrWrongCode.Error())
		typed := strings.ToLower(strings.ReplaceAll(codes[3], "-", " "))
		page.submit(map[string]string{"code": typed}).goesTo("/account/second").is(200).says("You used a recovery code. 9 are left.").says("9 of 10 left")
		again := v.another()
		again.begins()
		again.get("/login/second/recovery").submit(map[string]string{"code": codes[3]}).is(422).says(store.ErrWrongCode.Error())
	}, withMail)
}

// FX-14, MFA-01: between the steps somebody is a visitor everywhere.
func TestHalfSignedInIsNotSignedIn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		v = v.another()
		v.begins()
		for _, path := range h.private() {
			if got := v.get(path).hides("ada@example.com").destination(); !strings.HasPrefix(got, "/login") {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		for _, r := range h.unsafe() {
			if r.guard.who == forMembers {
				v.post(h.example(t, r), accepted(r.path)).turnedAway()
			}
		}
		v.get("/").hides("Ada")
		if row := h.dump(t, "users"); strings.Contains(row, storetest.Password) || strings.Contains(h.dump(t), codes[0]) {
			t.Error("a secret is in the database")
		}
	})
}

// FX-39: without a half sign-in there is nothing to enter a code for, and none is used.
func TestCodesAreForWhoGaveThePassword(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		stranger := v.another()
		stranger.get("/login/second").goesTo("/login").is(200)
		stranger.post("/login/second", url.Values{"code": {a.next()}}).goesTo("/login")
		stranger.post("/login/second/recovery", url.Values{"code": {codes[0]}}).goesTo("/login")
		v.get("/account/second").says("10 of 10 left")
	})
}

func TestAHalfSignInEnds(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		half := v.another()
		half.begins()
		h.clock.Move(10 * time.Minute)
		half.post("/login/second", url.Values{"code": {a.code()}}).goesTo("/login").is(200).says("That took too long. Sign in again.")
		half.begins().submitForm("again", nil).goesTo("/login")
		half.get("/login/second").goesTo("/login").hides("That took too long.")

		// At every fifth wrong code in a row it is over.
		half.begins()
		for range 4 {
			half.post("/login/second", url.Values{"code": {"000000"}}).is(422)
		}
		half.post("/login/second", url.Values{"code": {"000000"}}).goesTo("/login").is(200).says("That was wrong too often. Sign in again.")
		half.post("/login/second", url.Values{"code": {a.next()}}).goesTo("/login")
	})
}

// Decision 3: a form of the second step acts for the sign-in that it was drawn for.
func TestASecondStepIsForTheSignInThatItWasDrawnFor(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		half := v.another()
		old := half.begins()
		half.begins()
		page := old.submit(map[string]string{"code": a.next()}).is(422).says("Somebody else began to sign in here")
		if got := page.value("code"); got != "" {
			t.Errorf("the code is shown again: %q", got)
		}
		if got := strings.Count(h.dump(t, "events"), store.EventSecondFailed); got != 0 {
			t.Error("it was counted")
		}
		page.submit(map[string]string{"code": a.code()}).goesTo("/")
	})
}

func TestTurningTheSecondStepOff(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.second()
		other := v.another()
		v.get("/account/second").submitForm("second-off", nil).goesTo("/account/second").is(200).says("The second step is off.").says("Set up an app")
		if got := v.signedIn(); got != "ada" {
			t.Errorf("who turned it off is signed in as %q", got)
		}
		other.signsIn()
		if h.rows(t, "totp")+h.rows(t, "recovery_codes") != 0 {
			t.Error("something of it is left")
		}
		v.post("/account/second/off", nil).goesTo("/account/second") // there is nothing to turn off
	}, withMail)
}

// FX-13
func TestProofTakesThePasswordAndACode(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, codes := v.second()
		h.clock.Move(store.RecentAuth)
		v.get("/").is(200)
		for _, values := range []url.Values{
			{"password": {storetest.Password}},
			{"password": {storetest.Password}, "code": {""}},
			{"password": {storetest.Password}, "code": {"12345"}},
			{"password": {storetest.Password}, "code": {"000000"}},
			{"password": {"wrong"}, "code": {a.code()}},
			{"code": {a.code()}},
		} {
			v.post("/confirm", values).is(422)
			v.post("/account/second/off", nil).goesTo("/confirm?next=%2Faccount%2Fsecond")
		}
		wrong := v.post("/confirm", url.Values{"password": {"wrong"}, "code": {a.code()}}).is(422).says(store.ErrNotYourProof.Error())
		if same := v.post("/confirm", url.Values{"password": {storetest.Password}, "code": {"000000"}}).is(422); same.Find("#main").Text() != wrong.Find("#main").Text() {
			t.Error("the answers tell which was wrong")
		}
		v.post("/confirm", url.Values{"password": {storetest.Password}, "code": {a.code()}}).goesTo("/")
		// FX-04: what was used here signs nobody in.
		other := v.another()
		other.begins().submit(map[string]string{"code": a.code()}).is(422).says(store.ErrWrongCode.Error())
		h.clock.Move(store.RecentAuth)
		v.post("/confirm", url.Values{"password": {storetest.Password}, "code": {codes[0]}}).goesTo("/")
	})
}

// The address must be one that we know to be theirs, where the site sends mail.
func TestASecondStepIsSetUpWithAConfirmedAddress(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/account/second").is(200).says("Confirm your email address")
		v.get("/account/totp").goesTo("/email/verify")
		v.post("/account/totp", url.Values{"code": {"123456"}}).goesTo("/email/verify")
	}, withMail)
}

// required is a site that asks everybody for a second step.
var required = withRules(func(r *store.Rules) { r.SecondStepRequired = true })

// MFA-14
func TestASiteMayAskEverybodyForASecondStep(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/register?next=%2Faccount%2Factivity").submit(ada()).goesTo("/account/second?next=%2Faccount%2Factivity").is(200).says("This site asks everybody for a second step.")
		h.verifies(t, "ada")
		// FX-12: only what sets it up, and what nobody is kept from.
		for _, r := range h.routes() {
			if r.method != get || r.guard.who != forMembers || r.guard.may != 0 {
				continue
			}
			got := v.get(h.example(t, r)).destination()
			if led := strings.HasPrefix(got, secondPage+"?next="); led == r.guard.entered {
				t.Errorf("%s leads to %q", r.path, got)
			}
		}
		v.post("/account/profile", url.Values{"name": {"Augusta"}}).goesTo("/account/second?next=%2Faccount%2Fprofile")
		if got := h.user(t, "ada").Name; got != "Ada Lovelace" {
			t.Errorf("the name is %q", got)
		}
		v.get("/").says("Set up a second step")
		page := v.get("/account/second?next=%2Faccount%2Factivity").follow("Set up an app")
		shown := page.submit(map[string]string{"code": page.scans().code()}).is(200).says("Save your recovery codes")
		shown.follow("I've saved them").is(200).says("Account created")
		// It can't be turned off.
		v.post("/account/second/off", nil).is(422).says(store.ErrRequired.Error())
		v.get("/account/second").is(200).hides("Turn the second step off")
	}, withMail, required)
}

func TestTrust(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		other := v.another()
		other.begins().submit(map[string]string{"code": a.next(), "trust": "on"}).goesTo("/")
		// FX-15
		for range 3 {
			other.post("/logout", nil)
			other.signsIn()
		}
		other.get("/account/signins").says("on a trusted browser")
		// It was a password alone, so nothing sensitive opens by it.
		other.get("/account/totp").goesTo("/confirm?next=%2Faccount%2Ftotp")
		v.get("/account/second").says("Trusted browsers").submitForm("trust-end", nil)
		v.get("/account/second").hides("Trusted browsers")
		other.post("/logout", nil)
		other.begins()
	}, withMail)
}

// Several people at one browser do not push each other out.
func TestTrustOfSeveralPeopleAtOneBrowser(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		a, _ := v.second()
		v.post("/logout", nil)
		v.begins().submit(map[string]string{"code": a.next(), "trust": "on"}).goesTo("/")
		first := v.carries(trustCookie)
		v.post("/logout", nil)
		v.post("/register", person("grace")).goesTo("/")
		page := v.get("/account/totp").is(200)
		b := page.scans()
		page.submit(map[string]string{"code": b.code()}).is(200)
		v.post("/logout", nil)
		v.tries("grace", storetest.Password).goesTo("/login/second").submit(map[string]string{"code": b.next(), "trust": "on"}).goesTo("/")
		if got := v.carries(trustCookie); !strings.HasSuffix(got, "."+first) || len(got) != 2*43+1 {
			t.Errorf("the cookie is %q, after %q", got, first)
		}
		for _, name := range []string{"ada", "grace"} {
			v.post("/logout", nil)
			v.tries(name, storetest.Password).goesTo("/")
		}
	})
}

func TestCodesAreShownOnce(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		_, codes := v.second()
		form := v.get("/account/codes").is(200)
		shown := form.submit(nil).is(200).shown()
		if len(shown) != store.RecoveryCodes || shown[0] == codes[0] {
			t.Fatalf("new codes are %q", shown)
		}
		form.submit(nil).goesTo("/account/second").is(200).says("Those codes were shown once.").says("10 of 10 left")
		v.get("/account/codes").hides(shown...)
		for _, path := range []string{"/account/second", "/account/totp", "/account/codes"} {
			v.get(path).hides(shown...)
		}
		if dump := h.dump(t); strings.Contains(dump, shown[0]) || strings.Contains(h.log.String(), shown[0]) {
			t.Error("a code is in the database or the log") // FX-42
		}
		half := v.another()
		half.begins()
		half.post("/login/second/recovery", url.Values{"code": {codes[0]}}).is(422) // an old one
		half.post("/login/second/recovery", url.Values{"code": {shown[0]}}).goesTo("/account/second")
	}, withMail)
}

func TestCodesAreSavedAsAFile(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		page := v.get("/account/totp")
		shown := page.submit(map[string]string{"code": page.scans().code()}).is(200)
		form := shown.Find(`form[action="/account/codes/file"]`)
		file := v.browser.Post("/account/codes/file", shown.answer.Values(form))
		if got := file.Header.Get("Content-Disposition"); got != `attachment; filename="recovery-codes-ada.txt"` || file.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("the file is sent as %q", got)
		}
		for _, code := range shown.shown() {
			if !strings.Contains(file.Body, code+"\n") {
				t.Errorf("%s is missing:\n%s", code, file.Body)
			}
		}
		for _, bad := range []string{"", "<script>", "0000", shown.shown()[0] + " x", strings.Repeat(shown.shown()[0]+"\n", 11), strings.ToLower(shown.shown()[0])} {
			v.post("/account/codes/file", url.Values{"codes": {bad}}).is(422).says("Those are no recovery codes.")
		}
	})
}

// FX-01, FX-02, FX-03: nothing is kept before it is proved, and the key stays the same.
func TestSettingUpKeepsNothing(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		h.verifies(t, "ada")
		first := v.get("/account/totp").scans()
		before := h.dump(t, "sessions")
		v.post("/account/totp", url.Values{"code": {"000000"}}).is(422).says(store.ErrWrongCode.Error())
		late := secret.AppCode(first.key, secret.AppStepAt(h.clock.Now())+4)
		v.post("/account/totp", url.Values{"code": {late}}).is(422).says(store.ErrOtherTime.Error())
		for range 2 {
			if again := v.get("/account/totp").scans(); string(again.key) != string(first.key) {
				t.Error("another key is shown")
			}
		}
		if h.dump(t, "sessions") != before {
			t.Error("something is kept")
		}
		v.post("/account/totp", url.Values{"code": {first.code()}}).is(200)
		moved := v.get("/account/totp").says("Move to another app").scans()
		if string(moved.key) == string(first.key) {
			t.Error("the same key is shown again")
		}
		other := v.another()
		other.begins().submit(map[string]string{"code": first.next()}).goesTo("/")
		v.post("/account/totp", url.Values{"code": {moved.code()}}).goesTo("/account/second").is(200).says("Your new app is set up.")
		other = v.another()
		other.begins().submit(map[string]string{"code": first.next()}).is(422).submit(map[string]string{"code": moved.code()}).goesTo("/")
	}, withMail)
}

// FX-38: the codes are the server's own.
func TestOwnCodesAreIgnored(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		a := v.get("/account/totp").scans()
		const own = "000000-000000-000000-000000"
		v.post("/account/totp", url.Values{"code": {a.code()}, "codes": {own}, "batch": {own}}).is(200).hides(own)
		half := v.another()
		half.begins()
		half.post("/login/second/recovery", url.Values{"code": {own}}).is(422)
	})
}
