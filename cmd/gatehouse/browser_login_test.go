package main

import (
	"regexp"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"gatehouse/store"
)

func TestBrowserLoginReturnsToThePageAskedFor(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := mode.open(t, p)
			b.openTo("/account", "/login?next=%2Faccount")
			b.is(title, "Sign in · Gatehouse")
			b.write("username", "Ada")
			b.write("password", "not her password")
			b.refuse(b.submit)
			if !b.answered("422 POST /login") {
				t.Errorf("answers: got %q, want a 422", b.report.answers())
			}
			b.is(title, "Error: Sign in · Gatehouse")
			b.is(text("#summary"), "Wrong username or password. Forgot your password?")
			b.is(value("username"), "Ada")
			b.is(value("password"), mode.password("not her password"))
			b.clickOn("#summary a")
			b.becomes(focused, "username")

			b.write("password", "still not her password")
			b.refuse(func() { b.press(kb.Enter) })

			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/account")
			b.is(text("[role=status]"), "Welcome back, Ada Lovelace.")
			b.is(text("h1"), "Your account")
		})
	}
}

func TestBrowserLoginTakesTheReturnPathToRegistration(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.openTo("/account", "/login?next=%2Faccount")
	b.follow(func() { b.clickOn("main a[href^='/register']") })
	b.arrive("/register?next=%2Faccount")
	b.fillRegister(ada)
	b.submit()
	b.arrive("/account")
}

func TestBrowserLoginLasts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                 string
		keep                 bool
		still, over, expires time.Duration
	}{
		{"for an hour without a visit, and until the browser closes", false, store.Idle - time.Minute, store.Idle, 0},
		{"for two weeks without a visit when it is kept", true, store.IdleRemembered - time.Hour, store.IdleRemembered, store.AbsoluteRemembered},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, ada)
			b := openTab(t, p)
			b.open("/login")
			b.write("username", ada.Email)
			b.write("password", ada.Password)
			if c.keep {
				b.clickOn("label[for=remember]")
			}
			b.submit()
			b.arrive("/")

			cookie := b.cookie()
			if cookie == nil {
				t.Fatal("there is no session cookie")
			}
			if !cookie.HTTPOnly || cookie.SameSite != "Lax" {
				t.Errorf("cookie: got HttpOnly %t and SameSite %s, want true and Lax", cookie.HTTPOnly, cookie.SameSite)
			}
			if cookie.Session == c.keep {
				t.Errorf("cookie: got one that ends with the browser %t, want %t", cookie.Session, !c.keep)
			}
			if c.keep {
				left := time.Until(time.Unix(int64(cookie.Expires), 0))
				if left < c.expires-time.Hour || left > c.expires+time.Hour {
					t.Errorf("cookie: got %s left, want %s", left, c.expires)
				}
			}

			p.clock.Move(c.still)
			b.open("/account")
			p.clock.Move(c.over)
			b.openTo("/account", "/login?next=%2Faccount")
		})
	}
}

// Whatever script could read, an injected script could send away.
func TestBrowserKeepsNothingWhereScriptsCanReadIt(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.report.expect("DocumentCookie") // reading it slows a page down, Chromium says
	b.open("/register")
	b.fillRegister(ada)
	b.write("username", "ad")
	b.refuse(b.submit)
	b.nothingKept()
	b.write("username", ada.Username)
	b.submit()
	b.arrive("/")
	b.nothingKept()
	b.open("/account")
	b.nothingKept()
	b.signOut()
	b.nothingKept()
	b.signIn(ada)
	b.nothingKept()
}

var zoneKept = regexp.MustCompile(`^\["zone-[0-9]+=[A-Za-z/_]+"`)

func (b *tab) nothingKept() {
	b.t.Helper()
	kept := ask[string](b, `(async () => JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage},
		await indexedDB.databases(), await caches.keys(), history.state]))()`)
	// The time zone is the browser's own, and no secret.
	kept = zoneKept.ReplaceAllString(kept, `[""`)
	if want := `["",{},{},[],[],null]`; kept != want {
		b.t.Errorf("%s: got %s kept in the browser, want %s", ask[string](b, address), kept, want)
	}
}
