package main

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"gatehouse/assets"
	"gatehouse/components"
	"gatehouse/store/rules"
)

// book is a page of a product, with a form of its own.
type book struct {
	*program
	// submitted gets a value from each submit, which is answered after a value from released.
	submitted, released chan struct{}
	// rated counts the checks of the rating.
	rated atomic.Int32
}

func serveBook(t *testing.T) *book {
	t.Helper()
	b := &book{submitted: make(chan struct{}, 9), released: make(chan struct{}, 9)}
	mux := http.NewServeMux()
	mux.Handle("/assets/", assets.Handler(http.NotFoundHandler()))
	mux.HandleFunc("GET /book", func(w http.ResponseWriter, r *http.Request) { b.answer(t, w, r, bookForm(), http.StatusOK) })
	mux.HandleFunc("POST /book", func(w http.ResponseWriter, r *http.Request) {
		b.submitted <- struct{}{}
		<-b.released
		form := bookForm()
		r.ParseForm() //nolint:errcheck // a form that cannot be read is refused as empty
		form.Fill(r.PostForm)
		form.Check()
		if form.Field("title").Value == "an older answer" {
			form.Problem, form.Field("genre").Value = "Look at it again.", "novel"
		}
		b.answer(t, w, r, form, http.StatusUnprocessableEntity)
	})
	mux.HandleFunc("POST /book/check/{field}", func(w http.ResponseWriter, r *http.Request) {
		form := bookForm()
		r.ParseForm() //nolint:errcheck // the same
		form.Fill(r.PostForm)
		field := form.Field(r.PathValue("field"))
		field.CheckLive()
		if field.Name == "rating" {
			b.rated.Add(1)
		}
		if err := components.Input(form, field).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(func() {
		close(b.released)
		server.Close()
	})
	b.program = &program{url: server.URL}
	return b
}

func (b *book) answer(t *testing.T, w http.ResponseWriter, r *http.Request, form *components.Form, status int) {
	page := components.Page{Title: form.Title, Refused: form.IsRefused()}
	body := components.Layout(page, components.Demonstration(form))
	if r.Header.Get("HX-Request-Type") == "partial" {
		body = components.Fragment(page, components.Demonstration(form))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if err := body.Render(r.Context(), w); err != nil {
		t.Error(err)
	}
}

func bookForm() *components.Form {
	chosen := func(value string) string { return "You chose " + value + "." }
	return &components.Form{ID: "book", Action: "/book", Title: "A book", Submit: "Save", Fields: []*components.Field{
		{Name: "title", Label: "Title", Type: "text", Rule: func(value string) error {
			if value == "" {
				return rules.Refuse("", "Enter the title.")
			}
			return nil
		}},
		{Name: "genre", Label: "Genre", Type: "select", Live: true, PraiseFor: chosen, Options: []components.Option{
			{Value: "", Label: "Choose one"}, {Value: "novel", Label: "Novel"}, {Value: "poems", Label: "Poems"},
		}},
		{Name: "rating", Label: "How was it?", Type: "radio", Live: true, PraiseFor: chosen, Options: []components.Option{
			{Value: "good", Label: "Good"}, {Value: "fair", Label: "Fair"},
		}},
		{Name: "notes", Label: "Notes", Type: "textarea", Live: true, Rule: func(value string) error {
			if len(value) > 10 {
				return rules.Refuse("", "Use at most 10 characters.")
			}
			return nil
		}},
		{Name: "pages", Label: "Pages", Type: "number"},
		{Name: "read", Label: "Read on", Type: "date"},
	}}
}

const rated = `document.querySelector("[name=rating]:checked")?.value`

// choose chooses the genre that begins with a letter, by keyboard.
func (b *tab) choose(letter string) {
	b.t.Helper()
	b.script("document.getElementById('genre').focus()")
	b.press(letter)
}

func TestBrowserKindsOfFieldsEditedDuringASlowSubmitKeepWhatIsInThem(t *testing.T) {
	t.Parallel()
	p := serveBook(t)
	b := openTab(t, p.program)
	b.open("/book")
	b.choose("n")
	b.clickOn("#rating")
	b.write("notes", "short")
	b.refuse(func() {
		b.submit()
		<-p.submitted
		b.choose("p")
		b.clickOn("#rating-2")
		b.write("notes", "far too long")
		b.clickOn("#title")
		p.released <- struct{}{}
	})
	b.is(value("genre"), "poems")
	b.is(rated, "fair")
	b.is(value("notes"), "far too long")
	// The answer spoke of what was there before.
	b.becomes(message("notes"), "Use at most 10 characters.")
	b.becomes(message("genre"), "You chose poems.")
	b.becomes(message("rating"), "You chose fair.")
	b.is(value("genre"), "poems")
	b.is(rated, "fair")
	b.is(value("notes"), "far too long")
}

func TestBrowserNoAnswerChoosesForAPerson(t *testing.T) {
	t.Parallel()
	p := serveBook(t)
	b := openTab(t, p.program)
	b.open("/book")
	b.write("title", "an older answer")
	b.choose("p")
	b.clickOn("#rating-2")
	b.becomes(message("rating"), "You chose fair.")
	p.released <- struct{}{}
	b.refuse(b.submit)
	b.is(value("genre"), "poems")
	b.is(rated, "fair")
	// What was not edited meanwhile is not checked once more.
	b.write("notes", "far too long")
	b.becomes(message("notes"), "Use at most 10 characters.")
	if got := p.rated.Load(); got != 1 {
		t.Errorf("the rating was checked %d times, want once", got)
	}
}

func TestBrowserKindsOfFieldsAreCheckedInline(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveBook(t).program)
	b.open("/book")
	b.clickOn("#rating-2")
	b.becomes(message("rating"), "You chose fair.")
	b.clickOn("label[for=rating]")
	b.becomes(message("rating"), "You chose good.")
	b.is(rated, "good")
	b.choose("n")
	b.becomes(message("genre"), "You chose novel.")
	b.clickOn("#notes")
	b.press("eleven and" + kb.Enter)
	b.press("more")
	b.becomes(message("notes"), "Use at most 10 characters.")
	b.is(value("notes"), "eleven and\nmore")
	b.is(value("genre"), "novel")
	b.is(rated, "good")
	b.is(focused, "notes")
}

func TestBrowserARefusedFormKeepsFieldsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveBook(t)
			b := mode.open(t, p.program)
			b.open("/book")
			b.choose("p")
			b.clickOn("#rating-2")
			b.write("notes", "\n\none\ntwo")
			b.write("pages", "many")
			b.clickOn("#read")
			b.press("11232026")
			p.released <- struct{}{}
			b.refuse(b.submit)
			b.is(text("#summary"), "Enter the title.")
			b.is(value("genre"), "poems")
			b.is(rated, "fair")
			b.is(value("notes"), "\n\none\ntwo")
			b.is(value("pages"), "many")
			b.is(value("read"), "2026-11-23")
		})
	}
}
