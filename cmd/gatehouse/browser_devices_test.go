package main

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp/kb"

	"gatehouse/handlers"
	"gatehouse/store"
)

const (
	devices   = `String(document.querySelectorAll(".row-item").length)`
	endOther  = ".row-item form[action$='/end'] button"
	endOthers = "form[action='/account/signins/end-others'] button"
)

// enter is a sign-in by the shortest way, on a device of its own, for tests that
// are about what comes after it.
func (b *tab) enter(who store.Registration) {
	b.t.Helper()
	form := url.Values{"username": {who.Username}, "password": {who.Password}}
	request, err := http.NewRequest(http.MethodPost, b.program.url+"/login", strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("User-Agent", ask[string](b, "navigator.userAgent"))
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		b.t.Fatalf("sign %s in: got %s, want %d", who.Username, response.Status, http.StatusSeeOther)
	}
	for _, c := range response.Cookies() {
		command(b, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.program.url})
	}
}

// ends ends sign-ins: with JavaScript in the page as it stands, whose notice
// takes the focus, without it by a page loaded again.
func (b *tab) ends(act func(), sentence string) {
	b.t.Helper()
	if b.plain {
		b.follow(act)
		b.arrive("/account/signins")
		b.is(text(".flash[role=status]"), sentence)
		return
	}
	b.script(`window.ended = false; addEventListener("htmx:after:swap", () => window.ended = true, {once: true})`)
	act()
	b.until("window.ended")
	b.is(text(".notice[role=status]"), sentence)
	b.until(`document.activeElement.matches(".notice")`)
}

func TestBrowserEndsOtherSignInsOneByOne(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			for range 3 {
				b.enter(ada)
			}
			b.open("/account/signins")
			b.is(devices, "3")
			b.is(text(".row-item:has(.tag) form"), "(none)")
			b.ends(func() { b.clickOn(endOther) }, "That device is signed out.")
			b.is(devices, "2")
			b.ends(func() { b.clickOn(endOther) }, "That device is signed out.")
			b.is(devices, "1")
			b.is(text(endOther), "(none)")
			b.is(text(endOthers), "(none)")
			b.is(text(".row-item .tag"), "This device")
		})
	}
}

// All others are ended at once, in the middle of a form. It takes nothing of what
// was typed with it.
func TestBrowserFormOutlastsTheSignIn(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b, other := mode.open(t, p), mode.open(t, p)
			for _, tab := range []*tab{b, b, other} {
				tab.enter(ada)
			}
			other.open("/account/profile")
			b.open("/account/signins")
			b.ends(func() { b.clickOn(endOthers) }, "2 other devices are signed out.")
			b.is(devices, "1")

			other.typeProfile("Countess of Lovelace", "countess")
			other.follow(other.submit)
			other.arrive("/login?next=%2Faccount%2Fprofile")
			other.is(text("[role=status]"), "You've been signed out. What you typed is safe: sign in to go on.")
			other.write("username", ada.Username)
			other.write("password", "not her password")
			other.refuse(other.submit)
			other.write("password", ada.Password)
			other.submit()
			other.arrive("/account/profile")
			other.is(text("[role=status]"), "Nothing was changed yet. This is what you typed: check it and send it again.")
			other.is(value("name"), "Countess of Lovelace")
			other.is(value("username"), "countess")
			other.is(who, ada.Name)

			other.follow(other.submit)
			other.arrive("/account/profile")
			other.is(text("[role=status]"), "Saved.")
			other.is(who, "Countess of Lovelace")
			other.open("/account/profile")
			other.is(text("[role=status]"), "(none)")
		})
	}
}

// typeProfile types into the profile form of somebody who is no longer signed
// in. The checks are answered and lead nowhere.
func (b *tab) typeProfile(name, username string) {
	b.t.Helper()
	b.script(`window.checked = new Set();
		addEventListener("htmx:finally:request", ({target}) => window.checked.add(target.id));
		navigation.addEventListener("navigate", () => window.led = true)`)
	b.write("name", name)
	b.write("username", username)
	b.clickOn("#name")
	if !b.plain {
		b.until(`window.checked.has("name") && window.checked.has("username")`)
	}
	b.is("String(window.led)", "undefined")
}

func TestBrowserFormIsKeptFromOthers(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	p.add(t, grace)
	b := openTab(t, p)
	b.enter(ada)
	b.open("/account/profile")
	p.clock.Move(store.Idle)
	b.typeProfile("Countess of Lovelace", "countess")
	b.follow(b.submit)
	b.arrive("/login?next=%2Faccount%2Fprofile")
	b.write("username", grace.Username)
	b.write("password", grace.Password)
	b.submit()
	b.arrive("/account/profile")
	b.is(value("name"), grace.Name)
	if seen := ask[string](b, "document.documentElement.outerHTML"); strings.Contains(strings.ToLower(seen), "countess") {
		t.Errorf("Grace sees what Ada typed:\n%s", seen)
	}
}

func TestBrowserEndsASignInByKeyboard(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.enter(ada)
	b.enter(ada)
	b.open("/account")
	b.tabTo(".account-nav a")
	for i, path := range accountPaths(t) {
		if i > 0 {
			b.press(kb.Tab)
			b.focusVisible()
		}
		b.is("document.activeElement.pathname", path)
	}
	b.tabTo(".account-nav a[href='/account/signins']")
	b.follow(func() { b.press(kb.Enter) })
	b.arrive("/account/signins")
	b.is(text("[aria-current=page]"), "Devices")
	b.tabTo(endOther)
	b.ends(func() { b.press(space) }, "That device is signed out.")
	b.focusVisible()
	b.is(devices, "1")
	b.press(kb.Tab) // the way goes on from the notice
	b.focusVisible()
	b.is("document.activeElement.pathname", "/account/password")
	b.press(kb.Tab)
	b.until(`document.activeElement.closest(".theme")`)
}

// accountPaths are the pages of an account, those of the product among them.
func accountPaths(t *testing.T) []string {
	t.Helper()
	paths := []string{"/account", "/account/profile", "/account/email", "/account/password", "/account/passkeys", "/account/second", "/account/signins", "/account/activity", "/account/data"}
	p := product(&handlers.Site{})
	if slices.ContainsFunc(p.Letters, func(l handlers.Letter) bool { return l.Label != "" }) {
		paths = append(paths, "/account/preferences")
	}
	for _, link := range p.Links {
		if link.Account {
			paths = append(paths, link.Path)
		}
	}
	return append(paths, "/account/delete")
}

// On a phone the other pages of the account lead back to the overview, which
// leads to them.
func TestBrowserAccountNavigationOnAPhone(t *testing.T) {
	t.Parallel()
	const shown = `[...document.querySelectorAll(".account-nav a")].filter(a => a.checkVisibility()).map(a => a.pathname).join()`
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.enter(ada)
	b.open("/account/email")
	all := strings.Join(accountPaths(t), ",")
	b.is(shown, all)
	b.view(phone, light)
	b.is(shown, "/account")
	b.follow(func() { b.clickOn(".account-nav a") })
	b.arrive("/account")
	b.is(shown, "")
	b.is(`[...document.querySelectorAll(".link-row h2 a")].map(a => a.pathname).join()`, strings.TrimPrefix(all, "/account,"))
}
