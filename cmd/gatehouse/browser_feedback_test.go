package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
)

// What is said above a form stays true: each field leaves the list when it is right, and the list goes with the last.
func TestBrowserSummaryFollowsTheForm(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.open("/register")
	b.write("username", "ad")
	b.write("email", "ada@")
	b.write("password", ada.Password)
	b.refuse(b.submit)
	b.is("String(document.querySelectorAll('#summary li').length)", "2")
	b.write("username", "ada")
	b.becomes("String(document.querySelectorAll('#summary li').length)", "1")
	b.is(title, "Error: Create your account · Gatehouse")
	b.write("email", "ada@example.com")
	b.becomes(text("#summary"), "(none)")
	b.is(title, "Create your account · Gatehouse")
	b.is(focused, "email")
}

// A way that leads on from a refusal goes with it.
func TestBrowserWaysGoWithTheRefusal(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.open("/register")
	b.write("username", "countess")
	b.write("email", ada.Email)
	b.write("password", ada.Password)
	b.refuse(b.submit)
	b.is(text("#summary p"), "This address has an account. Sign in or choose a new password")
	b.write("email", "countess@example.com")
	b.becomes(text("#summary"), nobody)
	b.is(title, "Create your account · Gatehouse")
}

// One thing that is wrong is said alone, without a heading and a list of one.
func TestBrowserOneProblemStandsAlone(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := mode.open(t, serveProgram(t))
			b.open("/password/forgot")
			b.refuse(b.submit)
			b.is(text("#summary h2, #summary li"), nobody)
			b.is(text("#summary a[href='#username']"), "Enter your username or email address.")
		})
	}
}

// A form that takes its time says so in words, to the eye and to assistive technology, and stops when it is answered.
func TestBrowserAFormOnItsWaySaysSo(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.open("/login")
	b.write("username", "ada")
	b.write("password", "not her password")
	posts := x.hold("POST /login")
	width := b.box("main button[type=submit]").Width
	b.press(kb.Enter)
	answer := posts.next("username", "ada")
	b.becomes(text("main button[type=submit]"), "Signing in…")
	b.is("document.getElementById('login').ariaBusy", "true")
	b.is(text("#busy[aria-live=polite]"), "Signing in…")
	if got := b.box("main button[type=submit]").Width; got != width {
		t.Errorf("the button was %.0f wide and is %.0f", width, got)
	}
	b.refuse(answer.release)
	b.is(text("main button[type=submit]"), "Sign in")
	b.is("String(document.getElementById('login').ariaBusy)", "null")
	b.is(text("#busy"), "")
	// Also after an answer that changes nothing.
	b.report.expect("status of 503")
	x.fail(503)
	posts.open()
	b.submit()
	b.until(text("#alert span") + ` !== "(none)"`)
	b.is(text("main button[type=submit]"), "Sign in")
	x.fail(0)
}

// A button that stands alone says so as well, and the line that it stands in does not grow.
func TestBrowserAButtonAloneSaysWhatItDoes(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	p.add(t, ada)
	other, b := openTab(t, p), openTab(t, p)
	other.signIn(ada)
	b.signIn(ada)
	b.window(320, 800)
	const device = ".rows form button"

	// What it says to those who do not see the row is there again after an answer that changes nothing.
	b.open("/account/signins")
	was := ask[string](b, "document.querySelector("+quote(device)+").outerHTML")
	b.report.expect("status of 503")
	posts := x.hold("POST " + ask[string](b, "document.querySelector("+quote(device)+").form.getAttribute('action')"))
	b.clickOn(device)
	answer := posts.next("next", "")
	b.becomes(text(device), "Signing out…")
	answer.lose(503)
	b.becomes("document.querySelector("+quote(device)+").outerHTML", was)
	posts.open()

	// A page that is being left answers nothing, so it notes what it says, which it does at once.
	leaves := func(path, button, says string) {
		t.Helper()
		b.open(path)
		top := b.box(".top").Height
		b.script(`window.setTimeout = (run, wait) => wait === 250 && run();
			const button = document.querySelector(` + quote(button) + `);
			new MutationObserver(() => {
				window.name = button.textContent + " " + document.querySelector(".top").getBoundingClientRect().height;
			}).observe(button, {childList: true})`)
		b.follow(func() { b.clickOn(button) })
		b.is("window.name", fmt.Sprint(says, " ", top))
	}
	leaves("/email/verify", "main form button", "Sending…")
	leaves("/account", ".top-links button", "Leaving…")
	b.is(text("[role=status]"), "You're signed out.")
}

// The alert line lies over the page, takes the place of what an older answer said, and can be closed.
func TestBrowserAlertLineMovesNothing(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.report.expect("status of 503")
	b.open("/register")
	before := b.box("h1").Top
	b.write("username", "ada")
	x.fail(503)
	b.submit()
	b.until(text("#alert span") + ` !== "(none)"`)
	if got := b.box("h1").Top; got != before {
		t.Errorf("the heading was at %.0f and is at %.0f", before, got)
	}
	b.clickOn("#alert button")
	b.becomes(text("#alert"), "")
	x.fail(0)
	b.refuse(b.submit)
	x.fail(503)
	b.submit()
	b.until(text("#alert span") + ` !== "(none)"`)
	b.is(text("#summary"), nobody)
	b.is(title, "Create your account · Gatehouse")
	x.fail(0)
}

// Browsers keep the text of fields that hold no password.
func TestBrowserAShownPasswordIsHiddenBeforeItIsSent(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.open("/login")
	b.write("username", "ada")
	b.write("password", "not her password")
	b.clickOn("[data-reveal]")
	b.is("document.getElementById('password').type", "text")
	b.script(`addEventListener("submit", () => { window.sentAs = document.getElementById("password").type })`)
	b.refuse(b.submit)
	b.is("window.sentAs", "password")
	b.is("document.getElementById('password').type", "password")
	b.is(text("[data-reveal]"), "Show password")
	b.is(value("password"), "not her password")
}

// Pages that are their form alone begin in its first empty field; the others leave the focus alone.
func TestBrowserFormsBeginInTheirFirstField(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := mode.open(t, serveProgram(t))
			for path, field := range map[string]string{"/login": "username", "/password/forgot": "username", "/register": ""} {
				b.open(path)
				b.becomes(focused, field)
			}
		})
	}
}

// In forced colours the current page and the chosen theme stand out in the system's own colours.
func TestBrowserForcedColoursShowWhatIsCurrent(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.signIn(ada)
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "forced-colors", Value: "active"}},
	})
	b.open("/account/profile")
	for _, selector := range []string{".account-nav [aria-current]", ".theme [aria-pressed=true]"} {
		b.is(`(() => {
			const {color, backgroundColor} = getComputedStyle(document.querySelector(`+quote(selector)+`));
			const probe = document.createElement("p");
			probe.style = "forced-color-adjust: none";
			document.body.append(probe);
			probe.style.color = "HighlightText"; probe.style.backgroundColor = "Highlight";
			const want = getComputedStyle(probe), same = want.color === color && want.backgroundColor === backgroundColor;
			const seen = color + " on " + backgroundColor + ", want " + want.color + " on " + want.backgroundColor;
			probe.remove();
			return same ? "" : seen;
		})()`, "")
	}
	b.is("String(document.querySelectorAll('.theme').length)", "1")
}

// The bars of the browser have the ground of the theme that was chosen, at once and from then on.
func TestBrowserBarsHaveTheChosenTheme(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	const bars = `[...document.querySelectorAll("[name=theme-color]")].find(m => matchMedia(m.media || "all").matches).content`
	b.open("/login")
	b.is(bars, "#f6f0e4")
	b.clickOn(".theme [value=dark]")
	b.becomes(bars, "#171612")
	b.open("/login")
	b.is(bars, "#171612")
}

// On a telephone everything that is pressed is as large as a finger.
func TestBrowserTargetsAreLargeEnough(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.window(390, 844)
	small := func(path string) {
		b.open(path)
		b.is(`[...document.querySelectorAll(".account-nav a, .theme button, .field-check label, .aside a, .banner a, main .btn, .pages a")]
			.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
			.map(e => e.textContent.trim() + " " + e.getBoundingClientRect().height).join()`, "")
	}
	small("/login")
	small("/password/forgot")
	b.signIn(ada)
	small("/")
	small("/account")
	small("/account/profile")
}
