package components

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

func draw(t *testing.T, s State) (*goquery.Document, string) {
	t.Helper()
	var page bytes.Buffer
	if err := Layout(s.Page, s.Body).Render(context.Background(), &page); err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	document, err := goquery.NewDocumentFromReader(bytes.NewReader(page.Bytes()))
	if err != nil {
		t.Fatalf("%s: %v", s.Name, err)
	}
	return document, page.String()
}

// tags says what is wrong with the tags of a page as they are written: parsers put up with an attribute that stands
// twice, or that is a word of a template.
func tags(page string) (wrong []string) {
	tokens := html.NewTokenizer(strings.NewReader(page))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return wrong
		case html.StartTagToken, html.SelfClosingTagToken:
			seen := map[string]bool{"if": true, "else": true, "for": true, "switch": true}
			token := tokens.Token()
			if token.Data == "label" {
				delete(seen, "for")
			}
			for _, attribute := range token.Attr {
				if seen[attribute.Key] {
					wrong = append(wrong, token.String())
				}
				seen[attribute.Key] = true
			}
		}
	}
}

// inline is what the Content Security Policy would stop.
var inline = regexp.MustCompile(`(?i)\sstyle=|\son[a-z]+=|hx-on|javascript:|hx-[a-z-]+="js:|hx-trigger="[^"]*\[|hx-vals|<style|<script(?:[^>]*[^>c])?>[^<]`)

func TestEveryStateIsSound(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, s := range Gallery() {
		t.Run(s.Name, func(t *testing.T) {
			if names[s.Name] {
				t.Errorf("there are two states %s", s.Name)
			}
			names[s.Name] = true
			page, html := draw(t, s)
			if wrong := tags(html); len(wrong) > 0 {
				t.Errorf("these tags are not well written: %v", wrong)
			}
			if found := inline.FindString(html); found != "" {
				t.Errorf("HDR-03 inline code: %q", found)
			}
			if last := page.Find("body > :last-child").AttrOr("id", "none"); page.Find("head > link[rel=expect][blocking=render]").AttrOr("href", "") != "#"+last {
				t.Errorf("browsers do not wait for %q, the last of the page, before they show it", last)
			}
			if page.Find("h1").Length() != 1 {
				t.Errorf("%d first headings, want 1", page.Find("h1").Length())
			}
			if title := page.Find("title").Text(); !strings.HasSuffix(title, "Gatehouse") || strings.HasPrefix(title, "Error: ") != s.Page.Refused {
				t.Errorf("the title is %q", title)
			}
			ids := map[string]bool{}
			page.Find("[id]").Each(func(_ int, e *goquery.Selection) {
				id := e.AttrOr("id", "")
				if ids[id] {
					t.Errorf("the id %s stands twice", id)
				}
				ids[id] = true
			})
			page.Find("input:not([type=hidden], [hidden]), select, textarea").Each(func(_ int, e *goquery.Selection) {
				id := e.AttrOr("id", "")
				own := id == e.AttrOr("name", "") || e.AttrOr("type", "") == "radio" && ids[e.AttrOr("name", "")]
				if id == "" || !own || page.Find(`label[for="`+id+`"]`).Length() != 1 {
					t.Errorf("the input %q has not its name for an id, or no label", id)
				}
				if e.AttrOr("type", "") == "password" && e.AttrOr("value", "") != "" {
					t.Errorf("the password %s is in the page", id)
				}
			})
			page.Find("[aria-describedby]").Each(func(_ int, e *goquery.Selection) {
				for _, described := range strings.Fields(e.AttrOr("aria-describedby", "")) {
					if !ids[described] {
						t.Errorf("%s is described by %s, which does not exist", e.AttrOr("id", ""), described)
					}
				}
			})
			page.Find(`a[href^="#"]`).Each(func(_ int, e *goquery.Selection) {
				if target := e.AttrOr("href", ""); page.Find(target).Length() != 1 {
					t.Errorf("a link leads to %s, which does not exist", target)
				}
			})
			page.Find("a, button").Each(func(_ int, e *goquery.Selection) {
				if strings.TrimSpace(e.Text()) == "" && e.AttrOr("aria-label", "") == "" {
					t.Errorf("a control says nothing")
				}
			})
			if html := strings.ReplaceAll(html, "too short to", ""); strings.Contains(html, "too short\"") || strings.Contains(html, ">guess<") {
				t.Error("a password is in the page")
			}
			if refused := page.Find(`.summary[role=alert][tabindex="-1"][autofocus]`).Length() == 1; refused != s.Page.Refused && !strings.Contains(s.Name, "taken") {
				t.Errorf("a summary that takes the focus: %v, want %v", refused, s.Page.Refused)
			}
		})
	}
}

func TestInlineCodeIsNoticed(t *testing.T) {
	t.Parallel()
	for html, want := range map[string]bool{
		`<p style="x">`: true, `<a onclick="x">`: true, `<a hx-on:click="x">`: true, `<a href="javascript:x">`: true,
		`<input hx-trigger="click[x]">`: true, `<script>x</script>`: true, `<style>`: true,
		`<script src="/a.js" defer></script>`: false, `<input hx-trigger="change changed, input changed delay:500ms">`: false,
	} {
		if got := inline.MatchString(html); got != want {
			t.Errorf("%s: noticed %v, want %v", html, got, want)
		}
	}
}

// A refusal is told by an alert, and never in the dress of a success.
func TestRefusalsDoNotLookLikeSuccess(t *testing.T) {
	t.Parallel()
	for _, s := range Gallery() {
		if !strings.Contains(s.Name, "too-often") {
			continue
		}
		page, _ := draw(t, s)
		if page.Find("main .summary[role=alert]").Length() != 1 || page.Find("main .notice").Length() != 0 {
			t.Errorf("%s looks like a success", s.Name)
		}
	}
}
