package main

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
)

// back presses the button of the browser.
func (b *tab) back() {
	b.t.Helper()
	history := command(b, page.GetNavigationHistory, cdp.Empty{})
	before := history.Entries[history.CurrentIndex-1]
	command(b, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: before.ID})
}

// leavesNothing goes back through the history of somebody who has left, page by
// page, the last one first, and finds nothing of theirs on any: neither shown nor
// in a field.
func (b *tab) leavesNothing(private []string, ends ...string) {
	b.t.Helper()
	for _, end := range ends {
		b.follow(b.back)
		b.arrive(end)
		seen := ask[string](b, `document.documentElement.outerHTML + [...document.querySelectorAll("input")].map(input => input.value)`)
		for _, part := range private {
			if strings.Contains(strings.ToLower(seen), strings.ToLower(part)) {
				b.t.Errorf("back to %s: got a page with %q, want none", end, part)
			}
		}
	}
}

// signInFor is where a page leads whoever is signed out.
func signInFor(page string) string { return "/login?" + url.Values{"next": {page}}.Encode() }

// SES-16: what answers to forms put on a page leaves with the sign-in as well, and so
// does what was typed.
func TestBrowserBackAfterSignOutShowsNoAnswerToAForm(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b, other := openTab(t, p), openTab(t, p)
	other.enter(ada)
	b.signIn(ada)
	b.open("/account/profile")
	b.write("name", "Countess of Lovelace")
	b.write("username", "countess!")
	b.refuse(b.submit)
	b.open("/account/password")
	b.write("current", "not her password")
	b.write("password", newer)
	b.refuse(b.submit)
	b.open("/account/signins")
	b.ends(func() { b.clickOn(endOther) }, "That device is signed out.")
	b.signOut()
	b.leavesNothing(
		[]string{ada.Name, ada.Email, `"ada"`, ada.Password, newer, "countess", "not her password", "127.0.0.1", "That device", "Sign out"},
		signInFor("/account/signins"), signInFor("/account/password"), signInFor("/account/profile"), "/", "/login",
	)
}

// SES-16: closing signs out as well.
func TestBrowserBackAfterClosingShowsNothingPrivate(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.enter(ada)
			b.open("/account")
			b.open("/account/delete")
			b.write("username", ada.Username)
			b.follow(b.submit)
			b.arrive("/")
			b.leavesNothing([]string{ada.Name, ada.Email, `"ada"`, "Type ada", "127.0.0.1", "Sign out"}, signInFor("/account/delete"), signInFor("/account"))
		})
	}
}

// SES-16: a page that the browser had cached whole, script and all, is fetched again.
func TestBrowserPageFromTheBackForwardCacheIsFetchedAnew(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.enter(ada)
	b.open("/account")
	b.is(text("h1"), "Your account")
	p.command(t, "", "signin", "end", "ada")
	b.follow(func() { b.script(`dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true}))`) })
	b.arrive(signInFor("/account"))
}
