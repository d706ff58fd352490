package handlers

import (
	"context"
	"io"
	"net/http"
	"time"
)

// readyWait is how long the database may take to say that it is there.
const readyWait = 2 * time.Second

// healthz says that the program runs; it asks nobody.
func (s *Site) healthz(w http.ResponseWriter, _ *http.Request) error {
	return say(w, http.StatusOK, "ok\n")
}

// readyz says whether the database answers.
func (s *Site) readyz(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyWait)
	defer cancel()
	if err := s.Store.Ready(ctx); err != nil {
		s.Log.Error("not ready", "request", visitOf(r).id, "error", err.Error())
		return say(w, http.StatusServiceUnavailable, "the database does not answer\n")
	}
	return say(w, http.StatusOK, "ok\n")
}

func say(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, text) //nolint:errcheck // the client has gone; nothing is left to do
	return nil
}
