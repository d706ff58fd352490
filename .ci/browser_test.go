package ci

import (
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/handlers/mail/mailtest"
)

// browser has cookies and no script. at is the copy that it is led to.
type browser struct {
	t      *testing.T
	base   *url.URL
	at     string
	client *http.Client
}

func newBrowser(t *testing.T, base, at string) *browser {
	t.Helper()
	address, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{t: t, base: address, at: at}
	b.client = &http.Client{
		Jar: jar, Transport: b, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return b
}

// RoundTrip stands for the proxy that speaks https and leads to a copy.
func (b *browser) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host, r.URL.Scheme, r.URL.Host = b.base.Host, "http", b.at
	return http.DefaultTransport.RoundTrip(r)
}

// screen is what a browser shows.
type screen struct {
	*goquery.Document
	b        *browser
	path     string
	status   int
	location string
}

func (b *browser) get(path string) *screen {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

func (b *browser) post(path string, values url.Values) *screen {
	b.t.Helper()
	return b.send(http.MethodPost, path, values)
}

func (b *browser) send(method, path string, values url.Values) *screen {
	b.t.Helper()
	request, err := http.NewRequest(method, b.base.String()+path, strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	request.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	document, err := goquery.NewDocumentFromReader(response.Body)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &screen{document, b, path, response.StatusCode, response.Header.Get("Location")}
}

// opens opens a page and goes where it leads.
func (b *browser) opens(path string) *screen {
	b.t.Helper()
	shown := b.get(path)
	for range 5 {
		if shown.status != http.StatusSeeOther {
			break
		}
		shown = b.get(shown.location)
	}
	return shown
}

// fills sends the form of the page with these values, and follows nothing.
func (s *screen) fills(values ...string) *screen {
	s.b.t.Helper()
	form := s.Find("form.form[method=post]:not([data-passkey])")
	if form.Length() != 1 {
		s.b.t.Fatalf("%s has %d forms:\n%s", s.path, form.Length(), s.Text())
	}
	send := url.Values{}
	form.Find("input").Each(func(_ int, input *goquery.Selection) {
		if input.AttrOr("type", "") != "checkbox" {
			send.Set(input.AttrOr("name", ""), input.AttrOr("value", ""))
		}
	})
	for i := 0; i < len(values); i += 2 {
		send.Set(values[i], values[i+1])
	}
	return s.b.post(form.AttrOr("action", ""), send)
}

// leads requires that the answer leads to path.
func (s *screen) leads(path string) *screen {
	s.b.t.Helper()
	if found, _, _ := strings.Cut(s.location, "?"); found != path {
		s.b.t.Fatalf("%s answered %d and leads to %q, want %q:\n%s", s.path, s.status, s.location, path, s.Text())
	}
	return s
}

// signsIn signs somebody in who has the password of all.
func (b *browser) signsIn(who string, more ...string) *screen {
	b.t.Helper()
	return b.get("/login").fills(append([]string{"username", who, "password", password}, more...)...)
}

// signedIn says whether the account is shown, and whose.
func (b *browser) signedIn(who string) bool {
	b.t.Helper()
	shown := b.get("/account")
	return shown.status == http.StatusOK && strings.Contains(shown.Text(), who)
}

var linkInLetter = regexp.MustCompile(`https?://[a-z0-9.:]+(/(?:email/verify|email/undo|password/reset|invite)/[A-Za-z0-9_-]{43})`)

// link waits for a letter to an address and returns the link in the newest, which leads
// to a page.
func link(t *testing.T, mail *mailtest.Server, to, page string) (link string) {
	t.Helper()
	mail.Wait(t, func(received []mailtest.Message, _ int) bool {
		for _, m := range slices.Backward(received) {
			// The mark at the end is not quoted-printable; the words come before it.
			text, _ := io.ReadAll(quotedprintable.NewReader(strings.NewReader(m.Body)))
			if found := linkInLetter.FindSubmatch(text); m.To[0] == to && found != nil && strings.HasPrefix(string(found[1]), page) {
				link = string(found[1])
				return true
			}
		}
		return false
	})
	return link
}
