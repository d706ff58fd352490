package handlers

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"gatehouse/assets"
	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// house is a whole site of a test's own, on a real database and a real port.
type house struct {
	*Site
	kind   storetest.Database
	name   string
	change []func(*Site)
	db     storetest.DB
	data   store.Database
	clock  *storetest.Clock
	server *httptest.Server
	log    *logBuffer
	worker *mail.Worker
	// live are the paths of links that work, by the route that takes them.
	live map[string]string
}

// withMail gives a site a mailbox. Letters arrive when h.letters asks for them.
func withMail(s *Site) { s.Mailbox = &mail.Mailbox{} }

// changedRules are what withRules changes, by its site.
var changedRules sync.Map

// withRules gives a site other rules.
func withRules(change func(r *store.Rules)) func(*Site) {
	return func(s *Site) { changedRules.Store(s, change) }
}

// newHouse builds a site on SQLite; change may alter it before it opens.
func newHouse(t testing.TB, change ...func(*Site)) *house {
	t.Helper()
	return newHouseOn(t, storetest.SQLite, change...)
}

// newHouseOn builds a site on a database.
func newHouseOn(t testing.TB, d storetest.Database, change ...func(*Site)) *house {
	t.Helper()
	return openHouse(t, d, d.New(t), storetest.NewClock(), change...)
}

// beside opens a further copy of the program on the same database, at the same
// time.
func (h *house) beside(t testing.TB) *house {
	t.Helper()
	return openHouse(t, h.kind, h.name, h.clock, h.change...)
}

func openHouse(t testing.TB, d storetest.Database, name string, clock *storetest.Clock, change ...func(*Site)) *house {
	t.Helper()
	ctx := context.Background()
	db := d.Open(t, name)
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	h := &house{kind: d, name: name, change: change, db: db, data: db.Accounts(), clock: clock, log: &logBuffer{}}
	sessions, err := db.Sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.server = httptest.NewUnstartedServer(nil)
	_, port, _ := strings.Cut(h.server.Listener.Addr().String(), ":")
	h.Site = &Site{
		Name: "Gatehouse", BaseURL: &url.URL{Scheme: "http", Host: "localhost:" + port}, Registration: store.RegistrationOpen,
		Clock: h.clock.Now, Passwords: storetest.NewPasswords(), Hasher: storetest.NewHasher(t), AnswerWait: time.Minute,
		Assets: assets.Handler, Icon: assets.Icon(), TouchIcon: assets.TouchIcon(), Robots: assets.Robots(),
		Log: slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, c := range change {
		c(h.Site)
	}
	rules := store.DefaultRules
	rules.Limits = h.Limits
	rules.Mails, rules.Keys, rules.RelyingParty = h.Mailbox != nil, storetest.Keys(t), storetest.RelyingParty(t, h.BaseURL.String())
	if change, changed := changedRules.Load(h.Site); changed {
		change.(func(*store.Rules))(&rules)
	}
	if h.Store, err = store.New(ctx, h.data, h.Passwords, h.Hasher, rules, h.clock.Now, h.Log); err != nil {
		t.Fatal(err)
	}
	if err := h.Store.Extend(h.Product.ForStore()); err != nil {
		t.Fatal(err)
	}
	h.worker = &mail.Worker{
		Store: h.Store, Sender: h.Mailbox, Site: h.Name, Base: h.BaseURL, From: "Gatehouse <no-reply@localhost>", Log: h.Log,
		Product: h.Product.LetterWords(),
	}
	h.Sessions = NewSessions(sessions, h.BaseURL)
	if h.server.Config.Handler, err = h.Handler(); err != nil {
		t.Fatal(err)
	}
	h.server.Start()
	t.Cleanup(h.server.Close)
	return h
}

// logBuffer collects what the site logs.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// both runs a row twice on each database, as a browser without script and as
// htmx. change may alter the site before it opens.
func both(t *testing.T, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	on(t, storetest.Databases, row, change...)
}

// either is both for rows in which the database does not matter: on SQLite alone.
func either(t *testing.T, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	on(t, []storetest.Database{storetest.SQLite}, row, change...)
}

func on(t *testing.T, databases []storetest.Database, row func(t *testing.T, h *house, v *visitor), change ...func(*Site)) {
	t.Parallel()
	for _, d := range databases {
		for _, htmx := range []bool{false, true} {
			name := d.Name + " plain"
			if htmx {
				name = d.Name + " htmx"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				h := newHouseOn(t, d, change...)
				v := h.visitor(t)
				v.htmx = htmx
				row(t, h, v)
			})
		}
	}
}

// user is the account with that username as it is now.
func (h *house) user(t testing.TB, username string) store.User {
	t.Helper()
	user, err := h.Store.Find(t.Context(), username)
	if err != nil {
		t.Fatal(err)
	}
	return user
}

// registration is the wish of a person with that username.
func registration(username string) store.Registration {
	return store.Registration{Username: username, Email: username + "@example.com", Password: storetest.Password}
}

// ask sends a request to the handler without a connection, so that headers
// which no client would send arrive.
func ask(handler http.Handler, host, path string, header http.Header) *httptest.ResponseRecorder {
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.URL.Path, request.Host, request.Header = path, host, header
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	return recorder
}

// routes are those of the site and of its product.
func (h *house) routes() []route {
	all, err := h.all()
	if err != nil {
		panic(err)
	}
	return all
}

// walk calls do for every route that the router serves.
func (h *house) walk(t *testing.T, do func(method, path string)) {
	t.Helper()
	err := chi.Walk(h.mux, func(method, path string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		do(method, path)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
