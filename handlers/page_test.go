package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"

	browser "gatehouse/handlers/visitor"
)

// page is an answer.
type page struct {
	*goquery.Document
	v      *visitor
	answer *browser.Page
	path   string
	status int
	header http.Header
	body   string
}

func (v *visitor) page(p *browser.Page) *page {
	return &page{p.Document, v, p, p.Path, p.Status, p.Header, p.Body}
}

// submit fills the form of the page and sends it.
func (p *page) submit(values map[string]string) *page {
	p.v.t.Helper()
	return p.v.page(p.answer.In(p.v.with()).Submit(values))
}

// submitForm is submit for the form with that id.
func (p *page) submitForm(id string, values map[string]string) *page {
	p.v.t.Helper()
	return p.v.page(p.answer.In(p.v.with()).SubmitForm(id, values))
}

// values are what the form of the page sends as it stands.
func (p *page) values() url.Values {
	p.v.t.Helper()
	return p.answer.Values(p.Find("form.form:not([data-passkey=get])"))
}

// follow opens the page that the link with that text leads to.
func (p *page) follow(text string) *page {
	p.v.t.Helper()
	for _, link := range p.Find("a").EachIter() {
		if strings.TrimSpace(link.Text()) == text {
			return p.v.get(link.AttrOr("href", ""))
		}
	}
	p.v.t.Fatalf("%s has no link %q:\n%s", p.path, text, p.body)
	return nil
}

// goesTo requires that the answer sends the browser to path, and opens it.
func (p *page) goesTo(path string) *page {
	p.v.t.Helper()
	return p.v.page(p.answer.In(p.v.with()).GoesTo(path))
}

// cookie is one that the answer sets, or nil.
func (p *page) cookie(name string) *http.Cookie {
	for _, c := range (&http.Response{Header: p.header}).Cookies() {
		if c.Name == name || c.Name == p.v.h.cookieName(name) {
			return c
		}
	}
	return nil
}

// destination is where the answer leads in the end, or empty.
func (p *page) destination() string { return p.answer.Destination() }

// leads is where the answer leads at first.
func (p *page) leads() string { return p.answer.Leads() }

// arrives opens the page that the answer leads to, which must be path. An
// answer to htmx may be that page already.
func (p *page) arrives(path string) *page {
	p.v.t.Helper()
	if p.v.htmx && p.status == http.StatusOK {
		return p
	}
	return p.goesTo(path)
}

// masked is the whole answer but for what differs every time, and but for what
// was typed.
func (p *page) masked(typed string) string {
	header := p.header.Clone()
	for _, name := range []string{"X-Request-Id", "Date", "Content-Length", "Server-Timing"} {
		header.Del(name)
	}
	head := headerText(header)
	if typed != "" {
		head = strings.ReplaceAll(head, encodeUsername(typed), "TYPED")
	}
	return fmt.Sprint(p.status, "\n", head, strings.ReplaceAll(p.body, `value="`+typed+`"`, `value="TYPED"`))
}

// signedInAs requires that whoever got the page is signed in under a username, or not at all
// if it is empty.
func (p *page) signedInAs(username string) *page {
	p.v.t.Helper()
	if got := p.v.signedIn(); got != username {
		p.v.t.Errorf("%s: signed in as %q, want %q", p.path, got, username)
	}
	return p
}

// turnedAway requires that whoever asked is led to sign in. An inline check
// leads nobody away from what they type.
func (p *page) turnedAway() *page {
	p.v.t.Helper()
	got := p.destination()
	check := p.v.htmx && strings.Contains(p.path, "/check/")
	if check && (p.status != http.StatusNoContent || got != "") || !check && !strings.HasPrefix(got, "/login") {
		p.v.t.Errorf("%s answered %d and leads to %q", p.path, p.status, got)
	}
	return p
}

func (p *page) is(status int) *page         { p.v.t.Helper(); p.answer.Is(status); return p }
func (p *page) says(text string) *page      { p.v.t.Helper(); p.answer.Says(text); return p }
func (p *page) hides(texts ...string) *page { p.v.t.Helper(); p.answer.Hides(texts...); return p }
func (p *page) message(field string) string { return p.answer.Message(field) }
func (p *page) value(field string) string   { return p.answer.Value(field) }
