package components

import (
	"bytes"
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/store"
)

// Whoever types another person's address also chooses a name and the words in the header of their browser. The name
// reaches no address that nobody verified, and those words reach nobody, whatever an earlier version of the program
// wrote into the letter.
func TestLettersSayNothingInTheWordsOfStrangers(t *testing.T) {
	t.Parallel()
	const words = "evil"
	data := store.LetterData{
		To: "evil-victim@example.com", Name: "Claim it at https://evil.example/win", Username: "evil-winner", Passkey: "evil", Token: "token", Valid: time.Hour,
		At: time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC), From: "192.0.2.1",
	}
	toVerified := []string{
		store.LetterOwner, store.LetterReset, store.LetterEmailRestored, store.LetterEmailChanged, store.LetterPasswordChanged, store.LetterNewDevice, store.LetterClosed, store.LetterPasswordOff,
		store.LetterSecondOn, store.LetterSecondOff, store.LetterAppChanged, store.LetterCodesMade, store.LetterCodeUsed, store.LetterCodesWrong, store.LetterFactorsReset,
		store.LetterAppRemoved, store.LetterPasskeyAdded, store.LetterPasskeyRemoved, store.LetterPasswordRemoved, store.LetterFirstFactor, store.LetterFactorsUndone, store.LetterRoleGained, store.LetterLookedAt,
	}
	for _, agent := range []string{
		"evil", "evil/1.0 (evil; evil) evil", "Mozilla/5.0 (evil; CPU evil OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/evil",
		"Mozilla/5.0 (Linux; Android 14; evil Build/evil) Chrome/evil Mobile", "Mozilla/5.0 (compatible; evilbot/2.1; +http://evil.example/bot)",
	} {
		data.Agent = agent
		for _, kind := range store.LetterKinds {
			for _, verified := range []bool{false, true} {
				l := store.Letter{Kind: kind, LetterData: data}
				l.Verified = verified
				named := verified && slices.Contains(toVerified, kind)
				if named {
					l.Name, l.Username, l.Passkey = "Ada", "ada", "Phone"
				}
				drawn, unknown := NewLetter(l, "Gatehouse", &url.URL{Scheme: "https", Host: "accounts.example.com"}, nil)
				var html bytes.Buffer
				if err := LetterHTML(drawn).Render(context.Background(), &html); err != nil || unknown != nil {
					t.Fatal(err, unknown)
				}
				said := drawn.Subject + drawn.Text() + html.String()
				if strings.Contains(strings.ToLower(said), words) {
					t.Errorf("%s, verified %v, from %q says\n%s", kind, verified, agent, drawn.Text())
				}
				if greets := strings.Contains(said, "Hello Ada,") && strings.Contains(said, "ada"); greets != named {
					t.Errorf("%s, verified %v, says\n%s", kind, verified, drawn.Text())
				}
				if strings.Contains(drawn.Text(), "account .") || strings.Contains(drawn.Text(), "  ") {
					t.Errorf("%s has a gap:\n%s", kind, drawn.Text())
				}
			}
		}
	}
}

func TestEveryKindOfLetterHasWords(t *testing.T) {
	t.Parallel()
	var kinds []string
	for _, words := range letterWords {
		kinds = append(kinds, words.kind)
	}
	if !slices.Equal(kinds, store.LetterKinds) {
		t.Errorf("there are words for %v, want them for %v in this order", kinds, store.LetterKinds)
	}
	if _, err := NewLetter(store.Letter{Kind: "none"}, "Gatehouse", &url.URL{}, nil); err == nil {
		t.Error("a kind that does not exist has words")
	}
}

// The mark is there once, and in a browser without a mail around it.
func TestLettersBearTheMark(t *testing.T) {
	t.Parallel()
	for _, l := range GalleryLetters() {
		var html strings.Builder
		if err := LetterHTML(l.Letter).Render(context.Background(), &html); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(html.String(), `src="cid:`+MarkID+`"`); got != 1 {
			t.Errorf("%s bears the mark %d times", l.Name, got)
		}
		if shown := InBrowser(html.String()); strings.Contains(shown, "cid:") || !strings.Contains(shown, `src="data:image/png;base64,iVBOR`) {
			t.Errorf("%s shows no mark in a browser", l.Name)
		}
	}
}

// A letter that is read in the dark has the colours of the evening at everything that has a colour of the day.
func TestEveryColourOfALetterHasOneForTheEvening(t *testing.T) {
	t.Parallel()
	colour := regexp.MustCompile(`(?:background|color):#`)
	for _, l := range GalleryLetters() {
		var html strings.Builder
		if err := LetterHTML(l.Letter).Render(context.Background(), &html); err != nil {
			t.Fatal(err)
		}
		page, err := goquery.NewDocumentFromReader(strings.NewReader(html.String()))
		if err != nil {
			t.Fatal(err)
		}
		style := page.Find("style").Text()
		page.Find("body, body [style]").Each(func(_ int, e *goquery.Selection) {
			if class := e.AttrOr("class", "none"); colour.MatchString(e.AttrOr("style", "")) && !strings.Contains(style, "."+class+" {") {
				t.Errorf("%s: %s has colours of the day alone", l.Name, goquery.NodeName(e))
			}
		})
	}
}

func TestEveryLetterSaysTheSameTwice(t *testing.T) {
	t.Parallel()
	letters := GalleryLetters()
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
				said = append(said, l.Action, l.Link, l.Deadline)
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
			if page.Find("script, link, img:not([src='cid:"+MarkID+"']), iframe, form").Length() != 0 || strings.Contains(page.Find("style").Text(), "url(") {
				t.Error("a letter loads or sends something")
			}
			if preview := strings.TrimSpace(page.Find("body > :first-child").Text()); preview == "" || !strings.HasPrefix(preview, l.Lines[0]) || !strings.HasSuffix(preview, l.Deadline) {
				t.Errorf("lists of mails show %q", preview)
			}
			page.Find("body a").Each(func(_ int, a *goquery.Selection) {
				address, breaks := strings.TrimSpace(a.Text()), a.Find("wbr").Length()
				if _, path, found := strings.Cut(address, "://"); found && a.AttrOr("href", "") != address {
					t.Errorf("the address %q leads to %q", address, a.AttrOr("href", ""))
				} else if found && address != l.Home && breaks != strings.Count(path, "/") {
					t.Errorf("the address %q may break %d times", address, breaks)
				}
			})
			if page.Find("body a").FilterFunction(func(_ int, a *goquery.Selection) bool {
				return !strings.HasPrefix(a.AttrOr("href", ""), "https://accounts.example.com")
			}).Length() != 0 {
				t.Error("RED-06 a link leads elsewhere")
			}
		})
	}
}
