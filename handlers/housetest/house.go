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
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"gatehouse/assets"
	"gatehouse/handlers"
	"gatehouse/handlers/mail"
	"gatehouse/handlers/visitor"
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
	ctx := context.Background()
	site := &handlers.Site{}
	p := product(site)
	if p.Settings != nil {
		must(t, kong.ApplyDefaults(p.Settings))
	}
	db := d.Open(t, d.New(t))
	h := &House{Site: site, Clock: storetest.NewClock(), Database: db.Accounts(), kind: d}
	h.migrate(t, db, p.Migrations)
	sessions, err := db.Sessions(ctx)
	must(t, err)

	h.server = httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(h.server.Listener.Addr().String(), ":")
	base := &url.URL{Scheme: "http", Host: "localhost:" + port}
	// What goes wrong stands with the test that it went wrong in.
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	*site = handlers.Site{
		Name: "Example House", BaseURL: base, Registration: store.RegistrationOpen, Clock: h.Clock.Now,
		Passwords: storetest.NewPasswords(), Hasher: storetest.NewHasher(t), AnswerWait: handlers.AnswerWait,
		Sessions: handlers.NewSessions(sessions, base),
		Assets:   assets.Handler, Icon: assets.Icon(), Robots: assets.Robots(), Log: log, Product: p,
	}
	rules := store.DefaultRules
	// A letter about every new device would stand among those of the product.
	rules.Limits, rules.NoNotices = store.Limits{}, true
	h.people = storetest.NewWith(t, h.Database, h.Clock, rules)
	rules.Letters = storetest.Seal(t)
	h.Store, err = store.New(ctx, h.Database, site.Passwords, site.Hasher, rules, h.Clock.Now, log)
	must(t, err)
	must(t, h.Store.Extend(p.ForStore()))
	site.Store = h.Store
	h.worker = &mail.Worker{
		Store: h.Store, Sender: &h.mailbox, Site: site.Name, Base: base, From: site.Name + " <no-reply@localhost>", Log: log,
		Product: p.LetterWords(),
	}
	h.server.Config.Handler, err = site.Handler()
	must(t, err)
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// migrate makes our tables and then the product's, which h.tables are.
func (h *House) migrate(t testing.TB, db storetest.DB, product fs.FS) {
	t.Helper()
	_, err := db.Migrate(context.Background())
	must(t, err)
	ours := h.kind.Columns(t, h.Database)
	_, err = db.Migrate(context.Background(), product)
	must(t, err)
	h.tables = h.kind.Columns(t, h.Database)
	for table := range ours {
		delete(h.tables, table)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Visitor is a browser in which nobody is signed in.
func (h *House) Visitor(t testing.TB) *visitor.Visitor {
	v := visitor.New(t, h.server.URL, h.Site.BaseURL)
	v.HTMX = h.HTMX
	return v
}

// Letters delivers the letters that wait. It returns what arrived since it was last called,
// in the order in which it was written.
func (h *House) Letters(t testing.TB) []mail.Message {
	t.Helper()
	must(t, h.worker.Once(context.Background()))
	messages := slices.DeleteFunc(h.mailbox.Messages(), func(m mail.Message) bool { return m.Number < h.read })
	h.read += len(messages)
	slices.Reverse(messages)
	return messages
}

// Run runs a job of the product once, as if it were due. One that returns an error fails
// the test.
func (h *House) Run(t testing.TB, job string) {
	t.Helper()
	i := slices.IndexFunc(h.Site.Product.Jobs, func(j handlers.Job) bool { return j.Name == job })
	if i < 0 {
		t.Fatalf("the product has no job %q", job)
	}
	must(t, h.Site.Product.Jobs[i].Do(t.Context()))
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
