package handlers

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"gatehouse/components"
	"gatehouse/store"
)

// Product is what a product adds to the site. Its package imports this one, never the
// other way round. Fields are only ever added, so a literal names those that it sets.
type Product struct {
	// Routes are its pages.
	Routes []Route
	// Links lead to some of them from the top of every page. Whoever may not open a page for
	// members sees no link to it.
	Links []Link
	// Front, where set, answers / in place of the front page of the site.
	Front func(w http.ResponseWriter, r *http.Request) error
	// Migrations make its tables. They are numbered from 1000, and named as those in
	// store/migrations.
	Migrations fs.FS
	// Data is what it stores about people: for the file that they download, and for erasing
	// them.
	Data []store.Data
	// Events are the names of its events, and each in words for the person's activity.
	Events map[string]string
	// Letters are the kinds of its letters. store.Tx.Letter writes one.
	Letters []Letter
	// Jobs run at regular times.
	Jobs []Job
	// Commands are added to the command line, and Settings, a pointer to a struct of flags as
	// kong reads them, to the settings of every command.
	Commands []Command
	Settings any
	// States are its pages in each of their states, for the tests in a browser. The gallery
	// takes them from cmd/gallery/product.go.
	States []components.State
}

// Letter is a kind of letter that a product writes.
type Letter struct {
	// Kind is its name in the database: product- and small letters, digits and hyphens. It
	// never changes.
	Kind string
	// Label says what it is, as in "What you read this week". People may turn it off under that
	// name. One without a label is sent to everybody: somebody asked for it, or it keeps an
	// account safe.
	Label string
	// Say puts a letter into words. It fills in the subject and what follows the greeting.
	// about.About reads what the letter is about.
	Say components.LetterWords
}

// Job is something that runs at regular times, of all copies of the program in one.
type Job struct {
	// Name is its name in the database, on the command line and in the metrics: small letters,
	// digits and hyphens.
	Name string
	// Every is the time between two runs. A run is cut off when the next one is due. One that
	// fails is repeated after JobRetry, if that is sooner.
	Every time.Duration
	// Do does the work, or returns an error for the log. It may be repeated at any point, so it
	// must not do twice what it has done.
	Do func(ctx context.Context) error
}

// Command is a command of a product: gatehouse NAME. It runs on the accounts of an existing
// database, and the site has a Store.
type Command struct {
	Name, Help string
	// Do is a pointer to a struct as kong reads it, with a method Run. Run may take a
	// context.Context and an io.Writer for what it has to say.
	Do any
}

// Link is an entry in the navigation at the top of every page. Path is the path of a GET
// route of the product without placeholders.
type Link struct {
	Label, Path string
	// Account has it stand among the pages of the account instead.
	Account bool
}

// Route is a page of a product. It gets what every page of the site has: the session,
// the guard, the way back after signing in, compression, a log line and metrics.
type Route struct {
	// Method is GET or POST. GET takes HEAD as well.
	Method string
	// Path is a pattern of chi, such as /books/{id}. Read its parts with chi.URLParam.
	Path string
	// Guard states who may use it.
	Guard Guard
	// Allow, where set, is a condition of the product's own on who is signed in. Whom it
	// does not allow gets 403.
	Allow func(store.User) bool
	// Do answers, or returns an error: a components.Problem is shown as a page, anything
	// else is a fault.
	Do func(w http.ResponseWriter, r *http.Request) error
}

// ForStore is what the store has to know of the product.
func (p Product) ForStore() store.Product {
	of := store.Product{Data: p.Data, Events: slices.Sorted(maps.Keys(p.Events))}
	for _, l := range p.Letters {
		of.Letters = append(of.Letters, store.ProductLetter{Kind: l.Kind, Optional: l.Label != ""})
	}
	for _, j := range p.Jobs {
		of.Jobs = append(of.Jobs, j.Name)
	}
	return of
}

// LetterWords are the words of its letters, by kind.
func (p Product) LetterWords() map[string]components.LetterWords {
	words := map[string]components.LetterWords{}
	for _, l := range p.Letters {
		words[l.Kind] = l.Say
	}
	return words
}

// User is whose pages are shown, or nil: who is signed in, or the person at whose account an
// administrator looks. Handlers behind Members always have one. Forms are never processed for who is
// only looked at, so there it is who acts.
func User(r *http.Request) *store.User { return scopeOf(r).shown() }

// Show answers with a page: to htmx with the body alone, to everybody else with the
// whole page. It draws before the first byte is written, so a failure is still a 500.
func (s *Site) Show(w http.ResponseWriter, r *http.Request, status int, title string, body templ.Component) error {
	return s.show(w, r, status, s.page(r, title), body)
}

// all are the routes of the site and of its product, or an error that says which of the
// product's cannot be.
func (s *Site) all() ([]route, error) {
	ours := s.routes()
	taken := chi.NewMux()
	for _, r := range ours {
		taken.MethodFunc(r.method, r.path, http.NotFound)
	}
	if err := s.checkLinks(); err != nil {
		return nil, err
	}
	if err := s.Product.check(); err != nil {
		return nil, err
	}
	routes, seen := slices.Clone(ours), map[string]bool{}
	for _, r := range s.Product.Routes {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("%s %s: %w", r.Method, r.Path, err)
		}
		// Of the product's own, one may be a special case of another: /books/new of /books/{id}.
		example := placeholder.ReplaceAllString(r.Path, "x")
		if seen[r.Method+example] || taken.Match(chi.NewRouteContext(), r.Method, example) {
			return nil, fmt.Errorf("two pages want %s %s", r.Method, r.Path)
		}
		seen[r.Method+example] = true
		guard := r.Guard
		if r.Allow != nil {
			guard.allow = &r.Allow
		}
		guard.open = r.Method == get && guard.shows()
		routes = append(routes, route{r.Method, r.Path, guard, r.Do, drawn})
	}
	return routes, nil
}

// JobEveryMin is the least time between two runs of a job, and JobRetry how long one that
// failed waits.
const (
	JobEveryMin = time.Second
	JobRetry    = 5 * time.Minute
)

// check returns an error for a part of the product that lacks something.
func (p Product) check() error {
	for _, d := range p.Data {
		if d.Export == nil {
			return fmt.Errorf("the data %q has no Export", d.Name)
		}
	}
	for _, l := range p.Letters {
		if l.Say == nil {
			return fmt.Errorf("the letter %q has no Say", l.Kind)
		}
	}
	for _, j := range p.Jobs {
		if j.Do == nil || j.Every < JobEveryMin {
			return fmt.Errorf("the job %q must do something, and not more often than every %v", j.Name, JobEveryMin)
		}
	}
	for name, words := range p.Events {
		if words == "" {
			return fmt.Errorf("the event %q has no words", name)
		}
	}
	return nil
}

// checkLinks returns an error for a link that leads to no page of the product.
func (s *Site) checkLinks() error {
	for _, link := range s.Product.Links {
		leads := func(r Route) bool { return r.Method == get && r.Path == link.Path && !placeholder.MatchString(r.Path) }
		if link.Label == "" || !slices.ContainsFunc(s.Product.Routes, leads) {
			return fmt.Errorf("the link %q to %q leads to no page of the product", link.Label, link.Path)
		}
	}
	return nil
}

// links are the links that somebody may follow, or nil where the product has none.
func (s *Site) links(r *http.Request, user *store.User) []components.Link {
	if len(s.Product.Links) == 0 {
		return nil
	}
	links := make([]components.Link, 0, len(s.Product.Links))
	for _, link := range s.Product.Links {
		if !link.Account && s.pages[link.Path].guard.Admits(user) {
			links = append(links, components.Link{Label: link.Label, Path: link.Path, Current: r.URL.Path == link.Path})
		}
	}
	return links
}

// accountLinks are the entries that a product adds to the pages of the account of a user.
func (s *Site) accountLinks(user *store.User) []components.Link {
	var links []components.Link
	if _, chooses := s.pages[preferencesPage]; chooses {
		links = append(links, components.Link{Label: "Email preferences", Path: preferencesPage})
	}
	for _, link := range s.Product.Links {
		if link.Account && s.pages[link.Path].guard.Admits(user) {
			links = append(links, components.Link{Label: link.Label, Path: link.Path})
		}
	}
	return links
}

// placeholder is a part of a path that stands for many.
var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// productPath is a path without an end that is a slash, and without what only some
// readers of addresses understand.
var productPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+|/\{[a-z][a-z0-9_]*\})+$`)

func (r Route) check() error {
	switch {
	case r.Method != get && r.Method != post:
		return fmt.Errorf("the method is neither GET nor POST")
	case !productPath.MatchString(r.Path) || strings.HasPrefix(r.Path, "/{"):
		return fmt.Errorf("the path must be like /books/{id}")
	case r.Guard.who == unstated:
		return fmt.Errorf("it states no guard")
	case r.Allow != nil && r.Guard.who != forMembers:
		return fmt.Errorf("it asks who somebody is, so its guard must be for members")
	case r.Do == nil:
		return fmt.Errorf("it does nothing")
	}
	return nil
}
