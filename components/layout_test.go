package components

import (
	"strings"
	"testing"
)

// Whatever is said once is said in one place: at the heading of a page of the account, at the top of any other.
func TestWhatIsSaidOnceIsSaidInOnePlace(t *testing.T) {
	t.Parallel()
	boxed := 0
	for _, s := range Gallery() {
		page := s.Page
		page.Flash = "Saved."
		if document, _ := draw(t, s); document.Find(".account").Length() == 1 && document.Find(".account-nav [aria-current]").Length() == 1 {
			page.Here, _ = document.Find(".account-nav [aria-current]").Attr("href")
			boxed++
		}
		document, _ := draw(t, State{s.Name, page, s.Body})
		if got := document.Find(".flash").Length(); got != 1 {
			t.Errorf("%s says it %d times, want once", s.Name, got)
		}
		if in := document.Find(".panel > .flash").Length() == 1; in != page.boxed() {
			t.Errorf("%s says it in its panel %v, want %v", s.Name, in, page.boxed())
		}
	}
	if boxed < 8 {
		t.Errorf("%d pages of the account were looked at, so this test shows little", boxed)
	}
}

// A line that stands under the gate of one page goes by its title, so each is the title of a page.
func TestEveryLineUnderTheGateIsShown(t *testing.T) {
	t.Parallel()
	shown := map[string]bool{}
	for _, s := range Gallery() {
		document, _ := draw(t, s)
		shown[document.Find(".scene-line").Text()] = true
	}
	for title, line := range sceneLines {
		if !shown[line] {
			t.Errorf("%q is shown nowhere: no page is called %q", line, title)
		}
	}
}

// A page has one switch for the theme beside its words, and not a second one at its foot.
func TestAPageHasOneThemeSwitch(t *testing.T) {
	t.Parallel()
	for _, s := range Gallery() {
		if strings.HasPrefix(s.Name, "profile") {
			s.Page.Here = "/account/profile"
		}
		document, _ := draw(t, s)
		if got := document.Find(".theme").Length(); got != 1 {
			t.Errorf("%s has %d switches, want 1", s.Name, got)
		}
	}
}
