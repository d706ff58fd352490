package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// inspect looks at the page as it is, wide and narrow, by day and by night: no
// rule of axe is violated, and nothing reaches over the edge.
func (b *tab) inspect(name string) {
	b.t.Helper()
	// The night differs in its colours alone, and these do not depend on the width.
	b.inspectAs(name, look{wide, light, "{}"}, look{narrow, light, "{}"}, look{wide, dark, `{runOnly: ["color-contrast"]}`})
}

// inspectLarge looks at the page on telephones of people who have all text at
// twice its size: nothing reaches over the edge, and nothing is cut off.
func (b *tab) inspectLarge(name string) {
	b.t.Helper()
	for _, width := range largeWidths {
		b.viewLarge(width)
		b.fitsLarge(name, width)
	}
	b.view(wide, light)
	b.textSize(normalText)
}

// largeWidths are those of telephones.
var largeWidths = []int64{412, narrow}

// viewLarge makes the tab a telephone with text at twice its size.
func (b *tab) viewLarge(width int64) {
	b.t.Helper()
	b.view(width, light)
	b.textSize(2 * normalText) // after the width, with which the browser forgets it
}

// fitsLarge requires that the page fits such a telephone.
func (b *tab) fitsLarge(name string, width int64) {
	b.t.Helper()
	b.is(`getComputedStyle(document.documentElement).fontSize`, strconv.Itoa(2*normalText)+"px")
	for what, expression := range map[string]string{"over the edge": overTheEdge, "cut off": cutOff} {
		if found := ask[string](b, expression); found != "" {
			b.t.Errorf("%s %d with large text: %s: %s", name, width, what, found)
		}
	}
}

// normalText is the size of text that browsers begin with, in pixels.
const normalText = 16

// textSize sets the size of text, as people do in the settings of their browser.
func (b *tab) textSize(pixels int64) {
	b.t.Helper()
	command(b, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: pixels}})
	b.until(fmt.Sprintf(`getComputedStyle(document.documentElement).fontSize === "%dpx"`, pixels))
}

// look is a way to look at a page, and what axe is to look for.
type look struct {
	width          int64
	colours, rules string
}

func (b *tab) inspectAs(name string, looks ...look) {
	b.t.Helper()
	source, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	if ask[bool](b, "!window.axe") {
		b.do(chromedp.Evaluate[chromedp.Void](source))
	}
	for _, l := range looks {
		b.view(l.width, l.colours)
		which := fmt.Sprintf("%s %d %s", name, l.width, l.colours)
		b.shoot(which)
		for _, violation := range ask[[]string](b, violations(l.rules)) {
			b.t.Errorf("%s: %s", which, violation)
		}
		if over := ask[string](b, overTheEdge); over != "" {
			b.t.Errorf("%s: over the edge: %s", which, over)
		}
	}
	b.view(wide, light)
}

// inspectLetter looks at a letter as a mail program shows it, which has the
// landmarks around it.
func (b *tab) inspectLetter(to, subject string) {
	b.t.Helper()
	letters := b.program.mailbox(b.t) // the newest first, and numbered from the oldest
	n := slices.IndexFunc(letters, func(l letter) bool { return l.To == to && l.Subject == subject })
	b.open("/dev/mailbox/" + strconv.Itoa(len(letters)-1-n))
	b.is(title, subject)
	const rules = `{rules: {region: {enabled: false}, "landmark-one-main": {enabled: false}}}`
	b.inspectAs("letter "+subject, look{wide, light, rules}, look{phone, light, rules})
}

var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../../assets/node_modules/axe-core/axe.min.js")
	return string(source), err
})

// violations is an expression for what axe finds by these rules.
func violations(rules string) string {
	return `axe.run(document, {resultTypes: ["violations"], ...` + rules + `}).then(result => result.violations.flatMap(rule =>
		rule.nodes.map(node => rule.id + ": " + node.failureSummary.replace(/\s+/g, " ") + ": " + node.html.slice(0, 200))))`
}

// overTheEdge is an expression for what cannot be seen without scrolling
// sideways.
const overTheEdge = `(() => {
	const edge = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > edge) return "the page scrolls " + document.documentElement.scrollWidth;
	const hidden = e => e.closest(".skip, .visually-hidden, svg") || !e.checkVisibility();
	return [...document.body.querySelectorAll("*")].filter(e => !hidden(e))
		.filter(e => { const box = e.getBoundingClientRect(); return box.width && (box.left < -.5 || box.right > edge + .5); })
		.map(e => e.outerHTML.slice(0, 120)).join("\n");
})()`

// cutOff is an expression for what does not fit where it stands. Only a name at the
// top of a page may, once it takes more than two lines, and what is typed, which scrolls.
const cutOff = `[...document.body.querySelectorAll("*")]
	.filter(e => !e.closest(".skip, .visually-hidden, svg, input, textarea") && e.checkVisibility() && getComputedStyle(e).display !== "inline")
	.filter(e => e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== "visible")
	.filter(e => !e.matches(".scene")) // a band of it is all there is room for
	.filter(e => !e.matches(".top-links span") || e.textContent.length < 40)
	.map(e => e.clientWidth + "x" + e.clientHeight + " of " + e.scrollWidth + "x" + e.scrollHeight + ": " + e.outerHTML.slice(0, 120)).join("\n")`

// shoot saves a picture of the whole page in the folder that GATEHOUSE_SHOTS
// names, if it names one.
func (b *tab) shoot(look string) {
	b.t.Helper()
	folder := os.Getenv("GATEHOUSE_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(look, " ", "-")+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Fatalf("shoot %s: %v", look, err)
	}
}
