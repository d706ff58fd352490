package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"gatehouse/assets"
	"gatehouse/handlers"
)

// Limits of the server, in the order in which a slow client meets them.
const (
	headerWait = 5 * time.Second
	readWait   = 15 * time.Second
	writeWait  = 30 * time.Second
	idleWait   = 60 * time.Second
	headerMax  = 32 << 10
	finishWait = 10 * time.Second
)

type serveCommand struct{}

// Run serves until the context ends or SIGINT or SIGTERM arrives, and then
// finishes the requests in flight. A second signal ends at once.
func (serveCommand) Run(j *job) error {
	ctx, stop := signal.NotifyContext(j.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c, err := j.settings.check()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", j.settings.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	defer listener.Close()
	if c.base == nil {
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		c.base = &url.URL{Scheme: "http", Host: "localhost:" + port}
	}
	a, err := openAccounts(j, c)
	if err != nil {
		return err
	}
	return errors.Join(serve(ctx, stop, j, c, a, listener), a.close())
}

func serve(ctx context.Context, stop func(), j *job, c checked, a *accounts, listener net.Listener) error {
	log := j.logger()
	sessions, err := a.db.Sessions(ctx)
	if err != nil {
		return err
	}
	site := &handlers.Site{
		Name:           j.settings.Name,
		BaseURL:        c.base,
		Open:           j.settings.Registration == "open",
		Store:          a.store,
		Passwords:      a.passwords,
		Sessions:       handlers.NewSessions(sessions, c.base.Scheme == "https"),
		TrustedProxies: c.proxies,
		Assets:         assets.Handler,
		Icon:           assets.Icon(),
		Robots:         assets.Robots(),
		Log:            log,
	}
	server := &http.Server{
		Handler:           site.Handler(),
		ReadHeaderTimeout: headerWait,
		ReadTimeout:       readWait,
		WriteTimeout:      writeWait,
		IdleTimeout:       idleWait,
		MaxHeaderBytes:    headerMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	if j.settings.InsecureTest {
		log.Warn("INSECURE: --insecure-test is on; this is for tests only")
	}
	fmt.Fprintf(j.term.out, "gatehouse listening on http://%s\n", listener.Addr())

	var background sync.WaitGroup
	defer background.Wait()
	background.Go(func() { prune(ctx, log, a.store.PruneSignIns, sessions.Prune) })

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	stop() // from here on a second signal ends the process
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWait)
	defer cancel()
	if err := server.Shutdown(finish); err != nil {
		return fmt.Errorf("finish the requests in flight: %w", err)
	}
	return nil
}

// logger writes to stderr in the format that the settings ask for.
func (j *job) logger() *slog.Logger {
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey && len(groups) == 0 {
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		}
		return a
	}}
	if j.settings.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(j.term.err, options))
	}
	return slog.New(slog.NewTextHandler(j.term.err, options))
}
