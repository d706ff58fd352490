package handlers

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"gatehouse/components"
	"gatehouse/store"
)

// scope is what is known of one request. It is made once, filled in on the way
// and read by the access log at the end. It is also the request's context, one
// for all that is kept there.
type scope struct {
	context.Context
	route chi.Context

	id      string
	address string
	// loaded says that the session was looked at; user and signIn are then who
	// is signed in, or nil.
	loaded bool
	user   *store.User
	signIn *store.SignIn
	// link is the digest of the link that the page is about, or empty.
	link string
	// refusal is why a form that was sent is only shown again, or empty.
	refusal string
	// refusedAs is the status of that, where it is not 422.
	refusedAs int
	// anew says that somebody else is signed in than when the page was drawn.
	anew bool
	// session is the token by which the session was found, or empty.
	session string
	// needsCookies says that the answer is worth nothing in a browser that keeps none.
	needsCookies bool
	// timing is nil but on a developer's machine.
	timing *timing
}

type scopeKey struct{}

// Value implements context.Context.
func (sc *scope) Value(key any) any {
	switch key {
	case scopeKey{}:
		return sc
	case chi.RouteCtxKey:
		return &sc.route
	}
	return sc.Context.Value(key)
}

// scopeOf returns the visit of a request that came through the door.
func scopeOf(r *http.Request) *scope {
	sc, _ := r.Context().Value(scopeKey{}).(*scope)
	return sc
}

// identify gives the request its id and the log its line.
func (s *Site) identify(next http.Handler) http.Handler {
	proxies := parseNetworks(s.TrustedProxies)
	var unnamed sync.Once // or the log would be full of it
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		sc := &scope{Context: r.Context(), id: rand.Text()[:16]}
		var named bool
		if sc.address, named = clientAddress(r, proxies); !named && !isProbe(r) {
			unnamed.Do(func() {
				s.Log.Warn("a trusted proxy sends no X-Forwarded-For; all who come by it share one limit", "proxy", sc.address)
			})
		}
		r = r.WithContext(sc)
		w.Header().Set("X-Request-Id", sc.id)
		if s.Mailbox != nil {
			sc.timing = &timing{ResponseWriter: w, begun: begun}
			w = sc.timing
		}
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		whole := false // until the end: an answer that breaks off panics past here
		defer func() {
			took := time.Since(begun)
			s.Metrics.observe(r, ww, whole, took)
			s.logRequest(r, sc, ww, took)
		}()
		next.ServeHTTP(ww, r)
		whole = true
	})
}

// tokenLike is what may be a token in an address that no route takes, such as a
// link that was copied with something behind it.
var tokenLike = regexp.MustCompile(`[A-Za-z0-9_-]{32,}`)

func (s *Site) logRequest(r *http.Request, sc *scope, w middleware.WrapResponseWriter, took time.Duration) {
	level := slog.LevelInfo
	if isProbe(r) || strings.HasPrefix(r.URL.Path, "/assets/") {
		level = slog.LevelDebug
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	// The pattern of the route, not the path: a path may hold a token. The
	// query is never logged.
	path := sc.route.RoutePattern()
	if path == "" || path == "/*" {
		path = tokenLike.ReplaceAllString(r.URL.Path, "TOKEN")
	}
	attrs := []slog.Attr{
		slog.String("request", sc.id), slog.String("method", r.Method), slog.String("path", path),
		slog.Int("status", w.Status()), slog.Int("bytes", w.BytesWritten()),
		slog.Duration("took", took), slog.String("address", sc.address),
	}
	if sc.user != nil {
		attrs = append(attrs, slog.Int64("user", sc.user.ID))
	}
	// Not LogAttrs, which looks up where it was called.
	record := slog.NewRecord(time.Now(), level, "request", 0)
	record.AddAttrs(attrs...)
	s.Log.Handler().Handle(r.Context(), record) //nolint:errcheck // there is nowhere left to say so
}

// Origin is where a request comes from, for the record.
func (s *Site) Origin(r *http.Request) store.Origin {
	sc := scopeOf(r)
	return store.Origin{Address: sc.address, Agent: r.UserAgent(), Request: sc.id, Device: s.device(r)}
}

// event logs what matters for security but belongs to no account, or changes
// nothing.
func (s *Site) event(r *http.Request, name string) {
	e := store.Event{Name: name, Origin: s.Origin(r)}
	if user := scopeOf(r).user; user != nil {
		e.UserID = user.ID
	}
	s.Store.Log(r.Context(), e)
}

// recoverPanic turns a panic into the page for a fault, if nothing was sent yet.
func (s *Site) recoverPanic(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if cause == http.ErrAbortHandler {
				panic(cause)
			}
			s.Log.Error("panic", "request", scopeOf(r).id, "cause", cause, "stack", string(debug.Stack()))
			if ww, ok := w.(middleware.WrapResponseWriter); ok && ww.Status() != 0 {
				panic(http.ErrAbortHandler)
			}
			s.showProblem(w, r, components.Fault)
		}()
		next.ServeHTTP(w, r)
	})
}
