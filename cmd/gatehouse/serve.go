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
	"gatehouse/store/identity"
)

// Limits of the server, in the order in which a slow client reaches them.
const (
	headerWait = 5 * time.Second
	readWait   = 15 * time.Second
	writeWait  = 30 * time.Second
	idleWait   = 60 * time.Second
	headerMax  = 32 << 10
	finishWait = 10 * time.Second
)

type serveCommand struct{}

// Run serves until the context ends or SIGINT or SIGTERM arrives, and then finishes the
// requests in flight. A second signal ends the process at once.
func (serveCommand) Run(inv *invocation) error {
	inv.queueOutput()
	ctx, stop := signal.NotifyContext(inv.ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	c, err := inv.settings.check()
	if err != nil {
		return err
	}
	if err := inv.settings.checkSecret(c); err != nil {
		return err
	}
	at, err := inv.settings.listen()
	if err != nil {
		return err
	}
	defer at.close()
	if c.base == nil {
		_, port, _ := net.SplitHostPort(at.site.Addr().String())
		c.base = &url.URL{Scheme: "http", Host: "localhost:" + port}
		if err := inv.settings.checkPasskeyDomain(c); err != nil {
			return err
		}
	}
	starting := *inv
	starting.ctx = ctx
	log := inv.settings.logger(inv.term.err)
	a, err := openAccounts(&starting, c, log, true)
	if ctx.Err() != nil && err != nil {
		return nil // stopped before anybody was served
	}
	if err != nil {
		return err
	}
	inv.logSettings(log)
	inv.logWrong(ctx, c, a, log)
	return errors.Join(serve(ctx, stop, inv, c, a, at, log), a.close())
}

func serve(ctx context.Context, stop func(), inv *invocation, c checked, a *accounts, at listeners, log *slog.Logger) error {
	sessions, err := a.db.Sessions(ctx)
	if err != nil {
		return err
	}
	site := inv.site
	*site = handlers.Site{
		Name:           inv.settings.Name,
		Version:        version,
		BaseURL:        c.base,
		Registration:   inv.settings.Registration,
		Contacts:       c.contacts,
		Store:          a.store,
		Passwords:      a.passwords,
		Hasher:         a.hasher,
		Sessions:       handlers.NewSessions(sessions, c.base),
		Limits:         inv.settings.rules(c.base).Limits,
		Clock:          inv.clock,
		TrustedProxies: c.proxies,
		ProxySocket:    at.site.Addr().Network() == "unix",
		AnswerWait:     handlers.AnswerWait,
		Assets:         assets.Handler,
		Icon:           assets.Icon(),
		TouchIcon:      assets.TouchIcon(),
		Robots:         assets.Robots(),
		Log:            log,
		LostLines:      inv.lostLines,
		Product:        site.Product,
	}
	if err := a.warnTooCostly(ctx, log); err != nil {
		return err
	}
	noAdmin, err := a.noAdmin(ctx, inv, c, log)
	if err != nil {
		return err
	}
	worker, err := inv.worker(site, a)
	if err != nil {
		return err
	}
	daily := inv.dailyBackup(c, a, log)
	if daily != nil {
		site.BackupAge = daily.age
	}
	if at.metrics != nil {
		site.Metrics = handlers.NewMetrics(site)
	}
	handler, err := site.Handler()
	if err != nil {
		return err
	}
	draining := &drain{}
	server := newServer(draining.wrap(handler), log)
	if inv.settings.InsecureTest {
		log.Warn("INSECURE: --insecure-test is on; this is for tests only")
	}
	fmt.Fprintf(inv.term.out, "%s listening on %s\n", identity.Program, addressOf(at.site))
	if at.metrics != nil {
		fmt.Fprintf(inv.term.out, "metrics are at %s/metrics\n", addressOf(at.metrics))
	}
	switch {
	case site.Mailbox != nil:
		fmt.Fprintf(inv.term.out, "there is no mail server: mail is at %s\n", c.base.JoinPath("/dev/mailbox"))
	case !a.store.Mails():
		fmt.Fprintln(inv.term.out, "there is no mail server: nobody gets mail, so nobody can confirm an address or recover an account; set --smtp")
	}
	switch {
	case !a.store.SecondSteps():
		fmt.Fprintln(inv.term.out, "there is no --secret: nobody can have a second step or a passkey, and staff are asked for none; set one, the same for all copies")
	case !a.store.Passkeys():
		fmt.Fprintf(inv.term.out, "nobody can have a passkey: %v\n", a.noPasskeys)
	}
	fmt.Fprint(inv.term.out, noAdmin)

	var background sync.WaitGroup
	defer background.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if worker != nil {
		background.Go(func() { worker.Run(ctx) })
	}
	if daily != nil {
		background.Go(func() { daily.run(ctx) })
	}
	background.Go(func() { prune(ctx, log, a.prunings(sessions)) })
	background.Go(func() { jobs{a.store, log, site.Product.Jobs}.run(ctx) })

	served, measured := make(chan error, 1), make(chan error, 1)
	go func() { served <- server.Serve(strictListener{at.site}) }()
	if at.metrics != nil {
		metrics := newServer(site.Metrics, log)
		defer metrics.Close() // a scrape that is cut off loses nothing
		go func() { measured <- metrics.Serve(strictListener{at.metrics}) }()
	}
	notify("READY=1")
	select {
	case err := <-served:
		return fmt.Errorf("serve: %w", err)
	case err := <-measured:
		return fmt.Errorf("serve metrics: %w", err)
	case <-ctx.Done():
	}
	notify("STOPPING=1")
	stop() // from here on a second signal ends the process
	return draining.run(ctx, server, at.site, served, inv.settings.Drain, finishWait, log)
}

// newServer is a server with the limits.
func newServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           closeDoubtful(handler),
		ConnContext:       withStrictConn,
		ReadHeaderTimeout: headerWait,
		ReadTimeout:       readWait,
		WriteTimeout:      writeWait,
		IdleTimeout:       idleWait,
		MaxHeaderBytes:    headerMax,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// OPTIONS * is handled like any other request, with our headers and log line.
		DisableGeneralOptionsHandler: true,
	}
}
