package handlers

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// page is an answer.
type page struct {
	*goquery.Document
	v      *visitor
	path   string
	status int
	header http.Header
	body   string
}

// submit fills the form that was found on the page and sends it where the form
// says. Keys that are no inputs of the form are a mistake of the test.
func (p *page) submit(values map[string]string) *page {
	p.v.t.Helper()
	form := p.Find("form.form[method=post]")
	if form.Length() != 1 {
		p.v.t.Fatalf("%s has %d forms:\n%s", p.path, form.Length(), p.body)
	}
	send := url.Values{}
	values = maps.Clone(values)
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		name := input.AttrOr("name", "")
		if input.AttrOr("type", "") != "checkbox" {
			send.Set(name, input.AttrOr("value", ""))
		}
		if value, ok := values[name]; ok {
			send.Set(name, value)
			delete(values, name)
		}
	})
	if len(values) > 0 {
		p.v.t.Fatalf("%s has no inputs for %v", p.path, values)
	}
	return p.v.postExactly(form.AttrOr("action", ""), send)
}

// goesTo requires that the answer sends the browser to path, and opens it.
func (p *page) goesTo(path string) *page {
	p.v.t.Helper()
	if got := p.destination(); got != path {
		p.v.t.Fatalf("%s answered %d and leads to %q, want %q\n%s", p.path, p.status, got, path, p.body)
	}
	return p.v.get(path)
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
func (p *page) destination() string {
	path := p.leads()
	return strings.TrimRight(strings.TrimSuffix(path, cookieMarker), "?&")
}

// leads is where the answer leads at first.
func (p *page) leads() string {
	switch p.status {
	case http.StatusSeeOther:
		return p.header.Get("Location")
	case http.StatusNoContent:
		return p.header.Get("HX-Redirect")
	}
	return ""
}

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
	return fmt.Sprint(p.status, "\n", headerText(header), strings.ReplaceAll(p.body, `value="`+typed+`"`, `value="TYPED"`))
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

// is requires a status and returns the page.
func (p *page) is(status int) *page {
	p.v.t.Helper()
	if p.status != status {
		p.v.t.Fatalf("%s answered %d, want %d\n%s", p.path, p.status, status, p.body)
	}
	return p
}

// says requires that the page contains the text that a person would read.
func (p *page) says(text string) *page {
	p.v.t.Helper()
	if !strings.Contains(p.Text(), text) {
		p.v.t.Errorf("%s does not say %q:\n%s", p.path, text, p.body)
	}
	return p
}

// hides requires that the answer contains text nowhere, markup included.
func (p *page) hides(texts ...string) *page {
	p.v.t.Helper()
	leads := p.header.Get("Location") + p.header.Get("HX-Redirect")
	if p.body+leads == "" {
		p.v.t.Errorf("%s says nothing that could be looked at", p.path)
	}
	for _, text := range texts {
		if strings.Contains(p.body, text) || strings.Contains(leads, text) {
			p.v.t.Errorf("%s contains %q:\n%s\n%s", p.path, text, leads, p.body)
		}
	}
	return p
}

// message is the sentence at a field.
func (p *page) message(field string) string {
	return strings.TrimSpace(p.Find("#" + field + "-message").Text())
}

// value is what an input shows.
func (p *page) value(field string) string { return p.Find("#"+field).AttrOr("value", "") }
