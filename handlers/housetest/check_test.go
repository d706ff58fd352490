package housetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/a-h/templ"

	"gatehouse/handlers"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestAGoodProductPasses(t *testing.T) {
	Check(t, newShelf, answers)
}

func TestNoProductPasses(t *testing.T) {
	Check(t, func(*handlers.Site) handlers.Product { return handlers.Product{} }, Answers{})
}

type (
	responder = http.ResponseWriter
	next      = func(w http.ResponseWriter, r *http.Request) error
)

// wrong is a product with one fault.
type wrong struct {
	look string
	// does makes the fault.
	does func(site *handlers.Site, p *handlers.Product, a *Answers)
	// want are parts of all that is said about it.
	want []string
}

// at has a route of a product do something else.
func at(p *handlers.Product, method, path string, do func(w responder, r *http.Request, before next) error) {
	i := slices.IndexFunc(p.Routes, func(r handlers.Route) bool { return r.Method == method && r.Path == path })
	before := p.Routes[i].Do
	p.Routes[i].Do = func(w responder, r *http.Request) error { return do(w, r, before) }
}

// shows has the list of books show something else.
func shows(markup string) func(site *handlers.Site, p *handlers.Product, a *Answers) {
	return func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, _ next) error {
			return site.Show(w, r, 200, "Books", templ.Raw(markup))
		})
	}
}

// ask takes so many statements.
func ask(ctx context.Context, site *handlers.Site, n int) error {
	for range n {
		if _, err := store.All(ctx, site.Store, allReaders, nil, func(id *int64) []any { return []any{id} }); err != nil {
			return err
		}
	}
	return nil
}

// remember inserts another book of whoever asks.
func remember(site *handlers.Site, r *http.Request, state any) error {
	return site.Store.Write(r.Context(), func(tx *store.Tx) error {
		_, err := tx.ExecContext(r.Context(), insertBook, handlers.User(r).ID, "Emma", "", 1, true, 1, site.Store.Now(), state)
		return err
	})
}

// also makes a further table.
func also(p *handlers.Product, table string) {
	files := maps.Clone(p.Migrations.(fstest.MapFS))
	files["1001_more.sql"] = &fstest.MapFile{Data: []byte(table)}
	p.Migrations = files
}

var wrongs = map[string]wrong{
	"a guard is forgotten": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[1].Guard = handlers.Guard{}
	}, []string{"the site does not start with this product: GET /books: it states no guard"}},
	"a page for everyone is for members": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[1].Guard = handlers.Everyone
	}, []string{"GET /books answers 500 to somebody who is not signed in"}},
	"an address is not named": {"pages", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Examples = map[string]string{"/books/{id}": "/books/1", "/books/{number}": "/books/1"}
	}, []string{
		`GET /books/{id}/delete was not tried: name an address of it in Answers.Examples, as in "/books/{id}/delete": "/books/1/delete"`,
		`Answers.Examples has "/books/{number}", which is no path`,
	}},
	"an address does not exist": {"pages", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Examples = maps.Clone(a.Examples)
		a.Examples["/books/{id}"] = "/books/77"
	}, []string{"GET /books/{id} was not tried, because /books/77 answers 404"}},
	"nobody is allowed": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[8].Allow = func(store.User) bool { return false }
	}, []string{"GET /editors was not tried, because nobody is allowed to see it"}},
	"nobody has the permission": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[10].Guard = handlers.May(store.ErasePeople)
	}, []string{"GET /readers was not tried, because nobody is allowed to see it"}},
	"a title is wrong": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, _ next) error {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, err := fmt.Fprint(w, "<title>Books</title><h1>Books</h1>")
			return err
		})
	}, []string{`/books has the title "Books", which does not end in the name of the site`}},
	"a page is whole to htmx": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, before next) error {
			r.Header.Del("Hx-Request")
			return before(w, r)
		})
	}, []string{"/books answers 200 to htmx and not with the body of the page alone"}},
	"there is no heading": {"pages", shows("<p>Books</p>"), []string{"/books has 0 headings h1"}},
	"there are two":       {"pages", shows("<h1>Books</h1><h1>More</h1>"), []string{"/books has 2 headings h1"}},
	"an id is there twice": {"pages", shows(`<h1>Books</h1><p id="a"></p><p id="a"></p><p id="a"></p>`), []string{
		`/books has the id "a" twice`,
	}},
	"a field has no label": {"pages", shows(`<h1>Books</h1><input name="q"><textarea name="t" id="t"></textarea><select name="s" aria-label="State"></select><label>Year <input name="y"></label>`), []string{
		`/books has a field "q" without a label`, `/books has a field "t" without a label`,
	}},
	"a page is heavy": {"pages", func(_ *handlers.Site, _ *handlers.Product, a *Answers) { a.Bytes = 1000 }, []string{
		"/ takes", "/about takes", "/books takes", "/books/new takes", "/books/1 takes", "/books/1/delete takes", "/editors takes", "/readers takes",
	}},
	"a page asks much": {"pages", func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, before next) error {
			return errors.Join(ask(r.Context(), site, 4), before(w, r))
		})
	}, []string{"/books takes 7 statements, at most 6 are granted: ask for less, or raise Answers.Queries\n\tSELECT"}},
	"a page may ask little": {"pages", func(_ *handlers.Site, _ *handlers.Product, a *Answers) { a.Queries = 2 }, []string{
		"/books takes 3", "/books/1 takes 3", "/books/1/delete takes 3",
	}},
	"looking changes something": {"pages", func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, before next) error {
			return errors.Join(remember(site, r, "new"), before(w, r))
		})
	}, []string{"GET /books changes books: looking at a page must change nothing"}},
	"HEAD is another page": {"pages", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "GET", "/books", func(w responder, r *http.Request, before next) error {
			if r.Method == http.MethodHead {
				return errors.New("no")
			}
			return before(w, r)
		})
	}, []string{"HEAD /books answers 500"}},

	"an address of a form is not named": {"forms", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Examples = map[string]string{"/books/{id}": "/books/1", "/books/{id}/delete": "/books/1/delete"}
	}, []string{"POST /books/new/check/{field} was not tried"}},
	"an empty form is a fault": {"forms", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "POST", "/books/new", func(w responder, r *http.Request, before next) error {
			if len(r.PostForm) == 0 {
				panic("no title")
			}
			return before(w, r)
		})
	}, []string{"POST /books/new answers 500 to an empty form: refuse it with a sentence"}},
	"a number is not looked at": {"forms", func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "POST", "/books/new", func(w responder, r *http.Request, before next) error {
			if strings.HasPrefix(r.PostForm.Get("notes"), "99999") {
				return errors.New("out of range")
			}
			return before(w, r)
		})
	}, []string{`POST /books/new answers 500 to a number of 30 digits as "notes"`}},
	"a choice is not looked at": {"forms", func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		at(p, "POST", "/books/new", func(w responder, r *http.Request, before next) error {
			if r.PostForm.Get("state") == "neither" {
				return errors.New("a constraint")
			}
			return before(w, r)
		})
	}, []string{`POST /books/new answers 500 to a choice as "state" that is not offered`}},
	"nobody may send a form": {"forms", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[7].Allow = func(store.User) bool { return false }
	}, []string{"POST /books/{id}/delete was not tried, because nobody is allowed to"}},
	"a form changes something before the guard is asked": {"forms", func(site *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Routes[7].Allow = func(user store.User) bool {
			// An account that is looked at is changed.
			_, err := site.Store.UpdateProfile(context.Background(), user, "Looked at "+time.Now().String(), user.Username, store.Origin{})
			return err == nil && user.Username == "ada"
		}
	}, []string{
		"POST /books/{id}/delete changes events and users for somebody who is not signed in",
		"POST /books/{id}/delete changes events and users for somebody whose address is not verified",
		"POST /books/{id}/delete changes events and users for somebody who signed in some time ago",
		"POST /books/{id}/delete changes events and users for a form of another site",
	}},

	"nothing is left": {"tables", func(_ *handlers.Site, _ *handlers.Product, a *Answers) { a.Lived = nil }, []string{
		"nothing in books, so this test shows nothing about it: let Answers.Lived leave something there",
	}},
	"nothing is left of others": {"tables", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Lived = func(t testing.TB, h *House, user store.User) {
			if user.Username == "ada" {
				lived(t, h, user)
			}
		}
	}, []string{"nothing of a second person in books"}},
	"a column is not exported": {"tables", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Secret = map[string][]string{"books": {"id"}}
	}, []string{
		"books.token is about a person: put it into Data.Export, or name it in Answers.Secret",
	}},
	"nothing is exported": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) { p.Data = nil }, []string{
		"books.title is about", "books.notes is about", "books.pages is about", "books.lent is about", "books.rating is about", "books.finished_at is about",
	}},
	"the export fails": {"tables", func(_ *handlers.Site, p *handlers.Product, a *Answers) {
		p.Data[0].Export = func(context.Context, store.User) (any, error) { return nil, errors.New("no") }
		a.Secret = map[string][]string{"books": {"id", "title", "notes", "pages", "lent", "rating", "finished_at", "token"}}
	}, []string{"the download of somebody's data answers 500"}},
	"somebody else's is exported": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		export := p.Data[0].Export
		p.Data[0].Export = func(ctx context.Context, user store.User) (any, error) {
			user.ID++
			return export(ctx, user)
		}
	}, []string{"books.title is about", "books.notes is about"}},
	"a column is empty": {"tables", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Lived = func(t testing.TB, h *House, user store.User) {
			_, err := h.Database.Write.Exec(insertBook, user.ID, "Diary of "+user.Username, "", 0, false, 4.5, h.Store.Now(), "t")
			must(t, err)
		}
	}, []string{"books.notes is empty in what Answers.Lived leaves", "books.pages is empty", "books.lent is empty"}},
	"a secret does not exist": {"tables", func(_ *handlers.Site, _ *handlers.Product, a *Answers) {
		a.Secret = map[string][]string{"books": {"id", "token", "isbn"}, "films": {"id"}}
	}, []string{"Answers.Secret has books.isbn, which is no column", "Answers.Secret has films.id"}},
	"there is no index": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Migrations = migrations("ON DELETE CASCADE", "CREATE INDEX books_title ON books (title, user_id);")
	}, []string{"books.user_id begins no index, so erasing an account looks through all of books: CREATE INDEX books_user_id ON books (user_id)"}},
	"nothing erases": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Migrations = migrations("", "CREATE INDEX books_user ON books (user_id);")
	}, []string{"erasing an account fails: end its keys with ON DELETE CASCADE, or write Data.Erase"}},
	"rows are left": {"tables", func(_ *handlers.Site, p *handlers.Product, a *Answers) {
		also(p, `CREATE TABLE notes (user_id BIGINT PRIMARY KEY, text TEXT)`)
		a.Lived = func(t testing.TB, h *House, user store.User) {
			lived(t, h, user)
			_, err := h.Database.Write.Exec(`INSERT INTO notes (user_id, text) VALUES ($1, $2)`, user.ID, "Diary of "+user.Username)
			must(t, err)
		}
	}, []string{"1 rows of an erased person are left in notes", `"Diary of ada", which an erased person left, still stands in notes`, `"ada", which is who an erased person was, still stands in notes`}},
	"words are left": {"tables", func(_ *handlers.Site, p *handlers.Product, a *Answers) {
		also(p, `CREATE TABLE found (word TEXT)`)
		a.Lived = func(t testing.TB, h *House, user store.User) {
			lived(t, h, user)
			_, err := h.Database.Write.Exec(`INSERT INTO found (word) VALUES ($1)`, "diary ("+strings.ToUpper(user.Username)+")")
			must(t, err)
		}
	}, []string{`"ADA", which is who an erased person was, still stands in found`}},
	"another column names a person": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		also(p, `CREATE TABLE lent (book_id BIGINT, lent_to BIGINT REFERENCES users (id) ON DELETE CASCADE)`)
	}, []string{"nothing in lent.lent_to", "lent.lent_to begins no index, so erasing an account looks through all of lent: CREATE INDEX lent_lent_to ON lent (lent_to)"}},
	"others lose their rows": {"tables", func(_ *handlers.Site, p *handlers.Product, _ *Answers) {
		p.Data[0].Erase = func(ctx context.Context, tx *store.Tx, _ store.User) error {
			_, err := tx.ExecContext(ctx, `DELETE FROM books`)
			return err
		}
	}, []string{"of 1 rows of somebody else in books 0 are left after erasing a person"}},
}

func TestEachFaultIsReported(t *testing.T) {
	t.Parallel()
	for name, w := range wrongs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, d := range storetest.Databases {
				if d.Name != storetest.SQLite.Name && w.look != "tables" {
					continue // only tables are a matter of the database
				}
				a := answers
				product := func(site *handlers.Site) handlers.Product {
					p := newShelf(site)
					w.does(site, &p, &a)
					return p
				}
				product(&handlers.Site{}) // which settles the answers
				said := faults(t, d, product, a, looks[w.look])
				left := slices.Clone(said)
				for _, want := range w.want {
					i := slices.IndexFunc(left, func(s string) bool { return strings.Contains(s, want) })
					if i < 0 {
						t.Errorf("%s: nothing is said of %q", d.Name, want)
						continue
					}
					left = slices.Delete(left, i, i+1)
				}
				if len(left) > 0 {
					t.Errorf("%s: besides it is said %q", d.Name, left)
				}
			}
		})
	}
}
