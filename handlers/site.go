// Package handlers is the HTTP layer of Gatehouse: the table of routes, the middleware around
// them (the door), and one short handler per page and method.
package handlers

import (
	"cmp"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/klauspost/compress/gzip"

	"gatehouse/components"
	"gatehouse/handlers/mail"
	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// Site is what the handlers need. cmd/gatehouse fills it in. Every field is required except
// Version, Contacts, Admin, TrustedProxies, ProxySocket, Mailbox, BackupAge, LostLines, Metrics and
// Product.
type Site struct {
	// Name is shown on pages and in titles.
	Name string
	// Version is that of the program, for the metrics and for whoever runs it.
	Version string
	// BaseURL is the public address. Its scheme decides whether cookies are secure, its host
	// which requests are answered.
	BaseURL *url.URL
	// Registration is how people get accounts.
	Registration store.RegistrationMode
	// Contacts are links of whoever runs the site.
	Contacts components.Contacts
	// Admin is where the administration is; empty is AdminRoot.
	Admin components.AdminRoot
	// Mailbox receives and shows mail on a developer's machine; nil everywhere else.
	Mailbox *mail.Mailbox
	// Limits are the limits per source. Clock is their time.
	Limits store.Limits
	Clock  func() time.Time
	// Store holds the accounts, Passwords the password rules, and Hasher hashes passwords.
	Store     *store.Store
	Passwords *rules.Passwords
	Hasher    *secret.Hasher
	// Sessions is what NewSessions returned.
	Sessions *scs.SessionManager
	// TrustedProxies are the networks whose X-Forwarded-For is trusted.
	TrustedProxies []string
	// ProxySocket says that the site listens on a unix socket, to which only the proxy connects.
	ProxySocket bool
	// AnswerWait is how long a page may take; usually the constant AnswerWait.
	AnswerWait time.Duration
	// Assets serves /assets/, and passes what does not exist to the given handler. Icon,
	// TouchIcon and Robots are the files at fixed addresses.
	Assets                  func(notFound http.Handler) http.Handler
	Icon, TouchIcon, Robots http.Handler
	// Log receives one line per request, and faults.
	Log *slog.Logger
	// BackupAge is how old the newest backup is, for the metrics, and whether there is one; nil if
	// nobody makes any.
	BackupAge func() (age time.Duration, known bool)
	// LostLines is how many log lines could not be written so far, for the metrics; nil if
	// nobody counts.
	LostLines func() int64
	// Metrics counts requests; nil if they are off.
	Metrics *Metrics
	// Product is what a product adds; the zero Product adds nothing.
	Product Product

	mux       *chi.Mux
	budgets   budgets
	figures   figures
	pageCache pageCache
	// base is the base URL as text.
	base string
	// pages are the GET routes, by pattern.
	pages map[string]route
}

// gzipLevel is the default of zlib, between size and processing time.
const gzipLevel = 6

// Handler builds the whole site, including the door. It returns an error where a route of
// the product cannot be.
func (s *Site) Handler() (http.Handler, error) {
	s.mux, s.base, s.Admin = chi.NewMux(), s.BaseURL.String(), cmp.Or(s.Admin, AdminRoot)
	s.budgets, s.pageCache = newBudgets(s.Limits, s.Clock), newPageCache()
	s.pages = make(map[string]route)
	compressor := middleware.NewCompressor(gzipLevel, "text/html")
	compressor.SetEncoder("gzip", func(w io.Writer, level int) io.Writer {
		writer, _ := gzip.NewWriterLevel(w, level) // fails for levels that do not exist
		return writer
	})
	s.mux.NotFound(compressor.Handler(s.dynamic(anywhere, s.notFound)).ServeHTTP)
	s.mux.MethodNotAllowed(compressor.Handler(s.serve(s.methodNotAllowed)).ServeHTTP)
	routes, err := s.all()
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		r.guard.open = r.guard.open || s.mayBeSeen(r)
		handler := s.serve(r.do)
		if r.guard != static {
			handler = s.dynamic(r.guard, r.do)
		}
		if r.guard != static || r.path == unsubscribePage {
			handler = compressor.Handler(handler).ServeHTTP
		}
		if r.drawing == cached {
			handler = s.cache(handler).ServeHTTP
		}
		s.mux.MethodFunc(r.method, r.path, handler)
		if r.method == http.MethodGet {
			s.mux.Head(r.path, handler)
			s.pages[r.path] = r
		}
	}
	return s.door(s.mux), nil
}

// listed are the pages that search engines may list.
var listed = []string{"/", "/login", "/register"}

// page is what the layout needs to know about this request.
func (s *Site) page(r *http.Request, title string) components.Page {
	sc := scopeOf(r)
	user, flash := sc.shown(), ""
	if user == nil && r.URL.RawQuery == signedOut && r.URL.Path == "/" {
		flash = "You're signed out."
	}
	return components.Page{
		Flash: flash, Looking: s.looking(r),
		Site: s.Name, Title: title, User: user, Bare: !sc.loaded, Open: s.Registration.Open(), Mails: s.Store.Mails(),
		Admin: s.Admin, SecondSteps: s.Store.SecondSteps(), Passkeys: s.Store.Passkeys(), May: s.may(r),
		Entry: user == nil, Indexed: slices.Contains(listed, r.URL.Path), Base: s.base, Theme: s.theme(r), Here: returnAddress(r),
		Contacts: s.Contacts, Links: s.links(r, user), AccountLinks: s.accountLinks(user), Times: s.times(r, user),
	}
}

// may is what the role of whoever is signed in allows: nothing while a second step that the site asks
// of them is missing, or while they look at an account.
func (s *Site) may(r *http.Request) store.Permission {
	sc := scopeOf(r)
	if sc.user == nil || sc.lookedAt != nil || s.Store.MustSetUp(*sc.user) {
		return 0
	}
	return sc.user.TheRole().May
}

// returnAddress is the address of the page with only the next parameter of its query. The rest
// is not repeated, because people paste passwords into strange places.
func returnAddress(r *http.Request) string {
	if next := r.URL.Query().Get("next"); next != "" {
		return r.URL.Path + "?" + url.Values{"next": {next}}.Encode()
	}
	return r.URL.Path
}
