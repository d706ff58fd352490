package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

const (
	weekly  = "product-weekly"
	receipt = "product-receipt"
)

// withLetters gives a site a product that writes two kinds of letters.
func withLetters(s *Site) {
	withMail(s)
	say := func(l *components.Letter, about store.Letter) error {
		var titles []string
		if err := about.About(&titles); err != nil {
			return err
		}
		l.Subject = fmt.Sprintf("You read %d books", len(titles))
		l.Lines = titles
		return nil
	}
	s.Product.Letters = []Letter{{Kind: weekly, Label: "What you read this week", Say: say}, {Kind: receipt, Say: say}}
}

// writes writes a letter of the product to somebody.
func (h *house) writes(t testing.TB, kind, username string) {
	t.Helper()
	if err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		return tx.Letter(t.Context(), kind, h.user(t, username), []string{"Sketch", "Notes"})
	}); err != nil {
		t.Fatal(err)
	}
}

// verifies makes Ada's account and confirms her address.
func (v *visitor) verifies() {
	v.t.Helper()
	v.registers()
	v.follows(v.h.link(v.t, "ada@example.com")).submit(nil).leads()
}

func TestPeopleChooseTheEmailsThatTheyGet(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		page := v.get("/account/preferences").is(200).says("Choose which emails you get").says("confirm your email address")
		if box := page.Find(`main input[type=checkbox][checked]`); box.Length() != 1 || box.AttrOr("name", "") != weekly {
			t.Errorf("the boxes are %s", page.body)
		}
		v.follows(h.link(t, "ada@example.com")).submit(nil)
		v.get("/account/preferences").hides("None of these come")
		if v.get("/account").Find(`.account-nav a[href="/account/preferences"]`).Length() != 1 {
			t.Error("no link leads to the preferences")
		}
		h.writes(t, weekly, "ada")
		h.writes(t, receipt, "ada")
		saved := v.get("/account/preferences").submit(map[string]string{weekly: ""}).goesTo("/account/preferences").says("Saved.")
		if saved.Find(".account .panel .flash").Length() != 1 || saved.Find(".flash").Length() != 1 {
			t.Errorf("it is not said at the heading: %s", saved.body)
		}
		if v.get("/account/preferences").Find(`main input[type=checkbox][checked]`).Length() != 0 {
			t.Error("the box is still ticked")
		}
		for _, m := range h.letters(t) {
			if m.Unsubscribe != "" {
				t.Errorf("a letter that was turned off while it waited is sent: %+v", m)
			}
		}
		v.post("/account/preferences", url.Values{weekly: {"on"}, receipt: {"on"}, "product-none": {"on"}}).goesTo("/account/preferences")
		h.clock.Move(time.Hour)
		h.writes(t, weekly, "ada")
		if m := h.letters(t)[0]; m.Subject != "You read 2 books" || m.Unsubscribe == "" {
			t.Errorf("the newest letter is %+v", m)
		}
	}, withLetters)
}

func TestUNS02OnePostTurnsEmailsOffAndALookDoesNot(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.verifies()
		h.writes(t, weekly, "ada")
		m := h.letters(t)[0]
		link := strings.TrimPrefix(m.Unsubscribe, h.BaseURL.String())
		if !strings.Contains(m.Text, "Stop these emails:\n"+m.Unsubscribe) || !strings.Contains(m.HTML, m.Unsubscribe) {
			t.Errorf("the letter says %s\n%s", m.Text, m.HTML)
		}
		before := h.dump(t)
		stranger := v.another()
		stranger.get(link).is(200).says("What you read this week").hides("ada", "Ada")
		if h.dump(t) != before {
			t.Error("opening the link changed something")
		}
		for _, path := range []string{"/unsubscribe/AAAA", link + "A", "/unsubscribe/" + strings.Repeat("A", 80)} {
			stranger.get(path).is(422).says("This link doesn't work")
			stranger.post(path, nil).is(422)
		}
		if h.dump(t) != before {
			t.Error("a bad link changed something")
		}

		// As a mail program posts it: in either type, without cookies or a site.
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		if err := form.WriteField("List-Unsubscribe", "One-Click"); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		program := v.another()
		answer := program.send(http.MethodPost, link, &body, http.Header{"Content-Type": {form.FormDataContentType()}})
		if answer.is(200); answer.header.Get("Set-Cookie") != "" {
			t.Error("the answer sets a cookie")
		}
		if v.get("/account/preferences").Find(`main input[type=checkbox][checked]`).Length() != 0 {
			t.Error("the box is still ticked")
		}
		stranger.get(link).submit(nil).is(200).says("You get no more of these emails").says("What you read this week")
		h.clock.Move(time.Hour)
		sent := len(h.letters(t))
		h.writes(t, weekly, "ada")
		if got := len(h.letters(t)); got != sent {
			t.Errorf("%d letters are sent after all", got-sent)
		}
		if strings.Contains(h.log.String(), strings.TrimPrefix(link, "/unsubscribe/")) {
			t.Error("the token is in the log")
		}
	}, withLetters)
}

// A site whose product writes nothing that can be turned off has no page for it.
func TestThereAreNoPreferencesWithoutLetters(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		v.get("/account/preferences").is(404)
		v.get("/unsubscribe/AAAA").is(404)
		if v.get("/account").Find(`a[href="/account/preferences"]`).Length() != 0 {
			t.Error("a link leads nowhere")
		}
	}, withMail, func(s *Site) {
		say := func(*components.Letter, store.Letter) error { return nil }
		s.Product.Letters = []Letter{{Kind: receipt, Say: say}}
	})
}

func TestActivityAndTheFileKnowTheProduct(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		if err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
			return tx.Record(t.Context(), h.user(t, "ada").ID, "book_added", "Sketch", store.Origin{})
		}); err != nil {
			t.Fatal(err)
		}
		v.get("/account/activity").says("Book added").hides("book_added")
		file := v.get("/account/export").is(200)
		var held struct {
			Site  string
			Books []string
		}
		if err := json.Unmarshal([]byte(file.body), &held); err != nil || held.Site != h.Name || len(held.Books) != 1 || held.Books[0] != "Sketch of ada" {
			t.Errorf("the file is %s", file.body)
		}
	}, func(s *Site) {
		s.Product.Events = map[string]string{"book_added": "Book added"}
		s.Product.Data = []store.Data{{Name: "books", Export: func(_ context.Context, user store.User) (any, error) {
			return []string{"Sketch of " + user.Username}, nil
		}}}
	})
}
