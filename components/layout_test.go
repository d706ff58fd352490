package components

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/a-h/templ"
)

// Whatever is said once is said in one place: at the heading of a page of the account, be it ours or a product's, at the
// top of any other.
func TestWhatIsSaidOnceIsSaidInOnePlace(t *testing.T) {
	t.Parallel()
	boxed := 0
	states := append(Gallery(), State{"a product's", memberPage(sampleUser, "Shelf"), AccountBox("/shelf")})
	for i, s := range states {
		s.Page.Flash = Saved
		where := ".account .panel > .flash:first-child"
		if i%2 == 0 { // above the heading, where it takes more than a word
			s.Page.Flash, where = AskedAgain, ".account .panel > div:first-child > .flash"
		}
		document, _ := draw(t, s)
		if got := document.Find(".flash").Length(); got != 1 {
			t.Errorf("%s says it %d times, want once", s.Name, got)
		}
		box := document.Find(".account").Length() == 1
		if in := document.Find(where).Length() == 1; in != box {
			t.Errorf("%s says it at its heading %v, want %v", s.Name, in, box)
		}
		if box {
			boxed++
		}
	}
	if boxed < 20 {
		t.Errorf("%d pages of the account were looked at, so this test shows little", boxed)
	}
}

// A body that cannot be drawn is a fault, whether or not something is to be said above it.
func TestABodyThatCannotBeDrawnIsAFault(t *testing.T) {
	t.Parallel()
	broken := templ.ComponentFunc(func(context.Context, io.Writer) error { return io.ErrUnexpectedEOF })
	for _, flash := range []string{"", "Saved."} {
		page := memberPage(sampleUser, "Broken")
		page.Flash = flash
		if err := Layout(page, broken).Render(t.Context(), io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("with %q it is %v", flash, err)
		}
	}
}

// Every button that sends something says what it does while it does it. Themes are put on at once, and a file leaves the page as it is.
func TestButtonsSayWhatTheyDo(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, s := range Gallery() {
		document, _ := draw(t, s)
		document.Find("form:not(.theme, [data-file]) [type=submit]").Each(func(_ int, e *goquery.Selection) {
			seen++
			if e.AttrOr("data-busy", "") == "" {
				t.Errorf("%s: %q does not", s.Name, e.Text())
			}
		})
	}
	if seen < 100 {
		t.Errorf("%d buttons, so this test shows little", seen)
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
		document.Find("fieldset[disabled] .theme").Remove() // which nobody can use
		if got := document.Find(".theme").Length(); got != 1 {
			t.Errorf("%s has %d switches, want 1", s.Name, got)
		}
	}
}
