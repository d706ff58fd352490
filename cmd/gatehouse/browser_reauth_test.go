package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"gatehouse/store"
)

// reauthenticates gives the password again and waits for the page that wanted it.
func (b *tab) reauthenticates(who store.Registration, next string) {
	b.t.Helper()
	b.is(text("h1"), "Confirm it's you")
	b.write("password", who.Password)
	b.follow(b.submit)
	b.arrive(next)
}

// An authentication that gets old under a form takes nothing of what was typed with it,
// and does not act on it either.
func TestBrowserProofIsAskedForInTheMiddleOfAForm(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account/delete")
			b.write("username", "Ada")
			p.clock.Move(store.RecentAuth)
			b.follow(b.submit)
			b.arrive("/confirm?next=%2Faccount%2Fdelete")
			b.is(title, "Confirm it's you · Gatehouse")
			b.is(passwordFields, "username text username, password password current-password")
			b.refuse(b.submit)
			b.is(text("#summary"), "Enter your password.")
			b.write("password", "not her password")
			b.refuse(b.submit)
			b.is(text("#summary"), "That's not your password.")
			b.is(value("password"), mode.password("not her password"))

			b.reauthenticates(ada, "/account/delete")
			b.is(text("[role=status]"), "Nothing was changed yet. This is what you typed: check it and send it again.")
			b.is(value("username"), "Ada")
			b.follow(b.submit)
			b.arrive("/")
			b.is(text("[role=status]"), "Your account is closed. Sign in within 14 days if you want it back.")
		})
	}
}

// passwordFields is what a password manager reads of the page's form.
const passwordFields = `[...document.querySelector("main form.form:not([data-passkey])").elements].filter(e => e.autocomplete)
	.map(e => [e.name, e.type, e.autocomplete].join(" ")).join(", ")`

func TestBrowserDownloadsTheData(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	folder := t.TempDir()
	_, err := chromedp.CallBrowser(b.ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	if err != nil {
		t.Fatal(err)
	}
	b.enter(ada)
	b.open("/account/data")
	p.clock.Move(store.RecentAuth)
	b.follow(func() { b.clickOn("a[href='/account/export']") })
	b.arrive("/confirm?next=%2Faccount%2Fdata")
	b.reauthenticates(ada, "/account/data")
	b.clickOn("a[href='/account/export']")

	var held struct {
		Account struct{ Username, Email string }
	}
	b.waitFor("a file", func() bool {
		text, err := os.ReadFile(filepath.Join(folder, "account-ada.json"))
		return err == nil && json.Unmarshal(text, &held) == nil
	})
	if held.Account.Username != "ada" || held.Account.Email != "Ada@example.com" {
		t.Errorf("got the data of %+v, want Ada's", held.Account)
	}
	b.is(address, "/account/data")
	if files, err := os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Errorf("got the files %v, want the data alone", files)
	}
}
