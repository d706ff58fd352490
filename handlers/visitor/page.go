package visitor

import (
	"net/http"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Page is an answer. Find looks for elements of it, as in CSS.
type Page struct {
	*goquery.Document
	// Path is what was asked for.
	Path   string
	Status int
	Header http.Header
	Body   string

	visitor *Visitor
}

// In is the same page in front of another browser.
func (p *Page) In(v *Visitor) *Page {
	other := *p
	other.visitor = v
	return &other
}

// Is requires a status and returns the page.
func (p *Page) Is(status int) *Page {
	p.visitor.t.Helper()
	if p.Status != status {
		p.visitor.t.Fatalf("%s answered %d, want %d\n%s", p.Path, p.Status, status, p.Body)
	}
	return p
}

// Says requires that the page contains the text that a person would read.
func (p *Page) Says(text string) *Page {
	p.visitor.t.Helper()
	if !strings.Contains(p.Text(), text) {
		p.visitor.t.Errorf("%s does not say %q:\n%s", p.Path, text, p.Body)
	}
	return p
}

// Hides requires that the answer contains the texts nowhere, markup included.
func (p *Page) Hides(texts ...string) *Page {
	p.visitor.t.Helper()
	leads := p.Leads()
	if p.Body+leads == "" {
		p.visitor.t.Errorf("%s says nothing that could be looked at", p.Path)
	}
	for _, text := range texts {
		if strings.Contains(p.Body, text) || strings.Contains(leads, text) {
			p.visitor.t.Errorf("%s contains %q:\n%s\n%s", p.Path, text, leads, p.Body)
		}
	}
	return p
}

// GoesTo requires that the answer sends the browser to path, and opens it.
func (p *Page) GoesTo(path string) *Page {
	p.visitor.t.Helper()
	if got := p.Destination(); got != path {
		p.visitor.t.Fatalf("%s answered %d and leads to %q, want %q\n%s", p.Path, p.Status, got, path, p.Body)
	}
	return p.visitor.Get(path)
}

// Leads is where the answer sends the browser, or empty.
func (p *Page) Leads() string {
	switch p.Status {
	case http.StatusSeeOther:
		return p.Header.Get("Location")
	case http.StatusNoContent:
		return p.Header.Get("HX-Redirect")
	}
	return ""
}

// cookieMarker is added by the site to the address after the first form of a browser, and
// taken away there once cookies came along.
const cookieMarker = "cookies=needed"

// Destination is where the answer leads in the end, or empty.
func (p *Page) Destination() string {
	return strings.TrimRight(strings.TrimSuffix(p.Leads(), cookieMarker), "?&")
}

// Message is the sentence at a field of a form.
func (p *Page) Message(field string) string {
	return strings.TrimSpace(p.Find(`[id="` + field + `-message"]`).Text())
}
