package components

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store"
)

func TestEveryLetterSaysTheSameTwice(t *testing.T) {
	t.Parallel()
	letters := GalleryLetters()
	if len(letters) < len(store.LetterKinds) {
		t.Fatalf("%d letters for %d kinds: one has no words", len(letters), len(store.LetterKinds))
	}
	for _, l := range letters {
		t.Run(l.Name, func(t *testing.T) {
			var html bytes.Buffer
			if err := LetterHTML(l.Letter).Render(context.Background(), &html); err != nil {
				t.Fatal(err)
			}
			page, err := goquery.NewDocumentFromReader(&html)
			if err != nil {
				t.Fatal(err)
			}
			seen := strings.Join(strings.Fields(page.Find("body").Text()), " ")
			text := l.Text()
			read := strings.Join(strings.Fields(text), " ")
			if l.Subject == "" || strings.ContainsAny(l.Subject, "\r\n") || page.Find("title").Text() != l.Subject {
				t.Errorf("the subject is %q, the title %q", l.Subject, page.Find("title").Text())
			}
			said := append(append([]string{l.Hello, l.Site, l.Home}, l.Lines...), l.After...)
			for _, f := range l.Facts {
				said = append(said, f.Text)
			}
			if l.Action != "" {
				said = append(said, l.Action, l.Link)
				if got := page.Find("a[href='" + l.Link + "']").Length(); got != 2 {
					t.Errorf("the link stands %d times, want as button and as plain link", got)
				}
				if !strings.Contains(text, "\n"+l.Link+"\n") {
					t.Error("the link is not on a line of its own")
				}
			}
			for _, s := range said {
				s = strings.Join(strings.Fields(s), " ")
				if !strings.Contains(seen, s) || !strings.Contains(read, s) {
					t.Errorf("%q is missing in one of\n%s\n%s", s, seen, text)
				}
			}
			for _, line := range strings.Split(text, "\n") {
				if len(line) > 72 && strings.Contains(line, " ") && !strings.Contains(line, strings.Repeat("w", 30)) && !strings.Contains(line, "WWW") {
					t.Errorf("the line %q is long", line)
				}
			}
			if page.Find("script, link, img, iframe, form").Length() != 0 {
				t.Error("a letter loads or sends something")
			}
			if page.Find("body a").FilterFunction(func(_ int, a *goquery.Selection) bool {
				return !strings.HasPrefix(a.AttrOr("href", ""), "https://accounts.example.com")
			}).Length() != 0 {
				t.Error("RED-06 a link leads elsewhere")
			}
		})
	}
}
