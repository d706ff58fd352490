// Package visitor is a browser as far as HTTP goes, for tests: it has cookies, finds the
// forms of a page and sends them, as they are or as htmx sends them.
package visitor

import (
	"bytes"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Visitor is one browser. What it cannot do fails the test.
type Visitor struct {
	// HTMX says that forms are sent by htmx. Pages are opened as a browser opens them.
	HTMX bool
	// Header goes along with every request.
	Header http.Header
	// Client holds the cookies. It follows no redirect.
	Client *http.Client

	t testing.TB
	// listens is where the site listens, base the address that people see.
	listens string
	base    *url.URL
}

// New is a browser without cookies, for a site that listens at one address, such as
// http://127.0.0.1:40001, and that people see under another.
func New(t testing.TB, listens string, base *url.URL) *Visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t: t, listens: listens, base: base, Header: http.Header{}, Client: &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		// Compressing is for the tests that ask for it.
		Transport: &http.Transport{DisableCompression: true},
	}}
}

// Another is a further browser of the same kind, without cookies.
func (v *Visitor) Another() *Visitor {
	other := New(v.t, v.listens, v.base)
	other.HTMX = v.HTMX
	return other
}

// Get opens a page, as a browser navigates: never as htmx.
func (v *Visitor) Get(path string) *Page {
	v.t.Helper()
	return v.Send(http.MethodGet, path, nil, http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

// Follows opens a link and the page that it leads to.
func (v *Visitor) Follows(link string) *Page {
	v.t.Helper()
	return v.Get(v.Get(link).Is(http.StatusSeeOther).Leads())
}

// Post sends these values and nothing else. Page.Submit sends what stands in a form.
func (v *Visitor) Post(path string, values url.Values) *Page {
	v.t.Helper()
	return v.post(path, values, v.HTMX)
}

func (v *Visitor) post(path string, values url.Values, htmx bool) *Page {
	v.t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Sec-Fetch-Site": {"same-origin"}}
	if htmx {
		header.Set("HX-Request", "true")
		header.Set("HX-Request-Type", "partial")
	}
	return v.Send(http.MethodPost, path, strings.NewReader(values.Encode()), header)
}

// Send sends any request. header is its own, and Header goes along.
func (v *Visitor) Send(method, path string, body io.Reader, header http.Header) *Page {
	v.t.Helper()
	request, err := http.NewRequest(method, v.listens+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	for name, values := range v.Header {
		request.Header[name] = values
	}
	request.Host = v.base.Host
	if host := request.Header.Get("Host"); host != "" {
		request.Host = host
	}
	response, err := v.Client.Do(request)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(text))
	if err != nil {
		v.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &Page{document, path, response.StatusCode, response.Header, string(text), v}
}
