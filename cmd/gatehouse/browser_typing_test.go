package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const checkUsername = "POST /register/check/username"

// A check that is answered late, in the middle of a word, must not touch what
// is being typed.
func TestBrowserTypingGoesOnThroughSlowChecks(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	checks := x.hold(checkUsername)
	b := openTab(t, p)
	b.open("/register")
	b.clickOn("#username")
	b.script("window.input = document.activeElement")

	b.press("ada")
	first := checks.next("username", "ada")
	released := make(chan struct{})
	go func() {
		first.release()
		close(released)
	}()
	b.press("-king-of-lovelace")
	<-released
	b.is(value("username"), "ada-king-of-lovelace")
	checks.open()
	b.becomes(message("username"), "This username is free.")
	b.is(value("username"), "ada-king-of-lovelace")

	checks = x.hold(checkUsername)
	b.press("-")
	last := checks.next("username", "ada-king-of-lovelace-")
	b.press(kb.Home + kb.ArrowRight + kb.ArrowRight + kb.ArrowRight)
	last.release()
	b.becomes(message("username"), "This username is free.")
	b.is("String(input.selectionStart)", "3")
	b.press("_b")
	b.is(value("username"), "ada_b-king-of-lovelace-")
	b.is(focused, "username")
	b.until("window.input === document.getElementById('username') && window.input === document.activeElement")
}

func TestBrowserStaleAnswersAreNeverShown(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	checks := x.hold(checkUsername)
	b := openTab(t, p)
	b.open("/register")
	b.watchMessage("username")
	b.clickOn("#username")
	b.press("ad")
	stale := checks.next("username", "ad")
	b.press("a")
	checks.next("username", "ada").release()
	b.becomes(message("username"), "This username is free.")
	stale.release()
	b.settle()
	b.is("window.shown.join()", "This username is free.")
}

func TestBrowserLateCheckLeavesARefusedFormAlone(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	checks := x.hold(checkUsername)
	b := openTab(t, p)
	b.open("/register")
	b.watchMessage("username")
	b.clickOn("#username")
	b.press("ad")
	late := checks.next("username", "ad")
	b.press("a")
	b.refuse(func() { b.press(kb.Enter) })
	b.is(message("username"), "")
	b.is(message("email"), "Enter your email address.")
	late.release()
	b.settle()
	b.is(message("username"), "")
	b.is("window.shown.join()", "")
	b.is(focused, "summary")
	b.is(title, "Error: Create your account · Gatehouse")
}

// watchMessage writes down every sentence that the message of a field shows,
// for however short a time.
func (b *tab) watchMessage(field string) {
	b.t.Helper()
	b.script(`window.shown = []; new MutationObserver(() => {
		const now = ` + message(field) + `;
		if (now && now !== window.shown.at(-1)) window.shown.push(now);
	}).observe(document.body, {childList: true, characterData: true, subtree: true})`)
}

func TestBrowserFieldsEditedDuringASlowSubmitKeepTheirText(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	submits := x.hold("POST /register")
	b := openTab(t, p)
	b.open("/register")
	b.fillRegister(ada)
	b.write("password", "short")
	b.refuse(func() {
		b.submit()
		submitted := submits.next("username", "ada")
		b.write("name", "Augusta Ada King")
		b.write("email", "nowhere")
		b.write("password", "longer")
		b.clickOn("[data-reveal]")
		submitted.release()
	})
	b.is(value("name"), "Augusta Ada King")
	b.is(value("username"), "ada")
	b.is(value("email"), "nowhere")
	b.is(value("password"), "longer")
	b.is("document.getElementById('password').type", "text")
	b.is(text("[data-reveal]"), "Hide password")
	// The answer spoke of the older text, so the newer one is checked.
	b.becomes(message("email"), "That isn't a whole address yet.")
	b.becomes(message("password"), "The password needs 6 more characters.")
}
