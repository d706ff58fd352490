package handlers

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	lru "github.com/hashicorp/golang-lru/v2"
)

// shelfMax is how many still pages are kept. Browsers ask for few of them in few
// codings; whoever invents more only makes them be drawn again.
const shelfMax = 128

// codingsMax is the longest Accept-Encoding, in bytes, that a page is kept for.
const codingsMax = 64

// shelf keeps still pages as they were sent: those that are the same for every
// visitor, but for the theme.
type shelf struct {
	pages *lru.Cache[stillKey, stillPage]
}

// stillKey is all that a still page may depend on.
type stillKey struct{ path, theme, codings string }

type stillPage struct {
	header http.Header
	body   []byte
}

// stillHeaders are the headers that belong to the page rather than to one answer.
var stillHeaders = []string{"Cache-Control", "Content-Encoding", "Content-Type", "Vary"}

func newShelf() shelf {
	pages, _ := lru.New[stillKey, stillPage](shelfMax) // fails for a size below 1
	return shelf{pages}
}

// still draws a page once for all visitors who have no session, instead of once
// for each. It is for GET routes whose page, without a session, depends on
// nothing but its path and the theme. Whoever has a session, asks with a query or
// wants a fragment gets it drawn.
func (s *Site) still(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		codings := r.Header.Get("Accept-Encoding")
		if len(s.sessionTokens(r)) > 0 || r.Method != http.MethodGet || r.URL.RawQuery != "" || r.Header["Hx-Request"] != nil || len(codings) > codingsMax {
			next.ServeHTTP(w, r)
			return
		}
		key := stillKey{r.URL.Path, s.theme(r), codings}
		page, kept := s.shelf.pages.Get(key)
		if !kept {
			drawing := &drawing{ResponseWriter: w}
			next.ServeHTTP(drawing, r)
			if drawing.status == http.StatusOK && drawing.whole() && w.Header()["Set-Cookie"] == nil {
				s.shelf.pages.Add(key, drawing.page())
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

// drawing remembers an answer while it is sent.
type drawing struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	failed error
}

// WriteHeader implements http.ResponseWriter.
func (d *drawing) WriteHeader(status int) {
	d.status = status
	d.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (d *drawing) Write(p []byte) (int, error) {
	d.body.Write(p)
	n, err := d.ResponseWriter.Write(p)
	d.failed = errors.Join(d.failed, err)
	return n, err
}

// whole says whether all of the answer was written. What compresses it stops at the
// first failure.
func (d *drawing) whole() bool { return d.failed == nil }

func (d *drawing) page() stillPage {
	header := http.Header{"Content-Length": {strconv.Itoa(d.body.Len())}}
	for _, name := range stillHeaders {
		if values := d.Header()[name]; values != nil {
			header[name] = values
		}
	}
	return stillPage{header, d.body.Bytes()}
}
