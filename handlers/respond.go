package handlers

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"gatehouse/components"
)

// show answers with a page: the body alone to htmx, which asked for a part,
// and the whole page to everyone else. It renders before the first byte is
// written, so that a failure can still be a 500.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, page components.Page, body templ.Component) error {
	whole := components.Fragment(page, body)
	if !partial(r) {
		page.Flash = s.takeFlash(r)
		whole = components.Layout(page, body)
	}
	drawn := visitOf(r).timing.part("draw")
	text, err := render(r.Context(), whole)
	drawn()
	if err != nil {
		return err
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	writePage(w, r, status, text)
	return nil
}

// redirect sends the browser to a path of this site. htmx would follow a 303
// itself and put the page into the form, so it is told to go there.
func (s *Site) redirect(w http.ResponseWriter, r *http.Request, path string) error {
	if err := s.save(w, r); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// partial says whether htmx asked for a fragment. It decides on the shape of
// an answer, never on what is allowed.
func partial(r *http.Request) bool {
	return r.Header.Get("HX-Request") == "true" && r.Header.Get("HX-Request-Type") == "partial"
}

func render(ctx context.Context, c templ.Component) ([]byte, error) {
	var buffer bytes.Buffer
	buffer.Grow(8 << 10)
	if err := c.Render(ctx, &buffer); err != nil {
		return nil, fmt.Errorf("render: %w", err)
	}
	return buffer.Bytes(), nil
}

// writePage writes a page that no cache may keep: what it shows depends on who
// asks.
func writePage(w http.ResponseWriter, r *http.Request, status int, text []byte) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "text/html; charset=utf-8")
	}
	header.Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(text) //nolint:errcheck // the client has gone; nothing is left to do
	}
}
