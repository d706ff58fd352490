package main

import (
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"
)

// compose has an input method compose text in the field that has the focus, or,
// with no text, give up what it composed.
func (b *tab) compose(text string) {
	b.t.Helper()
	end := int64(len([]rune(text)))
	command(b, input.ImeSetComposition, input.ImeSetCompositionParams{Text: text, SelectionStart: end, SelectionEnd: end})
}

// chooses ends the composition with what the person chose.
func (b *tab) chooses(text string) {
	b.t.Helper()
	command(b, input.InsertText, input.InsertTextParams{Text: text})
}

// pauses lets a pause in typing pass: a timer that was set later runs later.
func (b *tab) pauses() {
	b.t.Helper()
	ask[int](b, "new Promise(done => setTimeout(() => done(0), 500))")
}

// countChecks counts the checks that the page sends from now on.
func (b *tab) countChecks() {
	b.t.Helper()
	b.script(`window.checks = 0; addEventListener("htmx:before:request", () => window.checks++)`)
}

const checks = "String(window.checks)"

func TestBrowserNothingIsCheckedWhileComposing(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	visitor := func() {}
	member := func() { b.enter(ada) }
	for _, c := range []struct {
		prepare                            func()
		page, field, half, other, complete string
		want                               string
	}{
		{visitor, "/register", "username", "ａｄ", "grace", "grace", "This username is free."},
		{visitor, "/register", "email", "ｇ", "grace@", "grace@example", "That isn't a whole address yet."},
		{visitor, "/register", "password", "１", "1", "123456789012", "This password is too common. Try a few unrelated words."},
		{visitor, "/login", "username", "　", "　", " ", "Enter your username or email address."},
		{member, "/account/profile", "username", "ｃ", "countess!", "countess!", "Only a to z, digits, hyphen, underscore."},
		{member, "/account/email", "email", "ｇ", "grace@", "grace@example", "That isn't a whole address yet."},
	} {
		c.prepare()
		b.open(c.page)
		b.countChecks()
		b.clickOn("#" + c.field)
		b.script("document.activeElement.value = ''")
		b.compose(c.half)
		b.pauses()
		b.compose(c.other)
		b.pauses()
		b.is(checks, "0")
		b.is(message(c.field), "")
		b.chooses(c.complete)
		b.becomes(message(c.field), c.want)
		b.is(value(c.field), c.complete)
		b.is(checks, "1")
	}
}

func TestBrowserCompositionEndsAnyHow(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	for name, end := range map[string]func(){
		"by another field": func() { b.clickOn("#email") },
		"by what it was":   func() { b.chooses("ab") },
	} {
		b.open("/register")
		b.countChecks()
		b.clickOn("#username")
		b.compose("ab")
		b.pauses()
		b.is(checks, "0")
		end()
		b.becomes(message("username"), "The username needs one more character.")
		b.pauses()
		if got := ask[string](b, checks); got != "1" {
			t.Errorf("%s: %s checks, want 1", name, got)
		}
	}
}

// A check that waits for a pause, or for its answer, waits for the composition
// as well, whatever becomes of that.
func TestBrowserCompositionHoldsEarlierChecks(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	for _, c := range []struct {
		answered           bool
		chosen, left, want string
	}{
		{false, "", "ad", "The username needs one more character."},
		{false, "ん", "adん", "Only a to z, digits, hyphen, underscore."},
		{true, "", "ad", "The username needs one more character."},
	} {
		b.open("/register")
		b.watchMessage("username")
		b.clickOn("#username")
		if c.answered {
			held := x.hold(checkUsername)
			b.press("ad")
			late := held.next("username", "ad")
			b.compose("ん")
			late.release()
			held.open()
		} else {
			// As one, or on a slow machine the pause would pass in between.
			b.script(`const field = document.activeElement;
				field.value = "ad";
				field.dispatchEvent(new InputEvent("input", {bubbles: true}));
				field.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true}));`)
			b.countChecks()
			b.compose("ん")
			b.pauses()
			b.is(checks, "0")
		}
		b.pauses()
		b.settle()
		b.is("window.shown.join()", "")
		if c.chosen == "" {
			b.compose("")
		} else {
			b.chooses(c.chosen)
		}
		b.is(value("username"), c.left)
		b.becomes(message("username"), c.want)
	}
}

// The answer to a form is about all of it, and does not wait.
func TestBrowserCompositionDelaysNoForm(t *testing.T) {
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
		b.write("username", "")
		b.compose("ad")
		submitted.release()
	})
	b.is(message("password"), "The password needs 7 more characters.")
	b.becomes(message("username"), "The username needs one more character.")
}

func TestBrowserEnterThatChoosesACandidateSendsNothing(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.open("/register")
	for _, field := range []string{"name", "username", "email"} {
		b.clickOn("#" + field)
		b.compose("ad")
		b.press(kb.Enter)
		b.chooses("ad")
	}
	b.settle()
	b.is(text("#summary"), "(none)")
	if got := x.count("POST /register"); got != 0 {
		t.Errorf("the form was sent %d times", got)
	}
	b.refuse(func() { b.press(kb.Enter) })
}
