package handlers

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/components"
	"gatehouse/store/storetest"
)

// losesTheForm sends the profile form after the sign-in ended elsewhere, and
// returns the page to sign in.
func (v *visitor) losesTheForm(values map[string]string) *page {
	v.t.Helper()
	v.registers()
	form := v.get("/account/profile")
	elsewhere := v.another()
	elsewhere.signsIn()
	elsewhere.post("/account/signins/end-others", url.Values{}).arrives("/account/signins")
	return form.submit(values).goesTo("/login?next=%2Faccount%2Fprofile").says("You've been signed out. What you typed is safe: sign in to go on.")
}

var typed = map[string]string{"name": "Augusta & Co", "username": "countess"}

func clone(values map[string]string) map[string]string {
	copy := map[string]string{}
	for name, value := range values {
		copy[name] = value
	}
	return copy
}

func TestAFormSurvivesTheEndOfItsSignIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		login := v.losesTheForm(clone(typed)).hides("Augusta")
		login = login.submit(map[string]string{"username": "ada", "password": "wrong"}).is(422).hides("Augusta")
		back := login.submit(map[string]string{"username": "ada", "password": storetest.Password}).goesTo("/account/profile").
			says("Nothing was changed yet. This is what you typed: check it and send it again.")
		for name, want := range typed {
			if got := back.value(name); got != want {
				t.Errorf("%s came back as %q, want %q", name, got, want)
			}
		}
		if user := h.user(t, "ada"); user.Name != "Ada Lovelace" {
			t.Errorf("it was sent on Ada's behalf: %+v", user)
		}
		again := v.get("/account/profile").hides("Nothing was changed yet", "Augusta")
		if again.value("username") != "ada" {
			t.Errorf("the second time the form shows %q", again.value("username"))
		}
		back.submit(nil).goesTo("/account/profile").says("Saved.")
		if user := h.user(t, "countess"); user.Name != typed["name"] {
			t.Errorf("saved is %+v", user)
		}
	})
}

// LOG-16: what was typed is not shown to who signs in next.
func TestAFormIsNotForSomebodyElse(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("grace"))
		login := v.losesTheForm(clone(typed))
		if !strings.Contains(h.dump(t), "Augusta") {
			t.Fatal("nothing was kept, so this test shows nothing")
		}
		other := login.submit(map[string]string{"username": "grace", "password": storetest.Password}).goesTo("/account/profile").
			hides("Augusta", "Nothing was changed")
		if other.value("username") != "grace" {
			t.Errorf("grace sees %q", other.value("username"))
		}
		if strings.Contains(h.dump(t), "Augusta") {
			t.Error("it is still kept, in the session of somebody else")
		}
		v.post("/logout", url.Values{})
		v.signsIn()
		v.get("/account/profile").hides("Augusta", "Nothing was changed")
	})
}

// LOG-16: nor to who registers next.
func TestAFormIsNotForSomebodyNew(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.losesTheForm(clone(typed))
		v.registersAs("mary")
		v.get("/account/profile").hides("Augusta", "Nothing was changed")
		if strings.Contains(h.dump(t), "Augusta") {
			t.Error("it is still kept")
		}
	})
}

func TestAFormIsGoneAfterASignOut(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.losesTheForm(clone(typed))
		v.post("/logout", url.Values{}).goesTo(signedOutPage)
		if strings.Contains(h.dump(t), "Augusta") {
			t.Error("it is still kept")
		}
		v.signsIn()
		v.get("/account/profile").hides("Augusta")
	})
}

func TestSES10PasswordsAreNeverKept(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		page := v.get("/account/password")
		elsewhere := v.another()
		elsewhere.signsIn()
		elsewhere.post("/account/signins/end-others", url.Values{}).arrives("/account/signins")
		page.submit(map[string]string{"current": "the-current-one", "password": "a-new-password"}).goesTo("/login?next=%2Faccount%2Fpassword")
		v.post("/account/profile", url.Values{"name": {"Augusta"}, "current": {"the-current-one"}, "password": {"a-new-password"}})
		dump := h.dump(t)
		if !strings.Contains(dump, "Augusta") {
			t.Fatal("nothing was kept, so this test shows nothing")
		}
		for _, secret := range []string{"the-current-one", "a-new-password", "current="} {
			if strings.Contains(dump, secret) {
				t.Errorf("the database contains %q", secret)
			}
		}
	})
}

func TestLargeFormsAreNotKept(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, c := range []struct {
			bytes int
			kept  bool
		}{{draftMax - len("name="), true}, {draftMax - len("name=") + 1, false}, {60 << 10, false}} {
			other := v.another()
			other.registersAs("ada")
			if _, err := h.data.Write.Exec(`DELETE FROM signins`); err != nil {
				t.Fatal(err)
			}
			other.post("/account/profile", url.Values{"name": {strings.Repeat("n", c.bytes)}})
			if got := strings.Contains(h.dump(t), "nnnnnnnn"); got != c.kept {
				t.Errorf("%d bytes are kept: %v, want %v", c.bytes, got, c.kept)
			}
			if _, err := h.data.Write.Exec(`DELETE FROM users`); err != nil {
				t.Fatal(err)
			}
			if _, err := h.data.Write.Exec(`DELETE FROM sessions`); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// ADM-01: nor do they get anything done.
func TestSES11NothingIsKeptForStrangers(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		for _, r := range h.unsafe() {
			if r.guard.who != forMembers {
				continue
			}
			answer := v.post(r.example().address(), accepted(r.path)).turnedAway()
			if got := answer.header.Values("Set-Cookie"); len(got) != 0 {
				t.Errorf("%s sets %q", r.path, got)
			}
		}
		if h.rows(t, "sessions") != 0 {
			t.Error("a session was made")
		}
	})
}

// Only a page that shows its form again saves a draft.
func TestChecksAndButtonsAreNotKept(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		if _, err := h.data.Write.Exec(`DELETE FROM signins`); err != nil {
			t.Fatal(err)
		}
		for path, next := range map[string]string{
			"/account/profile/check/username": "/account/profile", "/account/signins/end-others": "/account/signins", "/account/signins/X/end": "/account/signins",
		} {
			answer := v.post(path, url.Values{"username": {"augusta"}}).turnedAway()
			if got := answer.destination(); got != "" && got != "/login?next="+url.QueryEscape(next) {
				t.Errorf("%s leads to %q", path, got)
			}
		}
		if strings.Contains(h.dump(t), "augusta") {
			t.Error("it was kept")
		}
	})
}

func TestEveryPasswordFieldIsSecret(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, state := range components.Gallery() {
		var text bytes.Buffer
		if err := state.Body.Render(t.Context(), &text); err != nil {
			t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(&text)
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range page.Find("input").EachIter() {
			password := strings.EqualFold(input.AttrOr("type", ""), "password") || strings.Contains(input.AttrOr("autocomplete", ""), "password")
			if name := input.AttrOr("name", ""); password || strings.HasPrefix(name, "code") || name == "passkey" || name == "ceremony" {
				seen[input.AttrOr("name", "")] = true
			}
		}
	}
	for name := range seen {
		if !slices.Contains(secretFields, name) {
			t.Errorf("the password field %q would be kept", name)
		}
	}
	for _, name := range secretFields {
		if !seen[name] {
			t.Errorf("no form has the secret field %q", name)
		}
	}
}

// A draft in a session belongs to one person, whoever is signed in by that session.
func TestADraftIsShownToItsOwnerAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for by, shown := range map[string]bool{h.user(t, "ada").FormID(): true, "AAAAAAAAAAAAAAAA": false, "0": false, "": false} {
			ctx, err := h.Sessions.Load(t.Context(), v.session())
			if err != nil {
				t.Fatal(err)
			}
			h.session(ctx).setDraft(draft{by, "/account/profile", "name=Countess&username=ada"})
			if _, _, err := h.Sessions.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if got := v.get("/account/profile").is(200).value("name") == "Countess"; got != shown {
				t.Errorf("the draft of %q is shown to ada: %v", by, got)
			}
		}
	})
}
