package handlers

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// timing reports the duration of each part of an answer in the Server-Timing header (W3C), for
// the network panel of a developer's browser. It is nil elsewhere, because durations can reveal
// secrets.
type timing struct {
	http.ResponseWriter
	begun time.Time
	parts []string
}

// part measures a part of the answer until the returned func is called.
func (t *timing) part(name string) func() {
	if t == nil {
		return func() {}
	}
	begun := time.Now()
	return func() { t.parts = append(t.parts, entry(name, begun)) }
}

// WriteHeader adds the header, with the total time so far as "app".
func (t *timing) WriteHeader(status int) {
	t.Header().Set("Server-Timing", strings.Join(append(t.parts, entry("app", t.begun)), ", "))
	t.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController find the wrapped writer.
func (t *timing) Unwrap() http.ResponseWriter { return t.ResponseWriter }

// entry is a name and the milliseconds since a time.
func entry(name string, begun time.Time) string {
	return fmt.Sprintf("%s;dur=%.2f", name, float64(time.Since(begun))/float64(time.Millisecond))
}
