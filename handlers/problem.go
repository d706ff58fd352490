package handlers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// retryAfter is how long a client should wait after 503, in seconds.
const retryAfter = "5"

// serve makes an http.HandlerFunc of a handler.
func (s *Site) serve(do handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := do(w, r); err != nil {
			s.fail(w, r, err)
		}
	}
}

// fail answers an error, once. Faults are logged only here.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p components.Problem
	switch {
	case errors.As(err, &p):
	case isRefusal(err) && isCheck(r):
		noContent(w) //nolint:errcheck // it never fails
		return
	case isRefusal(err):
		// A refusal that no form shows.
		refusal, _ := rules.AsRefusal(err)
		p = components.Problem{Status: s.Refuse(w, r, err), Title: "Nothing was changed", Sentence: refusal.Sentence}
		if refusal.Wait > 0 {
			p.Title = "Too many tries"
		}
	case errors.Is(err, store.ErrForbidden):
		s.event(r, store.EventForbidden)
		p = components.StaffOnly
	case errors.Is(err, secret.ErrBusy):
		p = components.Busy
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		// The client has gone. Nobody reads the answer, and it is not a fault.
		w.WriteHeader(http.StatusBadRequest)
		return
	default:
		p = components.Fault
		if s.Store.Unavailable(err) {
			p = components.Lost
			s.Store.NoteTrouble(err)
		}
		s.Log.Error("fault", "request", scopeOf(r).id, "error", err.Error())
	}
	s.showProblem(w, r, p)
}

func isRefusal(err error) bool {
	_, ok := rules.AsRefusal(err)
	return ok
}

// showProblem writes a problem page. It must not fail, so it leaves the session as it is.
func (s *Site) showProblem(w http.ResponseWriter, r *http.Request, p components.Problem) {
	switch p.Status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	case http.StatusRequestEntityTooLarge:
		w.Header().Set("Connection", "close") // or the rest would be read
	}
	about := s.page(r, p.Title)
	about.Entry, about.Indexed = false, false
	shown := about
	if shown.Here = returnAddress(r); r.Method != http.MethodGet || s.back(shown.Here) != shown.Here {
		shown.Here = "" // there is nothing to open again
	}
	frame := components.Layout
	if partial(r) && p.Status == http.StatusTooManyRequests { // the one that htmx puts into the page
		frame = components.Fragment
	}
	// A client that disconnects meanwhile must not cause a fault.
	page, err := render(context.WithoutCancel(r.Context()), frame(about, components.ProblemPage(p, shown, scopeOf(r).id)))
	if err != nil {
		s.Log.Error("fault", "request", scopeOf(r).id, "error", err.Error())
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		writePage(w, r, p.Status, fmt.Appendf(nil, "%s\n\n%s\n", p.Title, p.Sentence))
		return
	}
	defer release(page)
	writePage(w, r, p.Status, page.Bytes())
}

func (s *Site) notFound(http.ResponseWriter, *http.Request) error { return components.NotFound }

func (s *Site) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if s.mux.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return components.WrongMethod
}
