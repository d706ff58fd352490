package handlers

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// ask asks the site itself, without a browser, and returns the answer.
func (h *house) ask(method, path string, header http.Header) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	h.server.Config.Handler.ServeHTTP(recorder, h.request(method, path, "", header))
	return recorder
}

func TestCachedPagesAreDrawnOnceAndSentAlike(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	pages := slices.DeleteFunc(h.routes(), func(r route) bool { return r.drawing != cached })
	if len(pages) == 0 {
		t.Fatal("no page is cached")
	}
	for _, r := range pages {
		path := r.path
		for _, header := range []http.Header{
			{},
			{"Accept-Encoding": {"gzip, deflate, br"}},
			{"Cookie": {"theme=dark"}},
			{"Cookie": {"theme=light; other=1"}, "Accept-Encoding": {"gzip"}},
		} {
			before := h.pageCache.pages.Len()
			first, second := h.ask(get, path, header), h.ask(get, path, header)
			if kept := h.pageCache.pages.Len() - before; kept != 1 {
				t.Errorf("%s, %v: %d pages were kept, want 1", path, header, kept)
			}
			if first.Code != http.StatusOK || second.Code != http.StatusOK {
				t.Errorf("%s, %v: answered %d and %d", path, header, first.Code, second.Code)
			}
			if first.Body.String() != second.Body.String() {
				t.Errorf("%s, %v: the kept page is another one", path, header)
			}
			for name := range first.Header() {
				// The length of a page that is compressed while it is sent is not known.
				if name == "X-Request-Id" || name == "Content-Length" {
					continue
				}
				if one, other := fmt.Sprint(first.Header()[name]), fmt.Sprint(second.Header()[name]); one != other {
					t.Errorf("%s, %v: %s is %s and then %s", path, header, name, one, other)
				}
			}
			if first.Header().Get("X-Request-Id") == second.Header().Get("X-Request-Id") {
				t.Errorf("%s: two requests have one id", path)
			}
		}
	}
}

func TestStillPagesOfOneThemeAreNotShownInAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	shown := make(map[string]string)
	for _, theme := range []string{"light", "dark", "auto"} {
		for range 2 {
			page := h.ask(get, "/login", http.Header{"Cookie": {"theme=" + theme}}).Body.String()
			if was, seen := shown[theme]; seen && was != page {
				t.Errorf("the page in %s is another one the second time", theme)
			}
			shown[theme] = page
		}
	}
	if shown["light"] == shown["dark"] || shown["dark"] == shown["auto"] {
		t.Error("two themes show the same page")
	}
}

func TestWhatIsNotStillIsDrawn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, row := range []struct {
		name, method, path string
		header             http.Header
	}{
		{"a session", get, "/", http.Header{"Cookie": {h.Sessions.Cookie.Name + "=" + strings.Repeat("A", tokenLength)}}},
		{"a query", get, "/login?next=/account", nil},
		{"a fragment", get, "/login", http.Header{"Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}}},
		{"HEAD", http.MethodHead, "/login", nil},
		{"a long list of codings", get, "/login", http.Header{"Accept-Encoding": {"gzip, deflate, br, zstd, compress, identity, x-something, x-something-else"}}},
		{"another page", get, "/no-such-page", nil},
	} {
		h.ask(row.method, row.path, row.header)
		if h.pageCache.pages.Len() != 0 {
			t.Errorf("%s: the page was kept", row.name)
			h.pageCache.pages.Purge()
		}
	}
}

func TestShelfIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range pageCacheMax + 50 {
		h.ask(get, "/login", http.Header{"Accept-Encoding": {fmt.Sprintf("x-%d", i)}})
	}
	if kept := h.pageCache.pages.Len(); kept > pageCacheMax {
		t.Errorf("%d pages are kept, at most %d may be", kept, pageCacheMax)
	}
}

// A cached page is no answer for who has a session, and what is theirs is not cached.
func TestKeptPagesAreForStrangers(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		stranger := h.ask(get, "/", nil).Body.String()
		h.ask(get, "/login", nil)
		v.registers()
		if v.get("/").is(200).Find(`a[href="/account"]`).Length() == 0 {
			t.Error("the front page is that of strangers to who is signed in")
		}
		v.get("/login").goesTo("/")
		if h.ask(get, "/", nil).Body.String() != stranger {
			t.Error("the front page of strangers has changed")
		}
	})
}

// Nobody else is shown half of a page because somebody hung up in the middle of it.
func TestAPageThatBrokeOffIsNotKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	drawn := 0
	handler := h.cache(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		drawn++
		w.WriteHeader(http.StatusOK)
		w.Write([]byte("a page")) //nolint:errcheck // it is meant to fail
	}))
	request := httptest.NewRequest(get, "/login", nil)
	handler.ServeHTTP(brokenWriter{httptest.NewRecorder()}, request)
	for range 2 {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request)
		if got := recorder.Body.String(); got != "a page" {
			t.Errorf("the page is %q", got)
		}
	}
	if drawn != 2 {
		t.Errorf("drawn %d times, want once broken and once to keep", drawn)
	}
}

type brokenWriter struct{ http.ResponseWriter }

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }
