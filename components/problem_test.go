package components

import "testing"

// The picture says what the words say: past the gate leads the path of a page that does not exist, a chain keeps out who
// may not enter, and the lantern is out where we fail. Nobody has to see it.
func TestProblemsAreDrawnAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	path := func(p Problem) (d string) {
		document, _ := draw(t, problemState("", p, memberPage(sampleUser, p.Title)))
		picture := document.Find(".problem svg")
		if picture.AttrOr("aria-hidden", "") != "true" {
			t.Errorf("%d: the picture is read out", p.Status)
		}
		if got := picture.Find("[stroke-dasharray]").Length() == 1; got != (p.Status == 403) {
			t.Errorf("%d: chained %v", p.Status, got)
		}
		if got := picture.Find("[fill='url(#lantern)']").Length() == 1; got != (p.Status != 503) {
			t.Errorf("%d: lit %v", p.Status, got)
		}
		return picture.Find(".p-path").AttrOr("d", "")
	}
	through := path(Fault)
	for _, p := range Problems {
		if past := path(p) != through; past != (p.Status == 404) {
			t.Errorf("%d: the path leads past the gate: %v", p.Status, past)
		}
	}
}
