package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
)

func TestBrowserShowsAndHidesThePassword(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	for _, path := range []string{"/register", "/login"} {
		b.open(path)
		b.write("password", "a secret?")
		b.reveals("Show", "password", "a secret?")
		b.clickOn("[data-reveal]")
		b.reveals("Hide", "text", "a secret?")
		b.clickOn("[data-reveal]")
		b.reveals("Show", "password", "a secret?")
		b.clickOn("[data-reveal]")
		b.refuse(b.submit)
		b.reveals("Show", "password", "a secret?")
		b.refuse(b.submit)
		b.reveals("Show", "password", "a secret?")
		b.clickOn("[data-reveal]")
		b.reveals("Hide", "text", "a secret?")
	}
}

// reveals compares what the button says, to the eye and to assistive
// technology, with what the field does.
func (b *tab) reveals(word, kind, typed string) {
	b.t.Helper()
	b.is("document.getElementById('password').type", kind)
	b.is(value("password"), typed)
	b.is("document.querySelector('[data-reveal]').firstChild.nodeValue", word)
	// The name changes, so a pressed state would say the same thing twice.
	b.is("String(document.querySelector('[data-reveal]').getAttribute('aria-pressed'))", "null")
	var names []string
	for _, node := range command(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes {
		if node.Role != nil && string(node.Role.Value) == `"button"` {
			var name string
			if err := json.Unmarshal(node.Name.Value, &name); err != nil {
				b.t.Fatal(err)
			}
			names = append(names, strings.Join(strings.Fields(name), " "))
		}
	}
	if want := word + " password"; !slices.Contains(names, want) {
		b.t.Errorf("buttons: got %q, want one that is called %q", names, want)
	}
}

// The tokens and shapes that password managers look for.
func TestBrowserFormsSuitPasswordManagers(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	for _, c := range []struct{ path, want string }{
		{"/register", "post /register: name text name, username text username, email email email, password password new-password, submit"},
		{"/login", "post /login: username text username webauthn, password password current-password, remember checkbox on, submit"},
	} {
		b.open(c.path)
		b.is(`[...document.querySelectorAll("main form:not([data-passkey])")].map(form => form.method + " " + new URL(form.action).pathname + ": " +
			[...form.elements].filter(e => e.type !== "button").map(e => e.type === "submit" ? e.type :
				[e.id === e.name && e.labels.length === 1 ? e.name : "?", e.type, e.type === "checkbox" ? e.value : e.autocomplete].join(" ")).join(", ")).join("; ")`, c.want)
		b.is(`[...document.querySelectorAll("main input:not([type=checkbox], [type=hidden])")].filter(e => e.id !== "name" &&
			(e.getAttribute("autocapitalize") !== "none" || e.getAttribute("spellcheck") !== "false" || e.maxLength >= 0 || e.readOnly)).map(e => e.id).join()`, "")
	}
}
