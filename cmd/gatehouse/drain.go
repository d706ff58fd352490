package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// drainPause is how long what was accepted is still answered once nothing more is: net/http drops a
// request without an answer whose head it reads after Shutdown began.
const drainPause = 100 * time.Millisecond

// drainMost is the longest --drain.
const drainMost = time.Minute

// drain finishes what is under way and takes nothing new, so that a restart loses no request.
type drain struct{ begun atomic.Bool }

// wrap has every answer close its connection once the drain has begun, and /readyz say so.
func (d *drain) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.begun.Load() {
			w.Header().Set("Connection", "close")
			if r.URL.Path == "/readyz" {
				w.Header().Set("Cache-Control", "no-store")
				w.Header().Set("Content-Type", "text/plain; charset=utf-8")
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, "stopping\n") //nolint:errcheck // the client has gone
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// run drains a server: first a balancer that polls /readyz gets time to see it, then the listener is
// closed and served waited for, which Serve sends to. Requests that take longer than wait are cut off.
// A slow client must not make a stop look like a failure.
func (d *drain) run(ctx context.Context, server *http.Server, at net.Listener, served <-chan error, lasting, wait time.Duration, log *slog.Logger) error {
	d.begun.Store(true)
	time.Sleep(max(0, lasting-drainPause))
	at.Close()
	<-served
	time.Sleep(min(lasting, drainPause))
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("requests were cut off", "after", wait)
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("finish the requests in flight: %w", err)
	}
	return nil
}
