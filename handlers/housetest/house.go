// Package housetest tests products: it opens a whole site with a product behind it, on a
// real database and a real port, with a clock that moves when it is told to, and checks
// what every product owes the people whose accounts it keeps.
package housetest

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"gatehouse/assets"
	"gatehouse/handlers"
	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Product makes a product, as the function of that name in cmd/gatehouse does.
type Product = func(*handlers.Site) handlers.Product

// House is a whole site of a test's own. Nothing in it is limited, so a test may try as
// often as it likes.
type House struct {
	Site  *handlers.Site
	Store *store.Store
	// Clock stands still unless it is moved.
	Clock *storetest.Clock
	// Database is for looking at rows, and for what no page does.
	Database store.Database
	// HTMX says that visitors send forms by htmx.
	HTMX bool

	kind    storetest.Database
	server  *httptest.Server
	mailbox mail.Mailbox
	worker  *mail.Worker
	// people makes accounts without a letter.
	people *store.Store
	// tables are those that the product made.
	tables map[string][]string
	// read is the number of the next message.
	read int
}

// Open opens a site until the test ends. A product that the program would not start with
// fails the test. Settings of the product have their defaults.
func Open(t testing.TB, d storetest.Database, product Product) *House {
	t.Helper()
	h, err := open(t, d, product)
	must(t, err)
	return h
}

// open returns an error where it is the product that is in the way.
func open(t testing.TB, d storetest.Database, product Product) (*House, error) {
	t.Helper()
	ctx := context.Background()
	site := &handlers.Site{}
	p := product(site)
	if p.Settings != nil {
		if err := kong.ApplyDefaults(p.Settings); err != nil {
			return nil, err
		}
	}
	db := d.Open(t, d.New(t))
	h := &House{Site: site, Clock: storetest.NewClock(), Database: db.Accounts(), kind: d}
	if err := h.migrate(t, db, p.Migrations); err != nil {
		return nil, err
	}
	sessions, err := db.Sessions(ctx)
	must(t, err)

	h.server = httptest.NewUnstartedServer(nil)
	t.Cleanup(h.server.Close)
	_, port, _ := strings.Cut(h.server.Listener.Addr().String(), ":")
	base := &url.URL{Scheme: "http", Host: "localhost:" + port}
	log := slog.New(slog.NewTextHandler(newJournal(t), &slog.HandlerOptions{Level: slog.LevelWarn}))
	*site = handlers.Site{
		Name: "Example House", BaseURL: base, Registration: store.RegistrationOpen, Clock: h.Clock.Now,
		Passwords: storetest.NewPasswords(), Hasher: storetest.NewHasher(t), AnswerWait: handlers.AnswerWait,
		Sessions: handlers.NewSessions(sessions, base),
		Assets:   assets.Handler, Icon: assets.Icon(), TouchIcon: assets.TouchIcon(), Robots: assets.Robots(), Log: log, Product: p,
	}
	rules := store.DefaultRules
	// A letter about every new device would stand among those of the product.
	rules.Limits, rules.NoNotices = store.Limits{}, true
	h.people = storetest.NewWith(t, h.Database, h.Clock, rules)
	rules.Mails, rules.Keys, rules.RelyingParty = true, storetest.Keys(t), storetest.RelyingParty(t, base.String())
	h.Store, err = store.New(ctx, h.Database, site.Passwords, site.Hasher, rules, h.Clock.Now, log)
	must(t, err)
	if err := h.Store.Extend(p.ForStore()); err != nil {
		return nil, err
	}
	site.Store = h.Store
	h.worker = &mail.Worker{
		Store: h.Store, Sender: &h.mailbox, Site: site.Name, Base: base, From: site.Name + " <no-reply@localhost>", Log: log,
		Product: p.LetterWords(),
	}
	if h.server.Config.Handler, err = site.Handler(); err != nil {
		return nil, err
	}
	h.server.Start()
	return h, nil
}

// migrate makes our tables and then the product's, which h.tables are.
func (h *House) migrate(t testing.TB, db storetest.DB, product fs.FS) error {
	t.Helper()
	_, err := db.Migrate(context.Background())
	must(t, err)
	ours := h.kind.Columns(t, h.Database)
	if _, err = db.Migrate(context.Background(), product); err != nil {
		return err
	}
	h.tables = h.kind.Columns(t, h.Database)
	for table := range ours {
		delete(h.tables, table)
	}
	return nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Both runs a test of a product four times: on SQLite and on PostgreSQL, and on each as a
// browser without script and by htmx. Each has a house of its own, and all run at once.
func Both(t *testing.T, product Product, test func(t *testing.T, h *House)) {
	t.Helper()
	t.Parallel()
	for _, d := range storetest.Databases {
		for how, htmx := range map[string]bool{" plain": false, " htmx": true} {
			t.Run(d.Name+how, func(t *testing.T) {
				t.Parallel()
				h := Open(t, d, product)
				h.HTMX = htmx
				test(t, h)
			})
		}
	}
}
