package main

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gatehouse/assets"
	"gatehouse/components"
	"gatehouse/handlers"
)

// Whoever needs large text has it on every page in every state it can be in.
func TestBrowserPagesTakeLargeText(t *testing.T) {
	t.Parallel()
	gallery := serveGallery(t)
	for _, width := range largeWidths {
		t.Run(strconv.FormatInt(width, 10), func(t *testing.T) {
			t.Parallel()
			b := openTab(t, gallery)
			b.viewLarge(width)
			for _, state := range everyState() {
				b.open("/" + state.Name)
				b.fitsLarge(state.Name, width)
			}
		})
	}
}

// inGallery are the beginnings of states that are inspected there: what no page of the house has, and pages that take
// long to come to.
var inGallery = []string{
	"demonstration", "second", "recovery", "totp", "codes", "confirm-second",
	"passkey", "login-passkey", "confirm-passkey", "verify-passkey", "verify-without", "reset-passkeys", "reset-without",
	"invite-without", "register-without", "undo-factors",
}

// What no page of the house has is inspected in the gallery.
func TestBrowserEveryKindOfFieldIsAccessibleAndFits(t *testing.T) {
	t.Parallel()
	b := openTab(t, serveGallery(t))
	for _, state := range everyState() {
		inspected := func(beginning string) bool { return strings.HasPrefix(state.Name, beginning) }
		if slices.ContainsFunc(inGallery, inspected) || ofProduct(state) {
			b.open("/" + state.Name)
			b.inspect(state.Name)
		}
	}
}

// productStates are the states of the product's pages.
func productStates() []components.State { return product(&handlers.Site{}).States }

func everyState() []components.State { return slices.Concat(components.Gallery(), productStates()) }

func ofProduct(state components.State) bool {
	return slices.ContainsFunc(productStates(), func(s components.State) bool { return s.Name == state.Name })
}

// serveGallery serves every state at its name.
func serveGallery(t *testing.T) *program {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/assets/", assets.Handler(http.NotFoundHandler()))
	mux.HandleFunc("POST /login/passkey/options", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, state := range everyState() {
		mux.HandleFunc("/"+state.Name, func(w http.ResponseWriter, r *http.Request) {
			if err := components.Layout(state.Page, state.Body).Render(r.Context(), w); err != nil {
				t.Errorf("%s: %v", state.Name, err)
			}
		})
	}
	gallery := httptest.NewServer(mux)
	t.Cleanup(gallery.Close)
	return &program{url: gallery.URL}
}
