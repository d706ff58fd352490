package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
)

// window sets the size of what the browser shows of a page.
func (b *tab) window(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
	b.until(fmt.Sprintf("innerWidth === %d && innerHeight === %d", width, height))
}

// box is where an element stands on the page.
type box struct{ Left, Top, Right, Bottom, Width, Height float64 }

func (b *tab) box(selector string) box {
	b.t.Helper()
	return ask[box](b, fmt.Sprintf(`(({left, top, right, bottom, width, height}) => (
		{left, top: top + scrollY, right, bottom: bottom + scrollY, width, height}))(document.querySelector(%s).getBoundingClientRect())`, quote(selector)))
}

// Whoever opens a form sees its button, also on a telephone whose browser keeps a part of the screen.
func TestBrowserButtonsOfEntryFormsAreInSight(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	for _, path := range []string{"/register", "/login", "/password/forgot"} {
		for _, size := range [][2]int64{{1366, 657}, {1280, 720}, {390, 844}, {390, 664}} {
			b.window(size[0], size[1])
			b.open(path)
			if got := b.box("main button[type=submit]").Bottom; got > float64(size[1]) {
				t.Errorf("%s at %dx%d: the button ends at %.0f", path, size[0], size[1], got)
			}
		}
	}
}

// The form stands before the gate on a narrow screen, and beside it, on one axis, on a wide one.
func TestBrowserTheGateIsOnEveryScreen(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	for _, size := range [][2]int64{{390, 664}, {390, 844}, {768, 1024}, {844, 390}} {
		b.window(size[0], size[1])
		for _, path := range []string{"/", "/login", "/password/forgot"} {
			b.open(path)
			gate, form := b.box(".scene"), b.box("main > section")
			if gate.Width != float64(size[0]) || gate.Height < 90 || gate.Bottom <= form.Top || gate.Top >= form.Top {
				t.Errorf("%s at %dx%d: the gate is %+v, the form before it %+v", path, size[0], size[1], gate, form)
			}
			if picture := b.box(".picture"); int64(picture.Left+picture.Right+1)/2 != size[0]/2 {
				t.Errorf("%s at %dx%d: the picture is not in the middle: %+v", path, size[0], size[1], picture)
			}
		}
	}
	b.window(1280, 900)
	for _, path := range []string{"/login", "/register", "/password/forgot"} {
		b.open(path)
		gate, form := b.box(".scene"), b.box("main > section")
		if apart := (gate.Top + gate.Bottom - form.Top - form.Bottom) / 2; apart < -1 || apart > 1 || gate.Right > form.Left {
			t.Errorf("%s: the gate is %+v, the form beside it %+v", path, gate, form)
		}
	}
}

// A second way to sign in or to register, above a form that is one, would lose what was typed.
func TestBrowserEntryFormsHaveNoSecondWay(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, ada)
	b := openTab(t, p)
	b.window(390, 844)
	for _, path := range []string{"/register", "/login", "/password/forgot"} {
		b.open(path)
		b.is(`String(document.querySelectorAll("header a[href^='/login'], header a[href^='/register']").length)`, "0")
		b.until(`document.querySelector(".brand span").getBoundingClientRect().width > 60`) // the name has its room
	}
	b.open("/")
	b.follow(func() { b.clickOn("header a[href='/login']") })
	b.arrive("/login")
	b.signIn(ada)
	b.is(who, "Ada Lovelace")
}
