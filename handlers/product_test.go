package handlers

import (
	"net/http"
	"slices"
	"testing"

	"github.com/a-h/templ"
)

// withProduct gives the site what a product changes of it: another name, a front page that says
// nothing of ours, pages behind every guard, links to them, and letters.
func withProduct(s *Site) {
	withPages(s)
	withLetters(s)
	s.Name = "Readers"
	s.Product.Links = []Link{{Label: "For members", Path: "/members"}, {Label: "For the verified", Path: "/verified", Account: true}}
	s.Product.Front = func(w http.ResponseWriter, r *http.Request) error {
		return s.Show(w, r, http.StatusOK, "", templ.Raw("<h1>Read more</h1>"))
	}
}

// sites are those that walks go over: ours, and that of a product.
var sites = map[string][]func(*Site){"ours": {withMail}, "a product's": {withMail, withProduct}}

// walks runs what looks at every page or form on each of the sites.
func walks(t *testing.T, walk func(t *testing.T, h *house), change ...func(*Site)) {
	t.Helper()
	t.Parallel()
	for name, site := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			walk(t, newHouse(t, slices.Concat(site, change)...))
		})
	}
}
