package main

import (
	"testing"

	"github.com/chromedp/chromedp/kb"
)

const space = " "

func TestBrowserWholePathByKeyboard(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.open("/")
	b.press(kb.Tab)
	b.focusVisible()
	b.is("document.activeElement.className", "skip")
	b.press(kb.Enter)
	b.becomes(focused, "main")
	b.press(kb.Tab)
	b.until(`document.activeElement.closest("main")`)
	b.tabTo("main a[href='/register']")
	b.follow(func() { b.press(kb.Enter) })
	b.arrive("/register")

	b.tabTo("main button[type=submit]")
	b.refuse(func() { b.press(space) })
	b.focusVisible()
	b.tabTo("#summary a[href='#username']")
	b.press(kb.Enter)
	b.becomes(focused, "username")
	b.focusVisible()
	b.press(ada.Username + kb.Tab)
	b.is(focused, "email")
	b.press(ada.Email + kb.Tab)
	b.is(focused, "password")
	b.press(ada.Password)
	b.tabTo("[data-reveal]")
	b.press(space)
	b.is("document.getElementById('password').type", "text")
	b.tabTo("main button[type=submit]")
	b.press(kb.Enter)
	b.arrive("/")
	b.is(who, "ada")

	b.tabTo("form[action='/logout'] button")
	b.follow(func() { b.press(space) })
	b.arrive("/?signed-out")
	b.tabTo("header a[href='/login']")
	b.follow(func() { b.press(kb.Enter) })
	b.arrive("/login")
	b.becomes(focused, "username")
	b.press(ada.Username + kb.Tab + ada.Password)
	b.tabTo("#remember")
	b.press(space)
	b.is("String(document.activeElement.checked)", "true")
	b.press(kb.Enter)
	b.arrive("/")
	if cookie := b.cookie(); cookie == nil || cookie.Session {
		t.Errorf("cookie: got %+v, want one that outlasts the browser", cookie)
	}
}

// tabTo presses Tab until an element has the focus, and looks at every stop on
// the way.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 40 { // once around the longest page
		b.press(kb.Tab)
		b.focusVisible()
		if ask[bool](b, "document.activeElement.matches("+quote(selector)+")") {
			return
		}
	}
	b.t.Fatalf("Tab does not lead to %s", selector)
}

// focusVisible says whether one sees where the focus is: a ring, in the window,
// with nothing over it.
func (b *tab) focusVisible() {
	b.t.Helper()
	if got := ask[string](b, `(() => {
		const e = document.activeElement, style = getComputedStyle(e), box = e.getClientRects()[0];
		const name = e.outerHTML.slice(0, 120);
		if (e === document.body) return "";
		if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) return name + " has no ring";
		if (!box || box.top < 0 || box.left < 0 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1) return name + " is out of sight";
		const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
		return e.contains(top) ? "" : name + " is behind " + top?.outerHTML.slice(0, 120);
	})()`); got != "" {
		b.t.Errorf("focus: %s", got)
	}
}
