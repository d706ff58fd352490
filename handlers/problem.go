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
)

// problem is an answer with a page of its own: everything that goes wrong
// outside a form.
type problem struct {
	status          int
	title, sentence string
}

func (p problem) Error() string { return p.title }

var (
	unreadableProblem = problem{400, "We could not read that", "What was sent is not a form that this page understands. Go back, reload the page and try again."}
	crossSiteProblem  = problem{403, "That came from another site", "The request was not sent from a page of this site, so nothing was done. Open the page here and try again."}
	notFoundProblem   = problem{404, "There is no such page", "The address may be mistyped, or the page may have moved."}
	methodProblem     = problem{405, "That does not work here", "This address exists, but not for what was asked of it."}
	tooLargeProblem   = problem{413, "That is too much", "What was sent is larger than any form of this site. Nothing was done."}
	wrongTypeProblem  = problem{415, "We could not read that", "Forms are accepted as application/x-www-form-urlencoded, in UTF-8 and not compressed."}
	wrongHostProblem  = problem{421, "That is not this site", "This server does not answer for the host name that was asked for."}
	faultProblem      = problem{500, "Something went wrong", "This is our fault, not yours. It was noted; please try again in a moment."}
	lostProblem       = problem{503, "We cannot reach our records", "The database does not answer at the moment. Nothing was lost; please try again in a few seconds."}
	busyProblem       = problem{503, "It is busy right now", "Too many people are signing in at this moment. Nothing was lost; please try again in a few seconds."}
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

// fail answers an error, once. Faults are logged here and nowhere else.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p problem
	switch {
	case errors.As(err, &p):
	case errors.Is(err, store.ErrBusy):
		p = busyProblem
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		// The client has gone: nobody reads the answer, and it is no fault.
		w.WriteHeader(http.StatusBadRequest)
		return
	default:
		p = faultProblem
		if s.Store.Lost(err) {
			p = lostProblem
		}
		s.Log.Error("fault", "request", visitOf(r).id, "error", err.Error())
	}
	s.showProblem(w, r, p)
}

// showProblem writes a problem page. It must not fail, so it leaves the
// session alone.
func (s *Site) showProblem(w http.ResponseWriter, r *http.Request, p problem) {
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	body := components.Problem(p.status, p.title, p.sentence, visitOf(r).id)
	text, err := render(r.Context(), components.Layout(s.page(r, p.title), body))
	if err != nil {
		s.Log.Error("fault", "request", visitOf(r).id, "error", err.Error())
		text = []byte(fmt.Sprintf("%s\n\n%s\n", p.title, p.sentence))
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	}
	writePage(w, r, p.status, text)
}

func (s *Site) notFound(http.ResponseWriter, *http.Request) error { return notFoundProblem }

func (s *Site) methodNotAllowed(w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		if s.mux.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return methodProblem
}
