package handlers

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store/storetest"
)

// No other test reads what our front page says: a product has one of its own.
func TestTheFrontPageSaysWhoIsSignedIn(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/").is(200).says("Welcome to " + h.Name).says("Sign in, or make an account")
		v.registers().is(200).says("Hello, Ada").says("signed in as ada.").hides("not signed in")
		v.post("/account/profile", url.Values{"name": {""}, "username": {"countess"}}).goesTo("/account/profile")
		v.get("/").says("Hello, countess")
	})
}

// What the hall asks for goes away once it is done, and is asked for once: the banner of other pages is not on it.
func TestTheHallAsksForWhatIsLeftToDo(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		asks := func(want ...string) {
			t.Helper()
			page := v.get("/").is(200)
			var got []string
			page.Find(".hall a").Each(func(_ int, a *goquery.Selection) { got = append(got, a.AttrOr("href", "")) })
			if !slices.Equal(got, want) {
				t.Errorf("the hall leads to %v, want %v", got, want)
			}
			if page.Find(".banner").Length() != 0 {
				t.Error("the banner asks for it as well")
			}
		}
		v.registers()
		v.post("/account/profile", url.Values{"name": {""}, "username": {"ada"}})
		v.another().signsIn()
		asks("/email/verify", "/account/profile", "/account/signins")
		if v.get("/account").Find(".banner").Length() != 1 {
			t.Error("other pages do not remind")
		}
		v.post("/account/profile", url.Values{"name": {"Ada Lovelace"}, "username": {"ada"}})
		v.post("/account/signins/end-others", url.Values{})
		asks("/email/verify")
		if _, err := h.Store.VerifyEmail(t.Context(), token(h.link(t, "ada@example.com")), storetest.From); err != nil {
			t.Fatal(err)
		}
		asks()
	}, withMail)
}

// Where the product begins is said on a developer's machine alone.
func TestTheSlotOfTheProductIsForDevelopers(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.get("/").hides("product.go")
		v.registers().hides("product.go")
		if v.get("/").Find(".slot").Length() != 0 {
			t.Error("a site that runs shows it")
		}
	})
}

func TestTheSlotOfTheProductNamesWhereItBegins(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		if got := v.get("/").Find(".slot").Text(); !strings.Contains(got, "cmd/gatehouse/product.go") {
			t.Errorf("it says %q", got)
		}
	}, withMail)
}
