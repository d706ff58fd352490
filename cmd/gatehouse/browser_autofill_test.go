package main

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// waits is a tab of somebody who is signed out and away, at the sign-in page,
// whose autofill waits for a passkey of theirs.
func waits(t *testing.T, p *program, scripts ...string) (*tab, *authenticator) {
	t.Helper()
	p.join(t, ada)
	b, a := keyed(t, p, ada)
	b.signOut()
	b.watches()
	for _, script := range scripts {
		b.before(script)
	}
	b.offers(a, "/login")
	return b, a
}

// signsInOnce says that one passkey signed in, with nothing else tried.
func (b *tab) signsInOnce(x *proxy) {
	b.t.Helper()
	b.arrive("/")
	b.is(who, "Ada Lovelace")
	if got := x.count("POST /login/passkey"); got != 1 {
		b.t.Errorf("there were %d sign-ins by passkey", got)
	}
}

// FX-25: the button while the autofill waits.
func TestBrowserThePasskeyButtonEndsTheAutofill(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b, a := waits(t, p)
	a.away(false)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.signsInOnce(x)
	if got := x.count("POST /login/passkey/options"); got != 2 {
		t.Errorf("there were %d ceremonies, want that of the autofill and that of the button", got)
	}
}

// FX-25: the button at once after the page is there, and twice.
func TestBrowserThePasskeyButtonAtOnceAfterLoading(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b, a := waits(t, p, `addEventListener("DOMContentLoaded", () => {
			if (location.search !== "?at-once") return;
			document.querySelector("[data-passkey] button").click();
			document.querySelector("[data-passkey] button").click();
		})`)
	b.open("/login?at-once")
	b.becomes(asked, "dialog")
	b.settle()
	b.is(asked+" + "+takenBack, "dialogfalse") // no autofill took its place
	a.away(false)
	b.openTo("/login?at-once", "/")
	b.signsInOnce(x)
}

// FX-26: what was asked for runs out, so it is asked for anew in time.
func TestBrowserTheAutofillOutlastsItsCeremony(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	// The long timers of the page, which a test cannot wait for.
	b, a := waits(t, p, `const later = setTimeout;
		window.setTimeout = (act, wait, ...rest) => {
			if (wait < 6e4 || wait === undefined) return later(act, wait, ...rest);
			window.timer = {act, wait};
		}`)
	b.until("window.timer")
	p.clock.Move(6 * time.Minute)
	if wait := ask[float64](b, "timer.wait"); wait > 5*60e3 {
		t.Errorf("the page waits for %v ms", wait)
	}
	a.away(false)
	b.follow(func() {
		b.script(`Date.now = () => performance.timeOrigin + performance.now() + timer.wait; timer.act()`)
	})
	b.signsInOnce(x)
}

// FX-28: the page asks for no passkey by itself, however often it is loaded.
func TestBrowserNoDialogOpensByItself(t *testing.T) {
	t.Parallel()
	b, _ := waits(t, serveProgram(t))
	b.is(asked, "conditional")
	b.follow(func() { b.do(chromedp.Reload()) })
	b.until("requests.length === 1")
	b.refuse(b.submit)
	b.becomes(asked, "conditional,conditional")
	b.is(takenBack, "true,false")
	for _, page := range []string{"/", "/register", "/password/forgot"} {
		b.open(page)
		b.settle()
		b.is(asked, "")
	}
}

// What covers the page for a moment, as password managers do while they unlock,
// does not take back what they are about to answer.
func TestBrowserTheAutofillOutlastsALook(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b, _ := waits(t, p)
	b.looksAfter("0")
	b.settle()
	b.is(takenBack, "false")
	// After a long absence it has run out.
	b.looksAfter("4 * 60e3")
	b.becomes(takenBack, "true,false")
	if got := x.count("POST /login/passkey/options"); got != 2 {
		t.Errorf("there were %d ceremonies, want 2", got)
	}
}

// looksAfter has the page covered for so many milliseconds.
func (b *tab) looksAfter(passed string) {
	b.t.Helper()
	b.script(`const now = Date.now();
		for (const hidden of [true, false]) {
			Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
			document.dispatchEvent(new Event("visibilitychange", {bubbles: true}));
			Date.now = () => now + ` + passed + `;
		}`)
}

// A page that is left takes its request back, and offers again when somebody
// comes back to it.
func TestBrowserTheAutofillEndsWithThePage(t *testing.T) {
	t.Parallel()
	b, a := waits(t, serveProgram(t))
	b.script(`dispatchEvent(new PageTransitionEvent("pagehide", {persisted: true}))`)
	b.becomes(takenBack, "true")
	b.open("/login")
	b.until("requests.length === 1")
	b.follow(func() { b.clickOn("main a[href='/password/forgot']") })
	a.away(false)
	b.back()
	b.arrive("/")
	b.is(who, "Ada Lovelace")
}

// Two tabs of one browser have two good ceremonies.
func TestBrowserTwoTabsWaitForAPasskey(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	b, a := waits(t, p)
	other := b.besides()
	second := other.authenticator()
	second.take(a.keys())
	other.watches()
	other.offers(second, "/login?next=%2Faccount")
	a.away(false)
	b.follow(func() { b.clickOn(passkeyButton) })
	b.arrive("/")
	b.is(who, "Ada Lovelace")
	second.away(false)
	other.follow(func() { other.clickOn(passkeyButton) })
	other.arrive("/account")
	other.is(text("[role=status]"), "You're signed in already, as ada. Sign out first to use another account.")
	b.signOut()
	b.openTo("/login", "/")
}
