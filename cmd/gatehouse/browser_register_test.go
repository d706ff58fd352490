package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/storetest"
)

var (
	ada   = storetest.Ada()
	grace = store.Registration{Name: "Grace Hopper", Username: "grace", Email: "grace@example.com", Password: "seventeen moths in relays"}
)

func TestBrowserRegisterChecksFieldsWhileTyping(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, grace)
	b := openTab(t, p)
	b.open("/register")
	for _, c := range []struct{ name, field, typed, want, class string }{
		{"a name that is too long", "name", strings.Repeat("n", rules.NameMax+1), "at most 100 characters", "field-refused"},
		{"a name", "name", "Ada Lovelace", "", ""},
		{"a username that is too short", "username", "ad", "needs one more character", "field-refused"},
		{"a username of another shape", "username", "ada lovelace", "Only a to z", "field-refused"},
		{"a username that is taken, whatever its case", "username", "Grace", "This username is taken", "field-refused"},
		{"a free username, as it will be kept", "username", "Ada", "This username is free, as ada.", "field-fine"},
		{"half an email address", "email", "ada@", "a whole address", "field-refused"},
		{"an email address", "email", "ada@example.com", "", ""},
		{"a password that is too short", "password", "ada", "needs 9 more characters", "field-refused strength-1"},
		{"a password that everybody knows", "password", "1234567890987654321", "too common", "field-refused strength-2"},
		{"a password made of the email address", "password", "ada@example.com1", "Don't build a password from your name", "field-refused strength-2"},
		{"a long password", "password", "a lantern by the harbour", "strong", "field-fine strength-4"},
	} {
		before := ask[string](b, message(c.field))
		b.clickOn("#" + c.field)
		b.script("window.region = document.getElementById('" + c.field + "-message')")
		b.write(c.field, c.typed)
		if c.want == "" {
			b.until(message(c.field) + ` === "" && ` + quote(before) + ` !== ""`)
		} else {
			b.until(message(c.field) + ".includes(" + quote(c.want) + ")")
		}
		b.is(focused, c.field)
		b.is(value(c.field), c.typed)
		state := ask[struct {
			Announced, Near, Described, Invalid, Shown bool
			Class                                      string
		}](b, `(() => {
			const input = document.activeElement, message = document.getElementById(input.id + "-message"), field = input.closest(".field");
			return {
				announced: message === window.region && message.ariaLive === "polite" && message.checkVisibility(),
				near: field.contains(message) && Math.abs(input.getBoundingClientRect().top - message.getBoundingClientRect().bottom) < 20,
				described: input.getAttribute("aria-describedby").split(" ").includes(message.id),
				invalid: input.ariaInvalid === "true",
				class: [...field.classList].slice(1).join(" "),
			};
		})()`)
		if !state.Announced || !state.Near || !state.Described {
			t.Errorf("%s: got announced %t, next to the field %t, described by %t, want all", c.name, state.Announced, state.Near, state.Described)
		}
		if state.Class != c.class || state.Invalid != strings.HasPrefix(c.class, "field-refused") {
			t.Errorf("%s: got class %q and invalid %t, want %q", c.name, state.Class, state.Invalid, c.class)
		}
	}
	b.submit()
	b.arrive("/")
	b.is(who, "Ada Lovelace")
}

func TestBrowserRegisterNeverScoldsEarly(t *testing.T) {
	t.Parallel()
	p, x := serveProxied(t)
	b := openTab(t, p)
	b.open("/register")
	b.clickOn("#name")
	b.press(kb.Tab + kb.Tab + kb.Tab + kb.Tab)
	b.clickOn("#email")
	b.press("a@example.com" + kb.Tab)
	b.press("short")
	b.until(message("password") + ` !== ""`)
	for _, field := range []string{"name", "username"} {
		b.is(message(field), "")
		if got := x.count("POST /register/check/" + field); got != 0 {
			t.Errorf("checks of the empty %s: got %d, want 0", field, got)
		}
	}
	b.write("password", "")
	b.becomes(message("password"), "")
}

func TestBrowserRegisterGreetsByName(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	b.open("/")
	b.until(title + `.endsWith("Gatehouse")`)
	b.clickOn("header a[href='/register']")
	b.arrive("/register")
	b.is(title, "Create your account · Gatehouse")
	b.fillRegister(ada)
	b.submit()
	b.arrive("/")
	b.until(title + `.endsWith("Gatehouse")`)
	b.is(who, "Ada Lovelace")
	b.is(text("[role=status]"), "Welcome, Ada Lovelace. Your account is ready.")
	b.clickOn("header a[href='/account']")
	b.arrive("/account")
	b.is(title, "Your account · Gatehouse")
	b.is(text("[role=status]"), "(none)")
	b.until(text("main") + `.includes("Ada@example.com")`)
	b.openTo("/register", "/")
}

func TestBrowserRegisterKeepsWhatWasTypedWhenRefused(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t)
			p.add(t, grace)
			b := mode.open(t, p)
			b.open("/register")
			b.write("name", "Ada Lovelace")
			b.write("username", "grace")
			b.write("email", "not an address")
			b.write("password", "short")
			b.refuse(b.submit)
			if !b.answered("422 POST /register") {
				t.Errorf("answers: got %q, want a 422", b.report.answers())
			}
			b.is(title, "Error: Create your account · Gatehouse")
			b.is(text("#summary h2"), "There's a problem")
			for _, field := range []string{"email", "password"} {
				b.is(text("#summary a[href='#"+field+"']"), ask[string](b, message(field)))
				b.clickOn("#summary a[href='#" + field + "']")
				b.becomes(focused, field)
			}
			b.is(value("name"), "Ada Lovelace")
			b.is(value("username"), "grace")
			b.is(value("email"), "not an address")
			b.is(value("password"), mode.password("short"))

			b.write("email", "ada@example.com")
			b.write("password", ada.Password)
			b.refuse(func() { b.press(kb.Enter) })
			b.is(text("#summary"), "This username is taken. Was that you just now? Sign in")
			b.is(title, "Error: Create your account · Gatehouse")
			b.is(value("password"), mode.password(ada.Password))

			b.write("username", "ada")
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/")
			b.until(title + `.endsWith("Gatehouse")`)
			b.is(who, "Ada Lovelace")
		})
	}
}
