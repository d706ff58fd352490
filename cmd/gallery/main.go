// Command gallery shows every page in every state on one page: narrow and wide, light and dark.
// With --sums it writes what each is as drawn instead.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"

	"gatehouse/assets"
	"gatehouse/components"
)

//go:embed gallery.css
var style []byte

func main() {
	listen := flag.String("listen", "localhost:8081", "address to listen on")
	sums := flag.Bool("sums", false, "write the SHA-256 of every state and letter, and end")
	flag.Parse()
	if err := run(*listen, *sums); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(listen string, sums bool) error {
	if sums {
		return writeSums(os.Stdout)
	}
	fmt.Printf("gallery at http://%s\n", listen)
	return http.ListenAndServe(listen, gallery())
}

// allStates are those of the house and of the product.
func allStates() []components.State { return slices.Concat(components.Gallery(), states()) }

func gallery() http.Handler {
	mux := http.NewServeMux()
	states := map[string]components.State{}
	var names []string
	for _, state := range allStates() {
		names = append(names, state.Name)
		states[state.Name] = state
	}
	mux.Handle("GET /assets/", assets.Handler(http.NotFoundHandler()))
	mux.HandleFunc("GET /gallery.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Write(style) //nolint:errcheck // for eyes only
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		components.GalleryPage(names, components.GalleryLetters()).Render(r.Context(), w) //nolint:errcheck // for eyes only
	})
	mux.HandleFunc("GET /state/{name}/{theme}", func(w http.ResponseWriter, r *http.Request) {
		state, ok := states[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		state.Page.Theme = r.PathValue("theme")
		components.Layout(state.Page, state.Body).Render(r.Context(), w) //nolint:errcheck // for eyes only
	})
	letters := map[string]components.Letter{}
	for _, l := range components.GalleryLetters() {
		letters[l.Name] = l.Letter
	}
	mux.HandleFunc("GET /letter/{name}", func(w http.ResponseWriter, r *http.Request) {
		letter, ok := letters[r.PathValue("name")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		var html strings.Builder
		components.LetterHTML(letter).Render(r.Context(), &html) //nolint:errcheck // for eyes only
		io.WriteString(w, components.InBrowser(html.String()))   //nolint:errcheck
	})
	return mux
}
