package handlers

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// quiet sends the access log nowhere, as a benchmark must not measure a
// terminal; building the line is still measured.
func quiet(s *Site) { s.Log = slog.New(slog.NewTextHandler(nowhere{}, nil)) }

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// measure serves one request over and over, and reports the size of the answer.
func measure(b *testing.B, h *house, want int, request func() *http.Request) {
	b.Helper()
	handler := h.server.Config.Handler
	b.ReportAllocs()
	size := 0
	for b.Loop() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, request())
		if recorder.Code != want {
			b.Fatalf("answered %d, want %d", recorder.Code, want)
		}
		size = recorder.Body.Len()
	}
	b.ReportMetric(float64(size), "bytes/page")
}

func (h *house) request(method, path, body string, header http.Header) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = h.BaseURL.Host
	for name, values := range header {
		r.Header[name] = values
	}
	return r
}

func BenchmarkLoginPageOfAStranger(b *testing.B) {
	h := newHouse(b, quiet)
	measure(b, h, 200, func() *http.Request { return h.request(get, "/login", "", nil) })
}

func BenchmarkHomeOfASignedInPerson(b *testing.B) {
	benchmarkSignedIn(b, "/")
}

func BenchmarkAccountOfASignedInPerson(b *testing.B) {
	benchmarkSignedIn(b, "/account")
}

func benchmarkSignedIn(b *testing.B, path string) {
	h := newHouse(b, quiet)
	v := h.visitor(b)
	v.registers()
	cookie := http.Header{"Cookie": {fmt.Sprintf("%s=%s", h.Sessions.Cookie.Name, v.session())}}
	measure(b, h, 200, func() *http.Request { return h.request(get, path, "", cookie) })
}

var form = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Hx-Request": {"true"}, "Hx-Request-Type": {"partial"}}

func BenchmarkInlineCheckOfAUsername(b *testing.B) {
	h := newHouse(b, quiet)
	measure(b, h, 200, func() *http.Request { return h.request(post, "/register/check/username", "username=ada", form) })
}

func BenchmarkInlineCheckOfAPassword(b *testing.B) {
	h := newHouse(b, quiet)
	body := url.Values{"password": {"correct horse battery"}, "username": {"ada"}, "email": {"ada@example.com"}}.Encode()
	measure(b, h, 200, func() *http.Request { return h.request(post, "/register/check/password", body, form) })
}

func BenchmarkRefusedRegistration(b *testing.B) {
	h := newHouse(b, quiet)
	measure(b, h, 422, func() *http.Request { return h.request(post, "/register", "username=ada&email=ada&password=x", form) })
}
