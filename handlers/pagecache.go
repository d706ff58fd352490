package handlers

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"
)

// pageCacheMax is how many still pages are kept. Browsers ask for few of them in few
// codings; whoever invents more only makes them be drawn again.
const pageCacheMax = 128

// codingsMax is the longest Accept-Encoding, in bytes, that a page is kept for.
const codingsMax = 64

// pageCache keeps still pages as they were sent: those that are the same for every
// visitor, but for the theme.
type pageCache struct {
	pages *lru.Cache[pageKey, cachedPage]
}

// pageKey is all that a still page may depend on.
type pageKey struct{ path, theme, codings string }

type cachedPage struct {
	header http.Header
	body   []byte
}

// cachedHeaders are the headers that belong to the page rather than to one answer.
var cachedHeaders = []string{"Cache-Control", "Content-Encoding", "Content-Type", "Vary"}

func newPageCache() pageCache {
	pages, _ := lru.New[pageKey, cachedPage](pageCacheMax) // fails for a size below 1
	return pageCache{pages}
}

// cache draws a page once for all visitors who have no session, instead of once
// for each. It is for GET routes whose page, without a session, depends on
// nothing but its path and the theme. Whoever has a session, asks with a query or
// wants a fragment gets it drawn.
func (s *Site) cache(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		codings := r.Header.Get("Accept-Encoding")
		if len(s.sessionTokens(r)) > 0 || r.Method != http.MethodGet || r.URL.RawQuery != "" || r.Header["Hx-Request"] != nil || len(codings) > codingsMax {
			next.ServeHTTP(w, r)
			return
		}
		key := pageKey{r.URL.Path, s.theme(r), codings}
		page, found := s.pageCache.pages.Get(key)
		if !found {
			recorder := &recorder{ResponseWriter: w}
			next.ServeHTTP(recorder, r)
			if recorder.status == http.StatusOK && recorder.whole() && w.Header()["Set-Cookie"] == nil {
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

// recorder remembers an answer while it is sent.
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

// whole says whether all of the answer was written. What compresses it stops at the
// first failure.
func (w *recorder) whole() bool { return w.failed == nil }

func (w *recorder) page() cachedPage {
	header := http.Header{"Content-Length": {strconv.Itoa(w.body.Len())}}
	for _, name := range cachedHeaders {
		if values := w.Header()[name]; values != nil {
			header[name] = values
		}
	}
	return cachedPage{header, w.body.Bytes()}
}
