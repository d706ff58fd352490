package main

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gatehouse/handlers"
)

func TestBrowserImpatienceSendsOnePost(t *testing.T) {
	t.Parallel()
	register := func(b *tab) {
		b.open("/register")
		b.fillRegister(ada)
		b.until(message("password") + ` !== ""`) // no answer will move the button
	}
	logout := func(b *tab) {
		b.program.add(b.t, ada)
		b.signIn(ada)
	}
	for _, c := range []struct {
		name, request string
		prepare       func(b *tab)
		button        string
		password      string
		leads         string
	}{
		{"clicks on register", "POST /register", register, "main button[type=submit]", ada.Password, "/"},
		{"Enter in the registration form", "POST /register", register, "", ada.Password, "/"},
		{"clicks on sign out", "POST /logout", logout, "form[action='/logout'] button", "", "/?signed-out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, x := serveProxied(t)
			b := openTab(t, p)
			c.prepare(b)
			b.settle()
			act := func() { b.press(kb.Enter) }
			if c.button != "" {
				// Chromium answers no question while a page is on its way, so
				// the pointer stays where it is.
				at := b.aim("document.querySelector(" + quote(c.button) + ")")
				act = func() { b.do(chromedp.MouseClickXY(at.X, at.Y)) }
			}
			posts := x.hold(c.request)
			b.follow(func() {
				act()
				act()
				act()
				post := posts.next("password", c.password)
				act()
				post.release()
			})
			b.arrive(c.leads)
			if got := x.count(c.request); got != 1 {
				t.Errorf("%s: got %d, want 1", c.request, got)
			}
		})
	}
}

// A press on the button takes the focus from the field above it, which is then
// checked. The answer must not move the button away under the pointer.
func TestBrowserClickIsNotLostToAnAnswer(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	checks := x.hold("POST /register/check/password")
	b := openTab(t, p)
	b.do(chromedp.EmulateViewport(wide, 1400)) // nothing to scroll, which could make up for it
	b.open("/register")
	b.fillRegister(ada)
	release := b.pressOn("main button[type=submit]")
	checks.next("password", ada.Password)
	checks.open()
	b.waitFor("the answer", func() bool { return b.answered("200 POST /register/check/password") })
	b.settle()
	release()
	b.arrive("/")
}

// The click submits the form, which ends the check that waits for the click.
func TestBrowserAnswerThatWaitedForAClickIsDropped(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	checks, posts := x.hold(checkUsername), x.hold("POST /register")
	b := openTab(t, p)
	b.open("/register")
	b.watchMessage("username")
	b.write("username", "ada")
	release := b.pressOn("main button[type=submit]")
	checks.next("username", "ada")
	checks.open()
	b.waitFor("the answer", func() bool { return b.answered("200 " + checkUsername) })
	b.settle()
	b.refuse(func() {
		release()
		post := posts.next("username", "ada")
		// Timers keep their order: by this one the answer would have been shown.
		ask[int](b, "new Promise(done => setTimeout(() => done(0), 200))")
		b.is("window.shown.join()", "")
		post.release()
	})
	b.is("window.shown.join()", "")
	b.is(message("email"), "Enter your email address.")
}

// filled has a tab in front of a registration form that would be accepted.
func filled(t *testing.T) (*tab, *proxy) {
	t.Helper()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.open("/register")
	b.fillRegister(ada)
	return b, x
}

// stands says that the form is as it was typed, under the alert line.
func (b *tab) stands(alert string) {
	b.t.Helper()
	b.becomes(text("#alert[role=alert] span"), alert)
	b.is(address, "/register")
	b.is(title, "Create your account · Gatehouse")
	b.is(text("#summary"), "(none)")
	b.is(value("name"), ada.Name)
	b.is(value("username"), ada.Username)
	b.is(value("email"), ada.Email)
	b.is(value("password"), ada.Password)
}

func TestBrowserSubmitSurvivesAServerThatIsGone(t *testing.T) {
	t.Parallel()
	b, x := filled(t)
	b.report.expect("net::ERR_")
	x.leave()
	b.submit()
	b.stands(unreached)
	b.inspect("server gone")
	x.fail(0)
	b.write("password", "short")
	b.refuse(b.submit)
	b.is(text("#alert"), "")
	b.write("password", ada.Password)
	b.submit()
	b.arrive("/")
	b.is(text("#alert"), "")
}

func TestBrowserSubmitSurvivesAServerThatFails(t *testing.T) {
	t.Parallel()
	b, x := filled(t)
	b.report.expect("status of 503", "status of 500")
	x.fail(http.StatusServiceUnavailable)
	b.submit()
	b.stands("We're very busy right now. Nothing you typed is lost. Try again in a moment.")
	x.fail(http.StatusInternalServerError)
	b.submit()
	b.stands("Something went wrong on our side. Nothing you typed is lost. Try again in a moment.")
	x.fail(0)
	b.submit()
	b.arrive("/")
}

// keepsPatience has the pages of the tab give up on an answer only when the test
// calls losesPatience.
func (b *tab) keepsPatience() {
	b.t.Helper()
	command(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(`{
		const {setTimeout: set, clearTimeout: clear} = window;
		window.waits = new Map();
		let last = 0;
		window.setTimeout = (act, wait, ...more) => wait === %d ? (waits.set(--last, act), last) : set(act, wait, ...more);
		window.clearTimeout = id => waits.delete(id) || clear(id);
	}`, pagePatience.Milliseconds())})
}

// losesPatience is the moment at which the page gives up on an answer.
func (b *tab) losesPatience() {
	b.t.Helper()
	b.until("waits.size")
	b.script("for (const giveUp of waits.values()) giveUp()")
}

// What the alert line says where no answer came.
const (
	unreached = "We couldn't reach the server. Nothing you typed is lost. Try again."
	late      = "The server hasn't answered yet. Nothing you typed is lost. What you sent may have arrived: try again, and we will say what happened."
)

func TestBrowserSubmitSurvivesAServerThatIsTooSlow(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.keepsPatience()
	b.open("/register")
	b.fillRegister(ada)
	b.write("password", "short")
	posts := x.hold("POST /register")
	b.submit()
	answer := posts.next("password", "short")
	b.is(text("#alert"), "")
	b.losesPatience()
	b.becomes(text("#alert span"), late)
	b.inspect("server too slow")
	b.inspectLarge("server too slow")
	answer.release()
	b.settle()
	b.is(text("#summary"), "(none)")
	b.is(value("password"), "short")
	posts.open()
	b.refuse(b.submit)
	b.is(text("#alert"), "")
}

// The account was made, and its owner does not know. Trying again tells.
func TestBrowserTryingAgainSaysWhatHappened(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, said string
		lose       func(b *tab, x *proxy, a *answer)
	}{
		{"after an answer that came too late", late, func(b *tab, x *proxy, a *answer) {
			b.losesPatience()
			b.until(text("#alert") + ` !== ""`)
			a.lose(0) // or the browser might still take the cookie in it
		}},
		{"after an answer that broke off", unreached, func(b *tab, x *proxy, a *answer) {
			b.report.expect("net::ERR_")
			x.leave() // Chromium may send once more what broke off
			a.lose(0)
		}},
		{"after a proxy that waited no longer", late, func(b *tab, x *proxy, a *answer) {
			b.report.expect("status of 504")
			a.lose(http.StatusGatewayTimeout)
		}},
		{"after a proxy that lost the program", unreached, func(b *tab, x *proxy, a *answer) {
			b.report.expect("status of 502")
			a.lose(http.StatusBadGateway)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, x := serveProxied(t)
			b := openTab(t, p)
			b.keepsPatience()
			b.open("/register")
			b.fillRegister(ada)
			posts := x.hold("POST /register")
			b.submit()
			c.lose(b, x, posts.next("username", "ada"))
			b.stands(c.said)
			x.fail(0)
			posts.open()
			b.refuse(b.submit)
			b.is(text("#summary"), "This username is taken. Was that you just now? Sign in")
			b.is(text("#alert"), "")
			b.follow(func() { b.clickOn("main .lead a[href='/login']") })
			b.write("username", ada.Username)
			b.write("password", ada.Password)
			b.submit()
			b.arrive("/")
		})
	}
}

// What has arrived is shown, however long the person holds the button down.
func TestBrowserAnswerThatArrivedIsNeverTooLate(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.keepsPatience()
	b.open("/register")
	b.fillRegister(ada)
	b.write("password", "short")
	posts := x.hold("POST /register")
	b.press(kb.Enter)
	answer := posts.next("password", "short")
	release := b.pressOn("h1")
	answer.release()
	b.until("!waits.size")
	b.refuse(release)
	b.is(text("#alert"), "")
}

// A plain form stays sent as long as its answer may still come.
func TestBrowserPlainFormWaitsAsLong(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.keepsPatience()
	b.signIn(ada)
	const sent = "String(window.sent)"
	b.script(`window.sent = 0; addEventListener("submit", event => {
		if (!event.defaultPrevented) window.sent++;
		event.preventDefault(); // the answer does not come
	})`)
	for range 3 {
		b.clickOn("form[action='/logout'] button")
	}
	b.is(sent, "1")
	b.losesPatience()
	b.clickOn("form[action='/logout'] button")
	b.is(sent, "2")
}

// A page must not give up on what the server may still do, nor the server on a
// page that still waits.
func TestPagesWaitLongerThanTheServerTakes(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	waits := regexp.MustCompile(`defaultTimeout&#34;:(\d+)`).FindStringSubmatch(p.caller(t).get("/login").body)
	if waits == nil {
		t.Fatal("the page does not say how long it waits")
	}
	if got := waits[1]; got != strconv.FormatInt(pagePatience.Milliseconds(), 10) {
		t.Errorf("a page waits %s ms, want %d", got, pagePatience.Milliseconds())
	}
	if longest := readWait + handlers.AnswerWait; pagePatience <= longest || writeWait <= longest || pagePatience > writeWait {
		t.Errorf("the server takes up to %s, is cut off after %s, and pages wait %s", longest, writeWait, pagePatience)
	}
}

// pagePatience is how long a page waits for an answer.
const pagePatience = 30 * time.Second

func TestBrowserFailedChecksAreSilent(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	for _, c := range []struct {
		sign string
		fail func()
	}{
		{"net::ERR_", x.leave},
		{"status of 503", func() { x.fail(http.StatusServiceUnavailable) }},
	} {
		b.report.expect(c.sign)
		b.open("/register")
		c.fail()
		b.clickOn("#username")
		b.press("ad" + kb.Tab)
		b.waitFor(c.sign, func() bool { return b.report.heard(c.sign) })
		b.settle()
		b.is(text("#alert"), "")
		b.is(message("username"), "")
		b.is(value("username"), "ad")
		x.fail(0)
		b.clickOn("#username")
		b.press(kb.End + "!")
		b.becomes(message("username"), "Only a to z, digits, hyphen, underscore.")
	}
}
