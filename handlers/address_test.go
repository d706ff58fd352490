package handlers

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"gatehouse/store"
)

func TestLOG11TheClientIsTheRightmostHopThatIsNoProxy(t *testing.T) {
	t.Parallel()
	proxies := []string{"127.0.0.1/32", "10.0.0.0/8", "fe80::/10", "2001:db8:ffff::/48", "::ffff:192.0.2.0/120"}
	const nginx, stranger = "127.0.0.1:40000", "198.51.100.99:40000"
	for name, c := range map[string]struct {
		peer    string
		forward []string
		want    string
		unnamed bool
	}{
		"nobody stands between":                        {stranger, nil, "198.51.100.99", false},
		"a stranger who names somebody":                {stranger, []string{"203.0.113.9"}, "198.51.100.99", false},
		"a stranger by IPv6":                           {"[2001:db8::9]:40000", []string{"203.0.113.9"}, "2001:db8::9", false},
		"an address":                                   {nginx, []string{"203.0.113.9"}, "203.0.113.9", false},
		"with a port":                                  {nginx, []string{"203.0.113.9:51234"}, "203.0.113.9", false},
		"with an empty port":                           {nginx, []string{"203.0.113.9:"}, "203.0.113.9", false},
		"in quotes, with a port":                       {nginx, []string{`"203.0.113.9:51234"`}, "203.0.113.9", false},
		"IPv6":                                         {nginx, []string{"2001:db8::9"}, "2001:db8::9", false},
		"IPv6 in brackets":                             {nginx, []string{"[2001:db8::9]"}, "2001:db8::9", false},
		"IPv6 in brackets, with a port":                {nginx, []string{"[2001:db8::9]:443"}, "2001:db8::9", false},
		"IPv6 in quotes and brackets, with a port":     {nginx, []string{`"[2001:db8::9]:443"`}, "2001:db8::9", false},
		"IPv6 without brackets, with a port":           {nginx, []string{"2001:db8::9:51234"}, "2001:db8::9", false},
		"all of an IPv6 address, with a port":          {nginx, []string{"2001:db8:1:2:3:4:5:6:443"}, "2001:db8:1:2:3:4:5:6", false},
		"IPv6 written at length":                       {nginx, []string{"2001:0DB8:0000:0000:0000:0000:0000:0009"}, "2001:db8::9", false},
		"IPv6 with a zone":                             {nginx, []string{"fe00::9%eth0"}, "fe00::9", false},
		"IPv6 with a zone, in brackets, with a port":   {nginx, []string{"[fe00::9%25eth0]:443"}, "fe00::9", false},
		"IPv4 within IPv6":                             {nginx, []string{"::ffff:203.0.113.9"}, "203.0.113.9", false},
		"IPv4 within IPv6, as digits, with a port":     {nginx, []string{"[::FFFF:cb00:7109]:443"}, "203.0.113.9", false},
		"spaces and tabs":                              {nginx, []string{" \t 203.0.113.9 \t "}, "203.0.113.9", false},
		"empty hops":                                   {nginx, []string{", 203.0.113.9 ,, \t,"}, "203.0.113.9", false},
		"what the client made up stands left":          {nginx, []string{"192.0.2.77, 203.0.113.9:1"}, "203.0.113.9", false},
		"also where it cannot be read":                 {nginx, []string{"unknown, \x00\"[, 203.0.113.9"}, "203.0.113.9", false},
		"in a line of its own":                         {nginx, []string{"10.9.9.9", "203.0.113.9", "10.0.0.1"}, "203.0.113.9", false},
		"behind proxies with ports":                    {nginx, []string{"203.0.113.9:5, 10.0.0.7:8080, [2001:db8:ffff::1]:80"}, "203.0.113.9", false},
		"a proxy within IPv6":                          {nginx, []string{"203.0.113.9, ::ffff:10.0.0.7"}, "203.0.113.9", false},
		"a proxy whose network is within IPv6":         {nginx, []string{"203.0.113.9, 192.0.2.9"}, "203.0.113.9", false},
		"a proxy with a zone":                          {nginx, []string{"203.0.113.9, fe80::1%eth0"}, "203.0.113.9", false},
		"the peer has a zone":                          {"[fe80::1%eth0]:40000", []string{"203.0.113.9"}, "203.0.113.9", false},
		"the peer is IPv4 within IPv6":                 {"[::ffff:10.0.0.1]:40000", []string{"203.0.113.9"}, "203.0.113.9", false},
		"somebody inside of the networks":              {nginx, []string{"10.1.2.3, 10.0.0.7"}, "10.1.2.3", false},
		"a proxy that names nobody":                    {nginx, nil, "127.0.0.1", true},
		"a proxy that names nobody, in so many commas": {nginx, []string{"", " , ,"}, "127.0.0.1", true},
		"a hop without an address":                     {nginx, []string{"192.0.2.77, unknown"}, "unknown", false},
		"a hop without an address, in quotes":          {nginx, []string{`"unknown"`}, "unknown", false},
		"a hop under a name of the proxy's":            {nginx, []string{"192.0.2.77, _SEVKISEK"}, "_SEVKISEK", false},
		"a socket":                                     {nginx, []string{"unix:"}, "unix:", false},
		"an octet too large":                           {nginx, []string{"203.0.113.999"}, "203.0.113.999", false},
		"an octet as some read it in base 8":           {nginx, []string{"0203.0.113.9"}, "0203.0.113.9", false},
		"a port that is none":                          {nginx, []string{"203.0.113.9:https"}, "203.0.113.9:https", false},
		"a hop that would turn the log":                {nginx, []string{"a\u202eb"}, "unreadable-1f7a9d5e8e213a52", false},
	} {
		r := httptest.NewRequest(get, "/", nil)
		r.RemoteAddr = c.peer
		if c.forward != nil {
			r.Header["X-Forwarded-For"] = c.forward
		}
		got, named := clientAddress(r, parseNetworks(proxies), false)
		if got != c.want || named == c.unnamed {
			t.Errorf("%s: %s, named %v; want %s, %v", name, got, named, c.want, !c.unnamed)
		}
	}
}

// On a unix socket the peer is the proxy, whatever is trusted.
func TestLOG11OnASocketTheProxyIsBelieved(t *testing.T) {
	t.Parallel()
	for forward, want := range map[string]string{"203.0.113.9": "203.0.113.9", "198.51.100.7, 203.0.113.9": "203.0.113.9", "": "unix", "198.51.100.7, 10.1.2.3": "198.51.100.7"} {
		r := httptest.NewRequest(get, "/", nil)
		if r.RemoteAddr = "@"; forward != "" {
			r.Header.Set("X-Forwarded-For", forward)
		}
		got, named := clientAddress(r, parseNetworks([]string{"10.0.0.0/8"}), true)
		if got != want || named != (forward != "") {
			t.Errorf("%q: %s, named %v; want %s", forward, got, named, want)
		}
	}
}

// Whoever trusts everybody lets clients say who they are, but even so they are
// not all one.
func TestLOG11WhereEverybodyIsTrustedTheFirstHopCounts(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(get, "/", nil)
	r.Header.Set("X-Forwarded-For", "203.0.113.9:4711, [2001:db8::7]:80")
	if got, _ := clientAddress(r, parseNetworks([]string{"0.0.0.0/0", "::/0"}), false); got != "203.0.113.9" {
		t.Errorf("the client is %s, want 203.0.113.9", got)
	}
}

func TestLOG11EachClientBehindAProxyIsOneSource(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		people := 0
		registers := func(from string) int {
			t.Helper()
			people++
			return v.another().from(from).post("/register", person(fmt.Sprint("person", people))).status
		}
		done := map[bool]int{false: http.StatusSeeOther, true: http.StatusNoContent}[v.htmx]
		most := h.Limits.Registrations[0].Count
		for _, shape := range []string{
			"203.0.113.%d", "198.51.100.%[1]d:4000%[1]d", `"192.0.2.%[1]d:4000%[1]d"`, "[2001:db8:%x::1]:443", "2001:db8:a%x::1:40001",
			"::ffff:203.0.112.%d", "_hidden%d", "client-%d.internal", "client number %d",
		} {
			for i := range most + 1 {
				if got := registers(fmt.Sprintf(shape, i)); got != done {
					t.Errorf("the client %s gets %d, want %d", fmt.Sprintf(shape, i), got, done)
				}
			}
		}
		for _, spellings := range [][]string{
			{"192.0.2.201:1", "192.0.2.201:65535", `"192.0.2.201"`, "::ffff:192.0.2.201", "[::ffff:192.0.2.201]:80", "203.0.113.1, 192.0.2.201"},
			{"[2001:db8:9::1]:443", "2001:db8:9::1", "[2001:DB8:9::1]:80", "2001:db8:9:0::1:40001", "2001:db8:9::1%eth0", `"[2001:db8:9::ffff]"`},
			{"unknown", "unknown", "203.0.113.2, unknown", "unknown", " unknown ", "unknown"},
		} {
			for i, spelling := range spellings {
				want := done
				if i >= most {
					want = http.StatusTooManyRequests
				}
				if got := registers(spelling); got != want {
					t.Errorf("%s as try %d gets %d, want %d", spelling, i+1, got, want)
				}
			}
		}
		// What could not be read has cost nobody else anything.
		if got := v.another().post("/register", person("nobody-between")).status; got != done {
			t.Errorf("the proxy itself gets %d, want %d", got, done)
		}
		for _, address := range h.addresses(t) {
			if _, err := netip.ParseAddr(address); err != nil && !nameOfHop.MatchString(address) {
				t.Errorf("the events have the address %q", address)
			}
		}
	}, func(s *Site) {
		s.Limits = store.DefaultLimits
		s.Limits.AllRegistrations = nil
		s.TrustedProxies = []string{"127.0.0.0/8"}
	})
}

// A proxy that names nobody makes all its clients one source: its operator is
// told, once.
func TestLOG11AProxyThatNamesNobodyIsReported(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		proxies []string
		forward string
		want    int
	}{
		"no proxy":                 {nil, "", 0},
		"a proxy that names":       {[]string{"127.0.0.1/32"}, "203.0.113.9", 0},
		"a proxy that names badly": {[]string{"127.0.0.1/32"}, "unknown", 0},
		"a proxy that does not":    {[]string{"127.0.0.1/32"}, "", 1},
	} {
		h := newHouse(t, func(s *Site) { s.TrustedProxies = c.proxies })
		v := h.visitor(t)
		if c.forward != "" {
			v.from(c.forward)
		}
		for range 3 {
			v.get("/healthz")
		}
		if strings.Contains(h.log.String(), "no X-Forwarded-For") {
			t.Errorf("%s: a probe is reported", name)
		}
		for range 3 {
			v.get("/login")
		}
		if got := strings.Count(h.log.String(), "no X-Forwarded-For"); got != c.want {
			t.Errorf("%s: reported %d times, want %d", name, got, c.want)
		}
	}
}

// Whatever a client sends, what the proxy appends decides; and whatever a proxy
// appends, it is short and can be printed.
func FuzzHops(f *testing.F) {
	for _, seed := range []string{"203.0.113.9", "a, b", `"`, `""`, "[", "[]", "[]:", ":", "::", "1.2.3.4:", "[::1%]:80", "2001:db8::1:65536", "\x00", strings.Repeat("1.1.1.1,", 2000), strings.Repeat("x", 100), "[::ffff:1.2.3.4%eth0]:80"} {
		f.Add(seed)
	}
	proxies := parseNetworks([]string{"192.0.2.0/24", "10.0.0.0/8"})
	shown := regexp.MustCompile(`^[!-~]{1,64}$`)
	f.Fuzz(func(t *testing.T, sent string) {
		r := httptest.NewRequest(get, "/", nil)
		from := func(lines ...string) string {
			r.Header["X-Forwarded-For"] = lines
			address, _ := clientAddress(r, proxies, false)
			return address
		}
		for _, appended := range []string{"203.0.113.9", "203.0.113.9:4711", "203.0.113.9, 10.0.0.1:80"} {
			if got := from(sent + ", " + appended); got != "203.0.113.9" {
				t.Errorf("%q behind %q is %s", appended, sent, got)
			}
			if got := from(sent, appended); got != "203.0.113.9" {
				t.Errorf("%q in a line after %q is %s", appended, sent, got)
			}
		}
		if got := from(sent); !shown.MatchString(got) {
			t.Errorf("%q is shown as %q", sent, got)
		}
	})
}

func TestFormsOfThisSiteAreGoodHoweverTheHostIsSpelled(t *testing.T) {
	t.Parallel()
	answer := func(h *house, host, origin string) int {
		r := h.request(post, "/login", url.Values{"username": {"ada"}, "password": {"wrong"}}.Encode(), form)
		r.Host = host
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		h.server.Config.Handler.ServeHTTP(w, r)
		return w.Code
	}
	for base, rows := range map[string][]struct {
		host, origin string
		want         int
	}{
		"https://accounts.example.org": {
			{"accounts.example.org", "https://accounts.example.org", 422},
			{"accounts.example.org:443", "https://accounts.example.org", 422},
			{"accounts.example.org", "https://accounts.example.org:443", 422},
			{"accounts.example.org.", "https://accounts.example.org.", 422},
			{"accounts.example.org", "https://accounts.example.org.", 422},
			{"accounts.example.org.:443", "https://accounts.example.org.", 422},
			{"ACCOUNTS.Example.ORG", "https://accounts.example.org", 422},
			{"accounts.example.org", "https://Accounts.Example.Org", 422},
			{"accounts.example.org:443", "https://evil.example", 403},
			{"accounts.example.org.", "https://accounts.example.org.evil.example", 403},
			{"accounts.example.org:443", "http://accounts.example.org:443", 403},
			{"accounts.example.org:443", "https://accounts.example.org:8443", 403},
			{"accounts.example.org.", "https://accounts.example.org..", 403},
			{"accounts.example.org.", "null", 403},
			{"accounts.example.org:443", "://", 403},
			{"evil.example", "https://accounts.example.org", 421},
		},
		"https://[2001:db8::7]": {
			{"[2001:DB8:0::7]:443", "https://[2001:db8::7]", 422},
			{"[2001:db8::7]", "https://[2001:db8::8]", 403},
		},
		"http://localhost:8080": {
			{"LOCALHOST.:8080", "http://localhost:8080", 422},
			{"127.0.0.1:8080", "http://127.0.0.1:8080", 422},
			{"127.0.0.1:8080", "http://localhost:8080", 403},
			{"localhost:8080", "http://localhost", 403},
		},
	} {
		h := newHouse(t, func(s *Site) { s.BaseURL, _ = url.Parse(base) })
		for _, row := range rows {
			if got := answer(h, row.host, row.origin); got != row.want {
				t.Errorf("%s: a form of %s to %s: %d, want %d", base, row.origin, row.host, got, row.want)
			}
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, seed := range []string{"accounts.example.org", "Accounts.Example.Org.:443", "[::1]:80", "[2001:DB8::0]", ":", ".", "[]", "]:[", "a]:443", "accounts.example.org:443:443", "accounts.example.org..", "\u212a.example"} {
		f.Add(seed)
	}
	good := regexp.MustCompile(`^accounts\.example\.org\.?(:(443)?)?$`)
	f.Fuzz(func(t *testing.T, host string) {
		got := canonicalHost("https", host)
		if got == "accounts.example.org" && !good.MatchString(strings.ToLower(host)) {
			t.Errorf("%q is taken for %s", host, got)
		}
	})
}
