package main

import (
	"bytes"
	"context"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// proxy stands between the browser and the program, as proxies do. It counts
// requests, holds answers back until the test lets them go, and can play a
// server that fails or is gone. Requests are named like "POST /register".
type proxy struct {
	t      *testing.T
	url    string
	target *url.URL
	closed chan struct{}

	mu     sync.Mutex
	counts map[string]int
	held   map[string]*holder
	// status, unless 0, is answered to everything; gone closes connections
	// without an answer.
	status int
	gone   bool
}

// serveProxied starts the program behind a proxy of the test's own.
func serveProxied(t *testing.T, flags ...string) (*program, *proxy) {
	t.Helper()
	x := &proxy{t: t, closed: make(chan struct{}), counts: make(map[string]int), held: make(map[string]*holder)}
	server := httptest.NewUnstartedServer(x.handler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // aborted connections are what some tests are about
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	x.url = "http://localhost:" + port
	t.Cleanup(func() {
		close(x.closed)
		server.Close()
	})
	p := serveProgram(t, append(flags, "--base-url", x.url)...)
	x.target, _ = url.Parse(p.address)
	p.url = x.url
	server.Start()
	return p, x
}

func (x *proxy) handler() http.Handler {
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(x.target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: x.answered,
		ErrorHandler:   func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		ErrorLog:       log.New(io.Discard, "", 0),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		r = r.WithContext(context.WithValue(r.Context(), bodyKey{}, string(body)))
		x.mu.Lock()
		x.counts[r.Method+" "+r.URL.Path]++
		status, gone := x.status, x.gone
		x.mu.Unlock()
		switch {
		case gone:
			panic(http.ErrAbortHandler)
		case status != 0:
			http.Error(w, "not now", status)
		default:
			reverse.ServeHTTP(w, r)
		}
	})
}

// bodyKey finds what a request carried in its context.
type bodyKey struct{}

// holder is where held answers to one kind of request arrive.
type holder struct {
	proxy   *proxy
	request string
	held    chan *answer
	opened  chan struct{}
}

// answer is one that the program has given and the browser has not got.
type answer struct {
	form     url.Values
	released chan fate
	settled  chan struct{}
}

// fate is what becomes of a held answer. A lost one never arrives: with a
// status, a proxy further on answers that.
type fate struct {
	lost   bool
	status int
}

// hold keeps back every answer to these requests from now on.
func (x *proxy) hold(request string) *holder {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := &holder{x, request, make(chan *answer, 1000), make(chan struct{})}
	x.held[request] = h
	return h
}

// answered holds an answer back if the test wants that. A browser that no
// longer waits for it ends the wait.
func (x *proxy) answered(r *http.Response) error {
	ctx := r.Request.Context()
	x.mu.Lock()
	h := x.held[r.Request.Method+" "+r.Request.URL.Path]
	x.mu.Unlock()
	if h == nil {
		return nil
	}
	body, _ := ctx.Value(bodyKey{}).(string)
	form, err := url.ParseQuery(body)
	if err != nil {
		return err
	}
	a := &answer{form: form, released: make(chan fate, 1), settled: make(chan struct{})}
	defer close(a.settled)
	h.held <- a
	var f fate
	select {
	case f = <-a.released:
	case <-h.opened:
	case <-ctx.Done():
	case <-x.closed:
	}
	if f.lost && f.status == 0 {
		return io.ErrUnexpectedEOF
	}
	if f.lost {
		r.StatusCode, r.Header, r.ContentLength, r.Body = f.status, http.Header{}, 0, http.NoBody
	}
	return ctx.Err()
}

// next waits for the next held answer to a request that sent this value, so
// that a slow machine, on which more is sent than was meant, gets the same.
func (h *holder) next(field, value string) *answer {
	h.proxy.t.Helper()
	for {
		select {
		case a := <-h.held:
			if a.form.Get(field) == value {
				return a
			}
		case <-time.After(patience):
			h.proxy.t.Fatalf("there was no %s with the %s %q", h.request, field, value)
		}
	}
}

// open lets all answers go, those that are held and those to come.
func (h *holder) open() {
	h.proxy.mu.Lock()
	defer h.proxy.mu.Unlock()
	delete(h.proxy.held, h.request)
	close(h.opened)
}

// release lets the answer go to the browser, if that still wants it.
func (a *answer) release() { a.settle(fate{}) }

// lose has the answer break off, or with a status be replaced by one of a proxy
// further on.
func (a *answer) lose(status int) { a.settle(fate{lost: true, status: status}) }

func (a *answer) settle(f fate) {
	a.released <- f
	<-a.settled
}

// count is how many of these requests the browser has sent.
func (x *proxy) count(request string) int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.counts[request]
}

// all is how many of each request the browser has sent.
func (x *proxy) all() map[string]int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return maps.Clone(x.counts)
}

// fail makes the server answer everything with status; 0 makes it well again.
func (x *proxy) fail(status int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.status, x.gone = status, false
}

// leave makes the server close every connection without an answer.
func (x *proxy) leave() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.gone = true
}
