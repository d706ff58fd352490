package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/css"
	"github.com/chromedp/cdproto/dom"
)

// The serif of headings is asked for in the one weight that every system has of it. Where Palatino is
// installed under its free name, the headings are drawn with it.
func TestBrowserHeadingsAreDrawnInTheirOwnType(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveProgram(t))
	found, _ := exec.CommandContext(t.Context(), "fc-list", "P052").Output() // a system without fc-list has it under another name
	installed := strings.Contains(string(found), "P052")
	for _, path := range []string{"/", "/login"} {
		b.open(path)
		for _, selector := range []string{"h1", ".brand span", ".scene-line"} {
			b.is("getComputedStyle(document.querySelector("+quote(selector)+")).fontWeight", "400")
			if font := b.fontOf(selector); installed && font != "P052" {
				t.Errorf("%s: %s is drawn in %q, want P052", path, selector, font)
			}
		}
	}
}

// fontOf is the family that the browser took for the text of an element.
func (b *tab) fontOf(selector string) string {
	b.t.Helper()
	b.report.expect("net::ERR_CACHE_MISS") // to tell of fonts, Chromium looks for the style sheet where it is not
	command(b, dom.Enable, dom.EnableParams{})
	command(b, css.Enable, cdp.Empty{})
	root := command(b, dom.GetDocument, dom.GetDocumentParams{}).Root.NodeID
	node := command(b, dom.QuerySelector, dom.QuerySelectorParams{NodeID: root, Selector: selector}).NodeID
	fonts := command(b, css.GetPlatformFontsForNode, css.GetPlatformFontsForNodeParams{NodeID: node}).Fonts
	if len(fonts) != 1 {
		b.t.Fatalf("%s is drawn in %d fonts, want one", selector, len(fonts))
	}
	return fonts[0].FamilyName
}
