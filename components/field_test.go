package components

import (
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

func TestFormsKeepWhatTheirFieldsHold(t *testing.T) {
	t.Parallel()
	const notes = "\n\n<b>one</b>\ntwo"
	f := demonstrationForm()
	f.Fill(url.Values{
		"title": {`"The" Waves`}, "genre": {"poems"}, "pages": {"many"}, "read": {"2026-11-23"}, "rating": {"fair"},
		"notes": {strings.ReplaceAll(notes, "\n", "\r\n")}, "lent": {"on"},
	})
	page, err := goquery.NewDocumentFromReader(strings.NewReader(drawn(t, Demonstration(f))))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"title": `"The" Waves`, "pages": "many", "read": "2026-11-23"} {
		if got := page.Find("#"+name).AttrOr("value", ""); got != want {
			t.Errorf("%s holds %q, want %q", name, got, want)
		}
	}
	if got := page.Find("#genre option[selected]").AttrOr("value", ""); got != "poems" {
		t.Errorf("the select has %q, want poems", got)
	}
	if got := page.Find("[name=rating][checked]"); got.Length() != 1 || got.AttrOr("value", "") != "fair" {
		t.Errorf("the radio buttons have %q, want fair", got.AttrOr("value", ""))
	}
	if page.Find("#lent[checked]").Length() != 1 {
		t.Error("the checkbox is not ticked")
	}
	if got := page.Find("#notes").Text(); got != notes {
		t.Errorf("the text is %q, want %q", got, notes)
	}
}

func TestFieldsRefuseWhatTheyDoNotOffer(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind, value string
		optional    bool
		want        string
	}{
		{"select", "novel", false, ""},
		{"radio", "novel", false, ""},
		{"select", "map", false, "Choose one of these."},
		{"radio", "map", true, "Choose one of these."},
		{"radio", "", false, "Choose one of these."},
		{"radio", "", true, ""},
		{"text", "map", false, ""},
	} {
		f := Field{Name: "genre", Type: row.kind, Optional: row.optional, Value: row.value, Options: []Option{{"novel", "Novel"}}}
		if f.Check(); f.Refusal != row.want {
			t.Errorf("%s %q, optional %v: %q, want %q", row.kind, row.value, row.optional, f.Refusal, row.want)
		}
	}
}

func TestBrowsersSpellCheckProseAlone(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"text", "textarea"} {
		for _, prose := range []bool{false, true} {
			html := drawn(t, Input(&Form{}, &Field{Name: "title", Type: kind, Prose: prose}))
			if off := strings.Contains(html, `autocapitalize="none" autocorrect="off" spellcheck="false"`); off == prose {
				t.Errorf("%s, prose %v: %s", kind, prose, html)
			}
		}
	}
}
