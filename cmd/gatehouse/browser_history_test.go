package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/a-h/templ"

	"gatehouse/assets"
	"gatehouse/components"
)

// serveList serves a list of a product: a filter and a link to other rows, both by htmx.
func serveList(t *testing.T) *program {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/assets/", assets.Handler(http.NotFoundHandler()))
	mux.HandleFunc("/list", func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		body := templ.Raw(fmt.Sprintf(`<h1>List</h1><p id="rows">%s %s</p>
			<form method="get" action="/list" hx-get="/list" hx-target="#main" hx-swap="innerMorph" hx-replace-url="true">
			<input id="search" name="search" type="search" value="%s"><button type="submit">Show</button></form>
			<a id="next" href="/list?page=2" hx-get="/list?page=2" hx-target="#main" hx-swap="innerMorph" hx-push-url="true">Next</a>`,
			templ.EscapeString(query.Get("search")), templ.EscapeString(query.Get("page")), templ.EscapeString(query.Get("search"))))
		frame := components.Layout
		if r.Header.Get("Hx-Request") == "true" {
			frame = components.Fragment
		}
		if err := frame(components.Page{Site: "Gatehouse", Title: "List"}, body).Render(r.Context(), w); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &program{url: server.URL}
}

// A list that htmx changes has an address for what it shows. Reloading keeps it, and going back
// shows what was there before.
func TestBrowserAListHasAnAddress(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveList(t))
	b.open("/list")
	b.script(`window.same = true`)
	b.write("search", "emma")
	b.script(`document.querySelector("form[action='/list']").requestSubmit()`)
	b.until(`location.search === "?search=emma"`)
	b.is(`document.querySelector("#rows").textContent.trim()`, "emma")
	b.script(`document.querySelector("#next").click()`)
	b.until(`location.search === "?page=2"`)
	b.is(`String(window.same)`, "true")
	b.script(`history.back()`)
	b.until(`location.search === "?search=emma" && window.same === undefined && document.querySelector("#rows")?.textContent.trim() === "emma"`)
	b.script(`window.same = true; document.querySelector("a.skip").click()`)
	b.until(`location.hash === "#main"`)
	b.script(`history.back()`)
	b.until(`location.hash === ""`)
	b.is(`String(window.same)`, "true")
}
