package handlers

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestHDR01EveryAnswerCarriesTheHeaders(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "https://accounts.example.org"} {
		h := newHouse(t, withMail, func(s *Site) {
			s.Limits.Links = store.Rates{{Count: 2, Per: time.Hour}}
			if base != "" {
				s.BaseURL, _ = url.Parse(base)
			}
		})
		answers := h.states(t)
		guesser := h.visitor(t)
		guesser.header.Set("Cookie", h.cookieName(resetPage.cookie)+"="+strings.Repeat("A", tokenLength))
		for range 3 {
			answers["429"] = guesser.get("/password/reset")
		}
		answers["429"].is(429)
		for name, answer := range answers {
			for header, want := range map[string]string{
				"Content-Security-Policy":      "frame-ancestors 'none'",
				"X-Content-Type-Options":       "nosniff",
				"X-Frame-Options":              "DENY",
				"Referrer-Policy":              "same-origin",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Permissions-Policy":           "camera=()",
			} {
				if got := strings.Join(answer.header.Values(header), ", "); !strings.Contains(got, want) {
					t.Errorf("%s: %s is %q, want %q in it", name, header, got, want)
				}
			}
			hsts := answer.header.Get("Strict-Transport-Security")
			if want := base != ""; strings.Contains(hsts, "max-age=63072000; includeSubDomains") != want {
				t.Errorf("%s: Strict-Transport-Security is %q on %s", name, hsts, h.BaseURL)
			}
			for _, header := range []string{"Server", "X-Powered-By"} {
				if got := answer.header.Get(header); got != "" {
					t.Errorf("%s: SRV-10 %s is %q", name, header, got)
				}
			}
		}
	}
}

func TestHDR01AFaultCarriesTheHeadersAndTellsNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(s *Site) {
		// A site whose assets panic is the worst kind of fault there is.
		s.Assets = func(http.Handler) http.Handler {
			return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of the house") })
		}
	})
	v := h.visitor(t)
	answer := v.get("/assets/site.css").is(500).says("Something went wrong").hides("secret of the house", "goroutine", ".go:")
	id := answer.header.Get("X-Request-Id")
	answer.says("request " + id)
	if !strings.Contains(answer.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Error("no Content-Security-Policy")
	}
	if log := h.log.String(); !strings.Contains(log, "secret of the house") || !strings.Contains(log, id) {
		t.Errorf("the log does not tell what happened: %s", log)
	}
	v.get("/login").is(200)

	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	v.present(strings.Repeat("A", tokenLength))
	v.get("/account").is(500).hides("sql", "database is closed")
	v.get("/readyz").is(503).hides("sql")
	v.get("/healthz").is(200)
	v.post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}}).is(500)
}

func TestHDR02ThePolicyAllowsNothingInline(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	policy := map[string]string{}
	for _, directive := range strings.Split(h.visitor(t).get("/").header.Get("Content-Security-Policy"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), " ")
		policy[name] = value
	}
	for name, want := range map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'self'", "object-src": "'none'", "base-uri": "'none'",
		"form-action": "'self'", "frame-ancestors": "'none'", "require-trusted-types-for": "'script'", "trusted-types": "htmx",
	} {
		if policy[name] != want {
			t.Errorf("%s is %q, want %q", name, policy[name], want)
		}
	}
	for name, value := range policy {
		for _, weak := range []string{"unsafe-inline", "unsafe-eval", "*", "http:", "data:", "blob:"} {
			if strings.Contains(value, weak) {
				t.Errorf("%s contains %s", name, weak)
			}
		}
	}
}

func TestHDR03NothingIsInline(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		for name, answer := range h.states(t) {
			if !strings.HasPrefix(answer.header.Get("Content-Type"), "text/html") {
				continue
			}
			for what, selector := range map[string]string{
				"an inline script": "script:not([src])", "an inline style": "style, [style]", "a frame": "iframe:not(.mailbox iframe[sandbox]), object, embed, base",
			} {
				if answer.Find(selector).Length() > 0 {
					t.Errorf("%s has %s", name, what)
				}
			}
			for _, pattern := range []string{`\son[a-z]+=`, `hx-on`, `(?i)javascript:`, `hx-[a-z-]+="js:`, `hx-trigger="[^"]*\[`, `(src|href|action)="(https?:)?//`, `hx-vals`} {
				// The mailbox shows links as they stand in mails.
				body := strings.ReplaceAll(answer.body, `href="`+h.BaseURL.String(), `href="`)
				if found := regexp.MustCompile(pattern).FindString(body); found != "" {
					t.Errorf("%s contains %q", name, found)
				}
			}
			ids := map[string]bool{}
			for _, node := range answer.Find("[id]").Nodes {
				for _, attr := range node.Attr {
					if attr.Key == "id" && ids[attr.Val] {
						t.Errorf("%s has the id %s twice", name, attr.Val)
					} else if attr.Key == "id" {
						ids[attr.Val] = true
					}
				}
			}
			for _, input := range answer.Find("input:not([type=hidden])").Nodes {
				for _, attr := range input.Attr {
					if attr.Key == "id" && answer.Find(`label[for="`+attr.Val+`"]`).Length() != 1 {
						t.Errorf("%s: the input %s has no label", name, attr.Val)
					}
				}
			}
		}
	})
}

func TestHDR05VaryNamesWhatDecides(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, header := range map[string]http.Header{
		"plain":            {},
		"HX-Request alone": {"Hx-Request": {"true"}},
		"full":             {"Hx-Request": {"true"}, "Hx-Request-Type": {"full"}},
		"partial":          {"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}},
		"history restore":  {"Hx-Request": {"true"}, "Hx-History-Restore-Request": {"true"}},
		"boosted":          {"Hx-Request": {"true"}, "Hx-Boosted": {"true"}, "Hx-Request-Type": {"full"}},
	} {
		answer := h.visitor(t).send(get, "/login", nil, header)
		if got := strings.Join(answer.header.Values("Vary"), ", "); !strings.Contains(got, "Cookie, HX-Request, HX-Request-Type") {
			t.Errorf("%s: Vary is %q", name, got)
		}
		if got, want := strings.Contains(answer.body, "<html"), name != "partial"; got != want {
			t.Errorf("%s: whole page %v, want %v", name, got, want)
		}
	}
}

func TestHDR06HtmxHeadersAreNeitherShownNorBelieved(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	payload := `/account"><script>alert(1)</script>`
	for _, name := range []string{"HX-Current-URL", "HX-Target", "HX-Source", "HX-Prompt", "Referer"} {
		v := h.visitor(t)
		v.header.Set("HX-Request", "true")
		v.header.Set("HX-Request-Type", "partial")
		v.header.Set(name, payload)
		v.get("/login").is(200).hides("<script>alert", "/account")
		if got := v.get("/account").is(204).header.Get("HX-Redirect"); got != "/login?next=%2Faccount" {
			t.Errorf("%s: HX-Redirect is %q", name, got)
		}
	}
}

func TestHDR08TypesAreStated(t *testing.T) {
	walks(t, func(t *testing.T, h *house) {
		for name, answer := range h.states(t) {
			if answer.body == "" {
				continue
			}
			want := "text/html; charset=utf-8"
			switch {
			case strings.HasPrefix(name, "200 style"):
				want = "text/css; charset=utf-8"
			case strings.HasPrefix(name, "200 script"):
				want = "text/javascript; charset=utf-8"
			case name == "200 export", name == "200 mailbox JSON":
				want = "application/json; charset=utf-8"
			case strings.HasPrefix(name, "200 icon"):
				want = "image/x-icon"
			case strings.HasSuffix(name, "robots"), strings.HasSuffix(name, "healthz"), strings.HasSuffix(name, "readyz"):
				want = "text/plain; charset=utf-8"
			}
			if got := answer.header.Get("Content-Type"); got != want {
				t.Errorf("%s: Content-Type is %q, want %q", name, got, want)
			}
		}
	})
}

func TestHDR09HDR10NothingElseIsServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	v := h.visitor(t)
	v.registers()
	for _, path := range []string{
		"/assets/", "/assets", "/assets/../gatehouse.db", "/assets/..%2fgatehouse.db", "/assets/%2e%2e/gatehouse.db", "/.git/HEAD", "/.env",
		"/login~", "/assets/site.css", "/assets/manifest.json", "/assets/passwords.bin", "/assets/placeholder", "/static/",
		"/account/x.css", "/account;x.css", "/account%2fx.js", "/account/", "/account%00", "/login/", "//account", "/ACCOUNT",
		"/debug/pprof/", "/debug/vars", "/metrics",
	} {
		answer := v.get(path).is(404).hides("ada@example.com")
		if got := answer.header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, got)
		}
	}
}

func TestLOG11TheClientAddressCannotBeForged(t *testing.T) {
	t.Parallel()
	forged := http.Header{
		"X-Forwarded-For": {"203.0.113.9, 198.51.100.7"}, "X-Real-Ip": {"203.0.113.9"}, "True-Client-Ip": {"203.0.113.9"}, "Forwarded": {"for=203.0.113.9"},
	}
	for name, c := range map[string]struct {
		proxies []string
		want    string
	}{
		"no proxy configured":              {nil, "127.0.0.1"},
		"one trusted proxy, a forged left": {[]string{"127.0.0.0/8"}, "198.51.100.7"},
		"two trusted proxies":              {[]string{"127.0.0.0/8", "198.51.100.0/24"}, "203.0.113.9"},
		"a proxy that is not this one":     {[]string{"192.0.2.0/24"}, "127.0.0.1"},
	} {
		h := newHouse(t, func(s *Site) { s.TrustedProxies = c.proxies })
		v := h.visitor(t)
		for name, values := range forged {
			v.header[name] = values
		}
		v.registers()
		if got := v.get("/account/signins").Find("main li").Text(); !strings.Contains(got, c.want) {
			t.Errorf("%s: the page of devices shows %q, want %s", name, got, c.want)
		}
		if !strings.Contains(h.log.String(), `"address":"`+c.want+`"`) {
			t.Errorf("%s: the log has not the address %s", name, c.want)
		}
	}
}

func FuzzForwardedFor(f *testing.F) {
	for _, seed := range []string{"203.0.113.9", "a, b", "::1", "203.0.113.9, 127.0.0.1", "\x00", strings.Repeat("1.1.1.1,", 2000), "[::ffff:1.2.3.4%eth0]:80"} {
		f.Add(seed)
	}
	h := newHouse(f, func(s *Site) { s.TrustedProxies = []string{"192.0.2.0/24", "10.0.0.0/8"} })
	f.Fuzz(func(t *testing.T, forwarded string) {
		// httptest's requests come from 192.0.2.1, the trusted proxy.
		if got := ask(h.server.Config.Handler, h.BaseURL.Host, "/login", http.Header{"X-Forwarded-For": {forwarded}}).Code; got != 200 {
			t.Errorf("X-Forwarded-For %q: %d, want 200", forwarded, got)
		}
	})
}
