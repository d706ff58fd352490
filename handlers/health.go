package handlers

import (
	"cmp"
	"fmt"
	"io"
	"net/http"
)

// healthz says that the program runs. It uses no database.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) error {
	return writeText(w, http.StatusOK, "ok\n")
}

// readyz says whether the database accepts writes, and if not, why.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) error {
	err := s.Store.Ready(r.Context())
	if err == nil {
		return writeText(w, http.StatusOK, "ok\n")
	}
	if r.Context().Err() != nil {
		return err // the client has gone
	}
	s.Log.Error("not ready", "request", scopeOf(r).id, "error", err.Error())
	// Never the error itself: it may name hosts and folders, and anybody may ask.
	why := cmp.Or(s.Store.Trouble(err), "the log says why")
	return writeText(w, http.StatusServiceUnavailable, fmt.Sprintf("the database cannot be written: %s\n", why))
}

func writeText(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text) //nolint:errcheck // the client has gone; nothing is left to do
	return nil
}
