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

// scope is what is known about one request. It is created once, filled in by handlers, and read
// by the access log at the end.
type scope struct {
	// route is chi's own context, which chi would reuse before the log is written.
	route chi.Context
	// bare is the request's context without a session. scs loads no other session into a
	// context that has one.
	bare context.Context

	id      string
	address string
	// loaded says that the session was read. user and signIn are then who is signed in, or nil. They
	// act: what is logged, kept or proved is theirs, also while they look at an account.
	loaded bool
	user   *store.User
	signIn *store.SignIn
	// lookedAt is the person at whose account the user looks, or nil.
	lookedAt *store.User
	// summary is how things are with their account, on the pages that say it.
	summary store.Summary
	// subject is the number of the account that a page of the administration is about, or 0.
	subject int64
	// link is the digest of the link that the page belongs to, or empty.
	link string
	// refusal is why a posted form is only shown again, or empty.
	refusal string
	// refusedAs is the status of the refusal, if it is not 422.
	refusedAs int
	// otherUser says that the page was drawn for somebody else than the current user.
	otherUser bool
	// session is the token that found the session, or empty.
	session string
	// needsCookies says that the answer is useless in a browser that blocks cookies.
	needsCookies bool
	// timing is nil except on a developer's machine.
	timing *timing
}

type scopeKey struct{}

// within adds the scope to the context of its request.
func (sc *scope) within(ctx context.Context) context.Context {
	return context.WithValue(context.WithValue(ctx, chi.RouteCtxKey, &sc.route), scopeKey{}, sc)
}

// scopeOf returns the scope of a request that passed the door.
func scopeOf(r *http.Request) *scope {
	sc, _ := r.Context().Value(scopeKey{}).(*scope)
	return sc
}

// shown is whose pages are shown, or nil: the person at whose account the user looks, else the user.
func (sc *scope) shown() *store.User {
	if sc.lookedAt != nil {
		return sc.lookedAt
	}
	return sc.user
}

// shownSignIn is the sign-in of whom pages are shown. Nobody who is looked at is signed in here: then it
// is the zero SignIn.
func (sc *scope) shownSignIn() store.SignIn {
	if sc.lookedAt != nil {
		return store.SignIn{}
	}
	return *sc.signIn
}

// identify gives each request an id and a log line.
func (s *Site) identify(next http.Handler) http.Handler {
	proxies := parseNetworks(s.TrustedProxies)
	var unnamed sync.Once // or the log would be full of it
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		sc := &scope{id: rand.Text()[:16]}
		var named bool
		if sc.address, named = clientAddress(r, proxies, s.ProxySocket); !named && !isProbe(r) {
			unnamed.Do(func() {
				s.Log.Warn("a trusted proxy sends no X-Forwarded-For; all who come by it share one limit", "proxy", sc.address)
			})
		}
		r = r.WithContext(sc.within(r.Context()))
		if !isAsset(r) { // which the log names by its address alone
			w.Header().Set("X-Request-Id", sc.id)
		}
		if s.Mailbox != nil {
			sc.timing = &timing{ResponseWriter: w, begun: begun}
			w = sc.timing
		}
		ww := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		finished := false // an answer that breaks off panics past the line that sets this
		defer func() {
			took := time.Since(begun)
			s.Metrics.observe(r, ww, finished, took)
			s.logRequest(r, sc, ww, took)
		}()
		next.ServeHTTP(ww, r)
		finished = true
	})
}

func isAsset(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/assets/") }

// tokenLike matches what may be a token in a path without a route, such as a link that was
// copied with extra text.
var tokenLike = regexp.MustCompile(`[A-Za-z0-9_-]{32,}`)

func (s *Site) logRequest(r *http.Request, sc *scope, w middleware.WrapResponseWriter, took time.Duration) {
	level := slog.LevelInfo
	if isProbe(r) || isAsset(r) {
		level = slog.LevelDebug
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	// Log the route pattern, not the path, because a path may contain a token. The query is
	// never logged.
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
	if sc.lookedAt != nil {
		attrs = append(attrs, slog.Int64("looking", sc.lookedAt.ID))
	}
	if sc.subject != 0 {
		attrs = append(attrs, slog.Int64("subject", sc.subject))
	}
	// Not LogAttrs, which looks up its caller.
	record := slog.NewRecord(time.Now(), level, "request", 0)
	record.AddAttrs(attrs...)
	s.Log.Handler().Handle(r.Context(), record) //nolint:errcheck // there is nowhere left to say so
}

// Origin is where a request comes from, for events and sign-ins.
func (s *Site) Origin(r *http.Request) store.Origin {
	sc := scopeOf(r)
	return store.Origin{Address: sc.address, Agent: r.UserAgent(), Request: sc.id, Device: s.device(r), Trust: s.trust(r), Zone: s.browserZone(r)}
}

// event logs a security event that belongs to no account or changes nothing.
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
