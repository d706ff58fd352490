package main

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"gatehouse/assets"
	"gatehouse/components"
)

// Whoever needs large text has it on every page in every state it can be in.
func TestBrowserPagesTakeLargeText(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.Handle("/assets/", assets.Handler(http.NotFoundHandler()))
	states := components.Gallery()
	for _, state := range states {
		mux.HandleFunc("/"+state.Name, func(w http.ResponseWriter, r *http.Request) {
			if err := components.Layout(state.Page, state.Body).Render(r.Context(), w); err != nil {
				t.Errorf("%s: %v", state.Name, err)
			}
		})
	}
	gallery := httptest.NewServer(mux)
	t.Cleanup(gallery.Close)
	b := openTab(t, &program{url: gallery.URL})
	for _, state := range states {
		b.open("/" + state.Name)
		b.inspectLarge(state.Name)
	}
}
