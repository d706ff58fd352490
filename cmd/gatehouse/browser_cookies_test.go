package main

import (
	"testing"

	"github.com/chromedp/cdproto/page"
)

// A browser that blocks cookies is told so before anything is typed in vain.
func TestBrowserThatBlocksCookiesIsToldFirst(t *testing.T) {
	t.Parallel()
	p := serveProgram(t)
	b := openTab(t, p)
	const told = "getComputedStyle(document.querySelector('.no-cookies')).display"
	b.open("/login")
	b.is(told, "none")
	command(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
		Source: "Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false })", // as where they are blocked
	})
	b.open("/login")
	b.becomes(told, "block")
	b.submit() // refused by htmx, the form is drawn again
	b.becomes(told, "block")
}
