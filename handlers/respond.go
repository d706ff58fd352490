package handlers

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"github.com/a-h/templ"

	"gatehouse/components"
)

// show answers with a page: only the body if htmx asked for a fragment, otherwise the whole
// document. It renders before it writes, so that a failure can still become a 500.
func (s *Site) show(w http.ResponseWriter, r *http.Request, status int, page components.Page, body templ.Component) error {
	sc := scopeOf(r)
	page.OtherUser = (sc.otherUser || sc.lookedAt != nil) && partial(r)
	if sc.refusal != "" {
		status, page.Refused, body = http.StatusUnprocessableEntity, true, components.Refused(sc.refusal, body)
	}
	content := components.Fragment(page, body)
	if !partial(r) {
		page.Flash = cmp.Or(s.takeFlash(r), page.Flash)
		content = components.Layout(page, body)
	}
	drawn := scopeOf(r).timing.part("draw")
	text, err := render(r.Context(), content)
	drawn()
	if err != nil {
		return err
	}
	defer release(text)
	if err := s.save(w, r); err != nil {
		return err
	}
	writePage(w, r, status, text.Bytes())
	return nil
}

// showBare answers with a page that knows nothing of a session.
func (s *Site) showBare(w http.ResponseWriter, r *http.Request, status int, title string, body templ.Component) error {
	text, err := render(r.Context(), components.Layout(s.page(r, title), body))
	if err != nil {
		return err
	}
	defer release(text)
	writePage(w, r, status, text.Bytes())
	return nil
}

// Redirect sends the browser to a path of this site. htmx would follow a 303 itself and put the
// page into the form, so it gets HX-Redirect instead.
func (s *Site) Redirect(w http.ResponseWriter, r *http.Request, path string) error {
	sc := scopeOf(r)
	if sc.refusal != "" {
		s.Flash(r, sc.refusal)
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	path = s.withCookieMarker(r, path)
	w.Header().Set("Cache-Control", "no-store")
	if fromHtmx(r) {
		w.Header().Set("HX-Redirect", path)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	w.Header().Set("Location", path)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// fromHtmx says whether htmx asked, partial whether it asked for a fragment. They decide only
// the format of an answer, never what is allowed. The header names are in canonical form.
func fromHtmx(r *http.Request) bool { return r.Header.Get("Hx-Request") == "true" }

func partial(r *http.Request) bool {
	return fromHtmx(r) && r.Header.Get("Hx-Request-Type") == "partial"
}

// buffers are reused for drawing pages, so nothing may retain their bytes.
var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// bufferMax is the largest buffer that is reused, in bytes.
const bufferMax = 64 << 10

// render draws a component into a buffer, which release takes back.
func render(ctx context.Context, c templ.Component) (*bytes.Buffer, error) {
	buffer := buffers.Get().(*bytes.Buffer)
	if err := c.Render(ctx, buffer); err != nil {
		release(buffer)
		return nil, fmt.Errorf("render: %w", err)
	}
	return buffer, nil
}

func release(buffer *bytes.Buffer) {
	if buffer.Cap() <= bufferMax {
		buffer.Reset()
		buffers.Put(buffer)
	}
}

// writeJSON answers a program.
func writeJSON(w http.ResponseWriter, r *http.Request, status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("write an answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	writePage(w, r, status, text)
	return nil
}

// writePage writes a page that must not be cached, because it depends on who asks.
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
