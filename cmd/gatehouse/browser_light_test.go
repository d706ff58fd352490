package main

import (
	"fmt"
	"maps"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/assets"
)

// Nothing moves by itself: not while a page comes up, and not when a sentence
// about a field arrives long after its last letter.
func TestBrowserPagesKeepStill(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	type typed struct{ field, text, want string }
	spaces := []typed{{"username", " ", "Enter your username or email address."}}
	half := []typed{
		{"username", "ada", "This username is free."},
		{"email", "ada@", "That isn't a whole address yet."},
		{"password", "short", "The password needs 7 more characters."},
	}
	b.open("/")
	for _, page := range []struct {
		width int64
		path  string
		typed []typed
	}{
		{wide, "/", nil},
		{wide, "/login", spaces},
		{wide, "/register", half},
		{phone, "/", nil},
		{phone, "/login", nil},
		{phone, "/register", half},
		{narrow, "/register", half},
	} {
		b.do(chromedp.EmulateViewport(page.width, 1200)) // a page that scrolls would hide what moves
		b.until(fmt.Sprintf("innerWidth === %d && innerHeight === 1200", page.width))
		b.open(page.path)
		b.watchShifts()
		for _, c := range page.typed {
			b.write(c.field, c.text) // at once: on a slow machine halves of it would be checked
			b.becomes(message(c.field), c.want)
		}
		b.keepsStill()
	}
}

// watchShifts writes down when what has moved on the page since it came up.
func (b *tab) watchShifts() {
	b.t.Helper()
	b.script(`window.moved = []; new PerformanceObserver(list => {
		for (const {startTime, sources} of list.getEntries()) {
			moved.push({at: startTime, what: sources.map(({node, previousRect, currentRect}) =>
				JSON.stringify([previousRect, currentRect]) + node?.outerHTML?.slice(0, 100)).join(" ")});
		}
	}).observe({type: "layout-shift", buffered: true})`)
}

// keepsStill requires that nothing has moved. The browser tells of shifts in
// their order, when it likes: once it tells of one that is made here, it has
// told of all before.
func (b *tab) keepsStill() {
	b.t.Helper()
	b.settle()
	b.script(`const p = document.createElement("p"); p.textContent = "push"; window.pushed = performance.now(); document.body.prepend(p)`)
	b.until("moved.some(({at}) => at > pushed)")
	for _, moved := range ask[[]string](b, "moved.filter(({at}) => at < pushed).map(({what}) => what)") {
		b.t.Errorf("%s moved: %s", ask[string](b, address), moved)
	}
}

func TestBrowserFetchesAFileOnce(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.open("/login")
	want := map[string]int{"GET /login": 1, "POST /login/passkey/options": 1}
	for _, name := range []string{"site.css", "site.js", "icon.svg"} {
		want["GET "+assets.Path(name)] = 1
	}
	for request := range want { // some come when the page is there
		b.waitFor(request, func() bool { return x.count(request) > 0 })
	}
	if got := x.all(); !maps.Equal(got, want) {
		t.Errorf("first visit: got %v, want %v", got, want)
	}
	want["GET /register"]++
	b.follow(func() { b.clickOn("main a[href='/register']") })
	if got := x.all(); !maps.Equal(got, want) {
		t.Errorf("with the next visit: got %v, want %v", got, want)
	}
}
