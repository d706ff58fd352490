package handlers

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"
)

// pageCacheMax is how many pages are cached. Browsers use few pages and encodings; somebody who
// invents more only causes pages to be drawn again.
const pageCacheMax = 128

// codingsMax is the longest Accept-Encoding that is cached, in bytes.
const codingsMax = 64

// pageCache stores the answers of pages that are the same for every visitor, except for the
// theme.
type pageCache struct {
	pages *lru.Cache[pageKey, cachedPage]
}

// pageKey is everything that a cached page may depend on.
type pageKey struct{ path, theme, codings string }

type cachedPage struct {
	header http.Header
	body   []byte
}

// cachedHeaders are the headers that belong to the page and not to one answer.
var cachedHeaders = []string{"Cache-Control", "Content-Encoding", "Content-Type", "Vary"}

func newPageCache() pageCache {
	pages, _ := lru.New[pageKey, cachedPage](pageCacheMax) // fails for a size below 1
	return pageCache{pages}
}

// cache draws a page once for all visitors without a session. It is for GET routes whose page
// then depends only on its path and the theme. Requests with a session or a query, from a browser
// that knows who is there, and for a fragment are not cached.
func (s *Site) cache(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		codings := r.Header.Get("Accept-Encoding")
		username, _ := s.knownUsername(r)
		if username != "" || len(s.sessionTokens(r)) > 0 || r.Method != http.MethodGet || r.URL.RawQuery != "" || r.Header["Hx-Request"] != nil || len(codings) > codingsMax {
			next.ServeHTTP(w, r)
			return
		}
		key := pageKey{r.URL.Path, s.theme(r), codings}
		page, found := s.pageCache.pages.Get(key)
		if !found {
			recorder := &recorder{ResponseWriter: w}
			next.ServeHTTP(recorder, r)
			if recorder.status == http.StatusOK && recorder.complete() && w.Header()["Set-Cookie"] == nil {
				s.pageCache.pages.Add(key, recorder.page())
			}
			return
		}
		header := w.Header()
		for name, values := range page.header {
			header[name] = values
		}
		w.WriteHeader(http.StatusOK)
		w.Write(page.body) //nolint:errcheck // the client has gone; nothing is left to do
	})
}

// recorder copies an answer while it is sent.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	failed error
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(p []byte) (int, error) {
	w.body.Write(p)
	n, err := w.ResponseWriter.Write(p)
	w.failed = errors.Join(w.failed, err)
	return n, err
}

// complete says whether the whole answer was written. The compressor stops at the first
// failure.
func (w *recorder) complete() bool { return w.failed == nil }

func (w *recorder) page() cachedPage {
	header := http.Header{"Content-Length": {strconv.Itoa(w.body.Len())}}
	for _, name := range cachedHeaders {
		if values := w.Header()[name]; values != nil {
			header[name] = values
		}
	}
	return cachedPage{header, w.body.Bytes()}
}
