package main

import (
	"html"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"gatehouse/components"
)

func TestTheGalleryShowsEveryState(t *testing.T) {
	t.Parallel()
	ask := func(path string) *httptest.ResponseRecorder {
		recorder := httptest.NewRecorder()
		gallery().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
		return recorder
	}
	index := ask("/").Body.String()
	for _, state := range allStates() {
		for _, theme := range []string{components.ThemeLight, components.ThemeDark} {
			path := "/state/" + state.Name + "/" + theme
			if !strings.Contains(index, `src="`+path+`"`) {
				t.Errorf("the gallery does not show %s", path)
			}
			if answer := ask(path); answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `data-bs-theme="`+theme+`"`) {
				t.Errorf("%s: %d", path, answer.Code)
			}
		}
	}
	for _, l := range components.GalleryLetters() {
		path := "/letter/" + l.Name
		if answer := ask(path); !strings.Contains(index, `src="`+path+`"`) || answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), html.EscapeString(l.Subject)) {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
	if got := ask("/state/none/light").Code; got != http.StatusNotFound {
		t.Errorf("a state that does not exist: %d, want 404", got)
	}
}

func TestSumsAreOfEveryStateAndLetterAndStay(t *testing.T) {
	t.Parallel()
	var first, second strings.Builder
	for _, b := range []*strings.Builder{&first, &second} {
		if err := writeSums(b); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Errorf("the same gallery has two lists of sums:\n%s\n%s", first.String(), second.String())
	}
	if got, want := strings.Count(first.String(), "\n"), len(allStates())+len(components.GalleryLetters()); got != want {
		t.Errorf("%d sums, want %d", got, want)
	}
	if asset := "/assets/site.0123abcd.css"; hashed.ReplaceAllString(asset, "$1.") != "/assets/site.css" {
		t.Errorf("a new content of %s would change every sum", asset)
	}
}
