package handlers

import (
	"compress/gzip"
	"crypto/sha256"
	"io"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// What a page may take when it is first loaded and after that, in bytes of whole
// answers, and in requests.
const (
	firstBytes, firstRequests = 30 << 10, 5
	// The administration has a style sheet of its own, of at most 2 KiB.
	adminBytes, adminRequests = firstBytes + 2<<10, firstRequests + 1
	// Its lists have fifty rows below all kinds of events to choose from.
	adminListBytes = 6 << 10
	nextBytes      = 4 << 10
	// A full list may be larger.
	listBytes   = 5 << 10
	signInBytes = 28 << 10 // the page that most people see first
)

var lists = []string{"/account/signins", "/account/activity", "/dev/mailbox"}

// hashed is an address at which nothing ever changes.
var hashed = regexp.MustCompile(`^/assets/[a-z]+\.[0-9a-f]{8}\.[a-z]+$`)

func TestEveryPageIsLight(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		anonymous, notRecent, member, closed, admin := h.weigher(t), h.weigher(t), h.weigher(t), h.weigher(t), h.weigher(t)
		h.lives(t, storetest.Register(t, h.Store, registration("ada")))
		notRecent.signsIn()
		h.clock.Move(store.RecentAuth)
		member.signsIn()
		closed.closes("mary")
		h.links(t)
		weighed := map[string]bool{}
		weigh := func(v *visitor) {
			t.Helper()
			for _, r := range h.routes() {
				if r.method != get || r.example().shows != aPage {
					continue
				}
				if answer := v.get(h.example(t, r)); answer.light() && answer.status != http.StatusForbidden {
					weighed[r.path] = true
				}
			}
			v.get("/nowhere").is(404).light()
		}
		for _, v := range []*visitor{anonymous, notRecent, member, closed} {
			weigh(v)
		}
		if err := h.Store.SendVerification(t.Context(), h.user(t, "ada"), storetest.From); err != nil {
			t.Fatal(err)
		}
		h.verifies(t, "ada")
		weigh(member)
		storetest.Register(t, h.Store, registration("frances"))
		h.gives(t, "frances", store.RoleAdmin) // with whom the link for the first one ends
		admin.tries("frances", storetest.Password).goesTo("/")
		weigh(admin)
		anonymous.post("/register", url.Values{"username": {"<b>"}, "email": {"ada"}}).is(422).light()
		for _, r := range h.routes() {
			if r.method == get && r.example().shows == aPage && !weighed[r.path] {
				t.Errorf("%s was not weighed", r.path)
			}
		}
	}, func(s *Site) { s.BaseURL, _ = url.Parse("https://accounts.example.org") })
}

// light requires that the page is, if the answer is a page.
func (p *page) light() bool {
	p.v.t.Helper()
	if p.header.Get("Content-Type") != "text/html; charset=utf-8" || p.body == "" {
		return false
	}
	scales := p.v.client.Transport.(*scales)
	next, most := scales.weight, nextBytes
	admin := strings.HasPrefix(p.path, string(AdminRoot))
	if slices.Contains(lists, p.path) {
		most = listBytes
	} else if admin {
		most = adminListBytes
	}
	if next > most {
		p.v.t.Errorf("%s takes %d bytes on the next visit, want at most %d", p.path, next, most)
	}
	if got := p.header.Get("Cache-Control"); got != "no-store" {
		p.v.t.Errorf("%s: Cache-Control is %q", p.path, got)
	}
	first, loads := next, p.loads()
	for _, path := range loads {
		file := p.v.get(path).is(200)
		got := file.header.Get("Cache-Control")
		named := path == "/manifest.webmanifest" && got == "public, max-age=86400" // its content is a setting
		if !named && (!hashed.MatchString(path) || !strings.Contains(got, "immutable")) {
			p.v.t.Errorf("%s loads %s with Cache-Control %q, want what never changes", p.path, path, got)
		}
		first += scales.weight
	}
	if p.path == "/login" && first > signInBytes {
		p.v.t.Errorf("%s takes %d bytes on the first visit, want at most %d", p.path, first, signInBytes)
	}
	requests, mostBytes, mostRequests := 1+len(loads), firstBytes, firstRequests
	if admin {
		mostBytes, mostRequests = adminBytes, adminRequests
	}
	if first > mostBytes || requests > mostRequests {
		p.v.t.Errorf("%s takes %d bytes in %d requests on the first visit, want at most %d in %d", p.path, first, requests, mostBytes, mostRequests)
	}
	return true
}

// loads are the addresses that a browser fetches for the page, each once.
func (p *page) loads() []string {
	var paths []string
	if p.Find("link[rel=icon]").Length() == 0 {
		paths = append(paths, "/favicon.ico") // browsers ask for it unless they are told of another
	}
	p.Find("link[href]:not([rel=expect]), [src]:not(iframe), [srcset], [poster], object[data]").Each(func(_ int, e *goquery.Selection) {
		for _, name := range []string{"href", "src", "srcset", "poster", "data"} {
			if path, ok := e.Attr(name); ok && !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	})
	return paths
}

// lives fills the account of a person: signed in on as many devices as there
// may be, each from elsewhere, and with as much activity as a page shows.
func (h *house) lives(t *testing.T, user store.User) {
	t.Helper()
	agents := []string{
		storetest.From.Agent,
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
	}
	for i := range store.EventsPerPage {
		sum := sha256.Sum256([]byte{byte(i)})
		copy(sum[:], []byte{0x20, 0x01, 0x0d, 0xb8}) // addresses for examples
		from := store.Origin{Address: netip.AddrFrom16([16]byte(sum[:])).String(), Agent: agents[i%len(agents)]}
		n, err := h.Store.SignIn(t.Context(), store.Entry{User: user, Kind: store.KindPassword, Remembered: true}, from)
		if err != nil {
			t.Fatal(err)
		}
		h.clock.Move(time.Duration(sum[16]) * 79 * time.Second)
		if err := h.Store.Seen(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		h.clock.Move(time.Duration(sum[17]) * 83 * time.Second)
	}
}

// weigher is a visitor who weighs what arrives.
func (h *house) weigher(t *testing.T) *visitor {
	v := h.visitor(t)
	v.client.Jar = secureJar{v.client.Jar}
	v.client.Transport = &scales{RoundTripper: v.client.Transport}
	return v
}

// scales weigh answers as browsers get them: compressed, with their headers.
type scales struct {
	http.RoundTripper
	// weight is that of the last answer, in bytes.
	weight int
}

func (s *scales) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", "gzip, deflate, br, zstd")
	response, err := s.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	whole, err := httputil.DumpResponse(response, true)
	if err != nil {
		return nil, err
	}
	s.weight = len(whole)
	if response.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(response.Body)
		if err != nil {
			return nil, err
		}
		response.Body = struct {
			io.Reader
			io.Closer
		}{unpacked, response.Body}
	}
	return response, nil
}

// secureJar hands out secure cookies over the plain http of tests.
type secureJar struct{ http.CookieJar }

func (j secureJar) Cookies(u *url.URL) []*http.Cookie {
	return j.CookieJar.Cookies(&url.URL{Scheme: "https", Host: u.Host, Path: u.Path})
}
