package main

import (
	"strconv"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/storetest"
)

// modes are JavaScript on and off. Both see the same pages and sentences.
var modes = []struct {
	name string
	open func(t *testing.T, p *program) *tab
	// password is what a password field holds after a refusal: without
	// JavaScript it would have to travel back, so it is empty.
	password func(typed string) string
}{
	{"with JavaScript", openTab, func(typed string) string { return typed }},
	{"without JavaScript", openPlainTab, func(string) string { return "" }},
}

// The main job, in both modes, each on a database of its own kind: neither knows
// of the other.
func TestBrowserWholePath(t *testing.T) {
	t.Parallel()
	for i, mode := range modes {
		d := storetest.Databases[i%len(storetest.Databases)]
		t.Run(d.Name+" "+mode.name, func(t *testing.T) {
			t.Parallel()
			p := &program{database: d.New(t), clock: storetest.NewClock()}
			p.start(t)
			wholePath(mode.open(t, p))
		})
	}
}

func wholePath(b *tab) {
	reveals := strconv.FormatBool(!b.plain)
	b.open("/")
	b.follow(func() { b.clickOn("header a[href='/register']") })
	b.is("String(document.querySelector('[data-reveal]').checkVisibility())", reveals)
	b.refuse(b.submit)
	b.fillRegister(ada)
	b.submit()
	b.arrive("/")
	b.is(text("[role=status]"), "Welcome, Ada Lovelace. Your account is ready.")
	b.signOut()

	b.openTo("/account", "/login?next=%2Faccount")
	b.is("String(document.querySelector('[data-reveal]').checkVisibility())", reveals)
	b.refuse(b.submit)
	b.write("username", "ada")
	b.write("password", ada.Password)
	b.clickOn("#remember")
	b.submit()
	b.arrive("/account")
	if cookie := b.cookie(); cookie == nil || cookie.Session {
		b.t.Errorf("cookie: got %+v, want one that outlasts the browser", cookie)
	}
	b.signOut()
	b.is(who, nobody)
}

func TestBrowserSaysTheSameWithoutJavaScript(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	p.add(t, grace)
	said := make([]string, len(modes))
	for i, mode := range modes {
		b := mode.open(t, p)
		for _, who := range []store.Registration{
			{},
			{Name: strings.Repeat("n", rules.NameMax+1), Username: "a", Email: "a", Password: "a"},
			{Name: "Grace", Username: "grace", Email: "a@b@c.example", Password: "grace grace grace"},
			{Username: "new", Email: grace.Email, Password: grace.Password},
		} {
			b.open("/register")
			b.fillRegister(who)
			b.refuse(b.submit)
			said[i] += b.sentences()
		}
		for _, who := range []store.Registration{{}, {Username: "grace", Password: "not hers"}} {
			b.open("/login")
			b.write("username", who.Username)
			b.write("password", who.Password)
			b.refuse(b.submit)
			said[i] += b.sentences()
		}
	}
	if said[0] != said[1] {
		t.Errorf("got without JavaScript:\n%s\nwant as with it:\n%s", said[1], said[0])
	}
	if got := strings.Count(said[0], "\n"); got < 20 {
		t.Errorf("got %d lines, want all the sentences", got)
	}
}

// sentences are the title, the summary and what is said at the fields.
func (b *tab) sentences() string {
	b.t.Helper()
	return ask[string](b, `[document.title, ...[...document.querySelectorAll("#summary h2, #summary a, .message")]
		.map(e => (e.id || e.hash || "") + " " + e.textContent.trim())].join("\n") + "\n"`)
}
