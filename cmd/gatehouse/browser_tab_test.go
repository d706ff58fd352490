package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"gatehouse/store"
)

// tab is a browser tab and the person in front of it. Whatever it cannot do
// fails the test.
type tab struct {
	t       *testing.T
	ctx     context.Context
	program *program
	plain   bool
	report  *report
}

// Ways to look at a page.
const (
	wide   = 1280
	narrow = 320
	phone  = 375
	light  = "light"
	dark   = "dark"
)

// view sets the width of the window and the colours the person prefers.
func (b *tab) view(width int64, colours string) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 860))
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: colours}},
	})
}

// do takes actions that return nothing.
func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("in the browser: %v", err)
	}
}

// command gives the tab a command of the DevTools protocol.
func command[P, R any](b *tab, c cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Call(ctx, c, params)
	if err != nil {
		b.t.Fatalf("%s: %v", c.Method, err)
	}
	return result
}

// ask evaluates a JavaScript expression, which works with JavaScript off too.
func ask[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := try[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func try[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// script runs JavaScript statements.
func (b *tab) script(statements string) {
	b.t.Helper()
	ask[int](b, "{"+statements+"}; 0")
}

// is compares what an expression says with what it should say now.
func (b *tab) is(expression, want string) {
	b.t.Helper()
	if got := ask[string](b, expression); got != want {
		b.t.Errorf("%s: got %q, want %q", expression, got, want)
	}
}

// becomes waits until an expression says what it should.
func (b *tab) becomes(expression, want string) {
	b.t.Helper()
	b.until(fmt.Sprintf("(%s) === %s", expression, quote(want)))
}

// until waits for a condition of the page, through navigations.
func (b *tab) until(condition string) {
	b.t.Helper()
	b.waitFor(condition, func() bool {
		holds, err := try[bool](b, "Boolean("+condition+")")
		return err == nil && holds
	})
}

// waitFor waits for any condition.
func (b *tab) waitFor(what string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if b.ctx.Err() != nil || time.Now().After(deadline) {
			b.t.Fatalf("it never came to this: %s", what)
		}
	}
}

// open navigates to a path of the program.
func (b *tab) open(path string) {
	b.t.Helper()
	b.openTo(path, path)
}

// openTo navigates to a path that leads to another.
func (b *tab) openTo(path, end string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.program.url + path))
	b.arrive(end)
}

// arrive waits for the page at path, complete.
func (b *tab) arrive(path string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`location.href === %s && document.readyState === "complete"`, quote(b.program.url+path)))
}

// follow does something that leads to a new page, be it at the same address,
// and waits for that.
func (b *tab) follow(act func()) {
	b.t.Helper()
	b.script("window.leaving = true")
	act()
	b.until(`!window.leaving && document.readyState === "complete"`)
}

// settle lets the page deal with whatever has reached it, and the browser
// report on that.
func (b *tab) settle() {
	if b.plain {
		try[int](b, "0") //nolint:errcheck // the tab may be gone
		return
	}
	try[int](b, "new Promise(done => setTimeout(() => requestAnimationFrame(() => done(0))))") //nolint:errcheck // the same
}

// Expressions for is and becomes.

func text(selector string) string {
	return fmt.Sprintf(`(document.querySelector(%s)?.textContent ?? "(none)").replace(/\s+/g, " ").trim()`, quote(selector))
}

func value(id string) string { return fmt.Sprintf(`document.getElementById(%s).value`, quote(id)) }

func message(field string) string { return text("#" + field + "-message") }

// who is the name of whoever is signed in, as the link to their account has it, or nobody.
var who = text("header a[href='/account']")

const (
	nobody  = "(none)"
	title   = "document.title"
	focused = "document.activeElement.id"
	address = "location.pathname + location.search"
)

func quote(value string) string {
	quoted, _ := json.Marshal(value)
	return string(quoted)
}

// clickOn clicks in the middle of an element.
func (b *tab) clickOn(selector string) {
	b.t.Helper()
	b.pressOn(selector)()
}

// pressOn puts the mouse button down in the middle of an element, which must be
// in sight and not covered, and returns what lets it up again. A person aims
// again when the page moves under the pointer, and so does this.
func (b *tab) pressOn(selector string) (release func()) {
	b.t.Helper()
	element := fmt.Sprintf("document.querySelector(%s)", quote(selector))
	b.until(element)
	for range 10 {
		at := b.aim(element)
		b.mouse(input.DispatchMouseEventTypeMousePressed, at)
		release = func() { b.mouse(input.DispatchMouseEventTypeMouseReleased, at) }
		if ask[bool](b, "window.hit !== false") {
			return release
		}
		release()
	}
	b.t.Fatalf("%s does not keep still", selector)
	return release
}

func (b *tab) mouse(event input.DispatchMouseEventType, at point) {
	b.t.Helper()
	b.do(chromedp.MouseEvent(event, at.X, at.Y, chromedp.ButtonLeft, chromedp.ClickCount(1)))
}

type point struct{ X, Y float64 }

// aim brings an element into view, says where its middle is, and has the page
// note whether the next press hits it.
func (b *tab) aim(element string) point {
	b.t.Helper()
	at := ask[struct {
		point
		Covered string
	}](b, fmt.Sprintf(`(() => {
		const element = %s;
		element.scrollIntoView({block: "center", behavior: "instant"});
		const box = element.getClientRects()[0], x = box.x + box.width / 2, y = box.y + box.height / 2;
		delete window.hit;
		addEventListener("mousedown", ({target}) => window.hit = element.contains(target), {capture: true, once: true});
		const top = document.elementFromPoint(x, y);
		return {x, y, covered: element.contains(top) ? "" : String(top?.outerHTML)};
	})()`, element))
	if at.Covered != "" {
		b.t.Fatalf("%s cannot be clicked, because of %.200s", element, at.Covered)
	}
	return at.point
}

// press types keys, one by one, wherever the focus is.
func (b *tab) press(keys string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, rawKey))
}

// rawKey makes the events those of a keyboard. With the others a key that was
// used up, like Enter on a link, would reach whatever has the focus then.
func rawKey(p *input.DispatchKeyEventParams) {
	if p.Type == kb.KeyDown {
		p.Type = kb.KeyRawDown
	}
}

// write replaces what is in a field, all at once, as a password manager does.
func (b *tab) write(field, value string) {
	b.t.Helper()
	b.clickOn("#" + field)
	b.script("document.activeElement.select()")
	if value == "" {
		b.press(kb.Delete)
		return
	}
	command(b, input.InsertText, input.InsertTextParams{Text: value})
}

// submit clicks on the button of the page's form.
func (b *tab) submit() {
	b.t.Helper()
	b.clickOn("main button[type=submit]")
}

// refuse submits a form and waits for it to come back refused: it says so in
// the title and above the form, where the focus goes.
func (b *tab) refuse(act func()) {
	b.t.Helper()
	if b.plain {
		b.follow(act)
	} else {
		b.script(`window.refused ??= addEventListener("htmx:after:swap", ({target}) => window.refused ||= target.matches("form")) ?? false; window.refused = false`)
		act()
		b.until("window.refused")
	}
	b.until(`document.title.startsWith("Error: ")`)
	b.becomes(focused, "summary")
}

// fillRegister types what the registration page asks for.
func (b *tab) fillRegister(who store.Registration) {
	b.t.Helper()
	b.write("name", who.Name)
	b.write("username", who.Username)
	b.write("email", who.Email)
	b.write("password", who.Password)
}

// signIn signs a person in who has an account, and waits for the front page.
func (b *tab) signIn(who store.Registration) {
	b.t.Helper()
	b.open("/login")
	b.write("username", who.Username)
	b.write("password", who.Password)
	b.submit()
	b.arrive("/")
}

// signOut uses the button at the top of every page.
func (b *tab) signOut() {
	b.t.Helper()
	b.follow(func() { b.clickOn("form[action='/logout'] button") })
	b.arrive("/?signed-out")
}

// answered says whether there was such an answer, like "422 POST /register".
func (b *tab) answered(want string) bool {
	status, rest, _ := strings.Cut(want, " ")
	method, path, _ := strings.Cut(rest, " ")
	return slices.Contains(b.report.answers(), status+" "+method+" "+b.program.url+path)
}

// cookie returns the session cookie, or nil.
func (b *tab) cookie() *network.Cookie {
	b.t.Helper()
	for _, c := range command(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		if strings.HasPrefix(c.Name, "sid-") {
			return c
		}
	}
	return nil
}

// seen is what a person sees, for messages.
func (b *tab) seen() string {
	page, err := try[string](b, `location.href + "\n" + document.title + "\nfocus: " + document.activeElement?.outerHTML.slice(0, 200) + "\n" + document.body.innerText`)
	if err != nil {
		return err.Error()
	}
	return page
}
