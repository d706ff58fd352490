package visitor

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// page has every kind of control that a form may have.
const page = `<html><body><h1>Books</h1>
<form class="form" id="book" method="post" action="/books" hx-post="/books">
	<input type="hidden" name="account" value="A">
	<input id="title" name="title" value="as it was"><p id="title-message"> Too short. </p>
	<textarea id="notes" name="notes">
one
two</textarea>
	<select id="shelf" name="shelf"><option value="">None</option><option value="up" selected>Upstairs</option><option>cellar</option><option disabled>attic</option></select>
	<input type="radio" id="state" name="state" value="new" checked><input type="radio" id="state-2" name="state" value="read">
	<input type="checkbox" id="lent" name="lent" checked><input type="checkbox" id="old" name="old" value="yes">
	<fieldset disabled><input name="nothing" value="1"></fieldset><input name="neither" value="1" disabled>
	<input type="file" name="cover"><button type="button" name="more">More</button><button name="then" value="list">Save</button><button name="then" value="another">Save and add</button>
</form>
<form id="search" action="/books?page=2"><input name="q"></form>
</body></html>`

// serve answers GET with the page, and a form with what was sent and how.
func serve(t *testing.T) *Visitor {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/away" && r.Header.Get("HX-Request") == "":
			http.SetCookie(w, &http.Cookie{Name: "seen", Value: "yes"})
			http.Redirect(w, r, "/books?q=1&cookies=needed", http.StatusSeeOther)
		case r.URL.Path == "/away":
			w.Header().Set("HX-Redirect", "/books?cookies=needed")
			w.WriteHeader(http.StatusNoContent)
		case r.Method == http.MethodGet && r.URL.RawQuery == "":
			io.WriteString(w, page)
		default:
			r.ParseForm()
			_, cookie := r.Cookie("seen")
			fmt.Fprintf(w, "%s %s %q htmx %q at %s, cookie %v", r.Method, r.URL.Path, r.Form.Encode(), r.Header.Get("HX-Request"), r.Host, cookie == nil)
		}
	}))
	t.Cleanup(server.Close)
	return New(t, server.URL, &url.URL{Scheme: "http", Host: "shelf.example"})
}

func TestFormsAreSentAsABrowserSendsThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		htmx   bool
		values map[string]string
		want   string
	}{
		"as it stands": {false, nil, `POST /books "account=A&lent=on&notes=one%0D%0Atwo&shelf=up&state=new&title=as+it+was" htmx "" at shelf.example, cookie false`},
		"by htmx":      {true, map[string]string{"title": ""}, `POST /books "account=A&lent=on&notes=one%0D%0Atwo&shelf=up&state=new&title=" htmx "true" at shelf.example, cookie false`},
		"filled in": {
			false,
			map[string]string{"title": "Emma", "notes": "a\nb\r\nc", "shelf": "cellar", "state": "read", "lent": "", "old": "on", "then": "another"},
			`POST /books "account=A&notes=a%0D%0Ab%0D%0Ac&old=yes&shelf=cellar&state=read&then=another&title=Emma" htmx "" at shelf.example, cookie false`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t)
			v.HTMX = c.htmx
			if got := v.Get("/").Submit(c.values).Is(200).Body; got != c.want {
				t.Errorf("sent\n%s, want\n%s", got, c.want)
			}
		})
	}
}

func TestAFormForLookingIsOpened(t *testing.T) {
	t.Parallel()
	v := serve(t)
	v.HTMX = true
	const want = `GET /books "q=emma" htmx "" at shelf.example, cookie false`
	if got := v.Get("/").SubmitForm("search", map[string]string{"q": "emma"}).Body; got != want {
		t.Errorf("sent\n%s, want\n%s", got, want)
	}
}

func TestFieldsSayWhatTheyShow(t *testing.T) {
	t.Parallel()
	p := serve(t).Get("/")
	for field, want := range map[string]string{"title": "as it was", "notes": "one\ntwo", "shelf": "up", "state": "new", "lent": "on", "old": "", "none": ""} {
		if got := p.Value(field); got != want {
			t.Errorf("%s shows %q, want %q", field, got, want)
		}
	}
	if got := p.Message("title"); got != "Too short." {
		t.Errorf("the message is %q", got)
	}
}

func TestRedirectsAreFollowedOnRequest(t *testing.T) {
	t.Parallel()
	v := serve(t)
	v.Post("/away", nil).GoesTo("/books?q=1").Says("cookie true")
	v.Follows("/away").Says("cookie true").Hides("cookie false")
	v.Another().Get("/books?q=1").Says("cookie false")
	v.Get("/").Submit(nil).Says("cookie true")
	v.Get("/").In(v.Another()).Submit(nil).Says("cookie false")
	v.HTMX = true
	if p := v.Post("/away", nil); p.Leads() != "/books?cookies=needed" || p.Destination() != "/books" {
		t.Errorf("leads to %q and in the end to %q", p.Leads(), p.Destination())
	}
	v.Header.Set("Host", "evil.example")
	v.Get("/books?q=1").Says("at evil.example")
}

// judge keeps what a test would fail with.
type judge struct {
	testing.TB
	said []string
}

func (j *judge) Helper() {}
func (j *judge) Errorf(format string, args ...any) {
	j.said = append(j.said, fmt.Sprintf(format, args...))
}

func (j *judge) Fatalf(format string, args ...any) {
	j.Errorf(format, args...)
	panic(j)
}

func TestWhatIsAskedForIsRequired(t *testing.T) {
	t.Parallel()
	for want, do := range map[string]func(p *Page){
		"answered 200, want 404":                  func(p *Page) { p.Is(404) },
		`does not say "Films"`:                    func(p *Page) { p.Says("Films") },
		`contains "form"`:                         func(p *Page) { p.Hides("form") },
		`leads to "", want "/login"`:              func(p *Page) { p.GoesTo("/login") },
		`"1" into as isbn`:                        func(p *Page) { p.Submit(map[string]string{"isbn": "1"}) },
		`"attic" into as shelf`:                   func(p *Page) { p.Submit(map[string]string{"shelf": "attic"}) },
		`"lost" into as state`:                    func(p *Page) { p.Submit(map[string]string{"state": "lost"}) },
		`"nowhere" into as then`:                  func(p *Page) { p.Submit(map[string]string{"then": "nowhere"}) },
		`"1" into as neither`:                     func(p *Page) { p.Submit(map[string]string{"neither": "1"}) },
		`"2" into as nothing`:                     func(p *Page) { p.Submit(map[string]string{"nothing": "2"}) },
		`/ has 0 of form[id="films"]`:             func(p *Page) { p.SubmitForm("films", nil) },
		"says nothing that could be looked at":    func(p *Page) { p.visitor.Send("HEAD", "/", nil, nil).Hides("x") },
		"/away answered 303, want 200":            func(p *Page) { p.visitor.Get("/away").Is(200) },
		`/away answered 303 and leads to "/books`: func(p *Page) { p.visitor.Get("/away").GoesTo("/login") },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			v := serve(t)
			j := &judge{TB: t}
			v.t = j
			func() {
				defer func() {
					if cause := recover(); cause != nil && cause != any(j) {
						panic(cause)
					}
				}()
				do(v.Get("/"))
			}()
			if len(j.said) != 1 || !strings.Contains(j.said[0], want) {
				t.Errorf("it said %q, want %q in it", j.said, want)
			}
		})
	}
}
