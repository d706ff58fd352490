package handlers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/handlers/mail"
	"gatehouse/store/storetest"
)

type mailMessage = mail.Message

func TestTheMailboxShowsWhatWouldHaveBeenSent(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	v := h.visitor(t)
	v.get("/dev/mailbox").is(200).says("No mail yet.")
	if got := strings.TrimSpace(v.get("/dev/mailbox.json").is(200).body); got != "[]" {
		t.Errorf("an empty mailbox is %s", got)
	}
	wish := registration("ada")
	wish.Name = `<script>alert("x")</script>`
	storetest.Register(t, h.Store, wish)
	link := h.link(t, "ada@example.com")
	h.clock.Move(time.Second)
	v.forgets("ada")
	h.letters(t)

	page := v.get("/dev/mailbox").is(200).says("To ada@example.com").hides("<script>alert")
	if got := page.Find("article h2").First().Text(); got != resetSubject {
		t.Errorf("the newest is %q", got)
	}
	for place, want := range map[string]int{"p > a.btn": 1, "details pre a": 1} {
		if got := page.Find(`article ` + place + `[href="` + h.BaseURL.String() + link + `"]`).Length(); got != want {
			t.Errorf("%d links at %s lead to %s, want %d", got, place, link, want)
		}
	}
	answer := v.get("/dev/mailbox.json").is(200)
	var list []struct {
		To, From, Subject, Text, HTML string
		Sent                          time.Time
	}
	decoder := json.NewDecoder(strings.NewReader(answer.body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&list); err != nil || len(list) != 2 {
		t.Fatalf("%v: %s", err, answer.body)
	}
	newest := list[0]
	if newest.To != "ada@example.com" || newest.Subject != resetSubject || !strings.Contains(newest.From, "no-reply@localhost") ||
		!strings.Contains(newest.Text, "/password/reset/") || !strings.Contains(newest.HTML, "/password/reset/") || newest.Sent.IsZero() || !newest.Sent.After(list[1].Sent) {
		t.Errorf("the newest is %+v", newest)
	}
	for _, field := range []string{`"to"`, `"from"`, `"subject"`, `"text"`, `"html"`, `"sent"`} {
		if strings.Count(answer.body, field+":") != 2 {
			t.Errorf("the field %s is missing", field)
		}
	}
	if got := answer.header.Get("Content-Type"); got != "application/json; charset=utf-8" || answer.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Content-Type is %q, Cache-Control %q", got, answer.header.Get("Cache-Control"))
	}

	drawn := v.get("/dev/mailbox/1").is(200).hides("<script")
	policy := drawn.header.Values("Content-Security-Policy")
	if len(policy) != 1 || !strings.Contains(policy[0], "default-src 'none'") || strings.Contains(policy[0], "script-src") {
		t.Errorf("the policy of a mail is %q", policy)
	}
	for _, n := range []string{"2", "-1", "x", "99999999999999999999", "0%20", "1e0"} {
		v.get("/dev/mailbox/" + n).is(404)
	}
	v.post("/dev/mailbox", url.Values{}).is(405)
	v.header.Set("Host", "evil.example") // or any site could read it by rebinding its name
	v.get("/dev/mailbox.json").is(421)
}

// Mails arrive while the list is looked at, and old ones go.
func TestTheMailboxOpensTheMailThatWasClicked(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	v := h.visitor(t)
	storetest.Register(t, h.Store, storetest.Ada())
	h.letters(t)
	list := v.get("/dev/mailbox").is(200)
	v.forgets("ada")
	h.letters(t)
	opens := func(list *page, i int) string {
		t.Helper()
		article := list.Find("article").Eq(i)
		link := article.Find("iframe").AttrOr("src", "")
		if article.AttrOr("id", "") != "mail-"+strings.TrimPrefix(link, "/dev/mailbox/") {
			t.Errorf("the mail %d is %q and leads to %q", i, article.AttrOr("id", ""), link)
		}
		return link
	}
	if first := opens(list, 0); !strings.Contains(v.get(first).is(200).body, "Confirm your email address") {
		t.Errorf("%s opens another mail", first)
	}
	for i := range 2 * mailboxMax {
		if err := h.Mailbox.Send(t.Context(), mail.Message{Subject: "filler", HTML: fmt.Sprint("number ", i)}); err != nil {
			t.Fatal(err)
		}
	}
	v.get(opens(list, 0)).is(404)
	full := v.get("/dev/mailbox").is(200)
	if got := full.Find("article").Length(); got != mailboxMax {
		t.Errorf("%d mails are kept, want %d", got, mailboxMax)
	}
	for place, i := range map[int]int{0: 2*mailboxMax - 1, 1: 2*mailboxMax - 2, mailboxMax - 1: mailboxMax} {
		if body := v.get(opens(full, place)).is(200).body; body != fmt.Sprint("number ", i) {
			t.Errorf("the mail %d of the list is %q", place, body)
		}
	}
}

// A letter is shown in a frame: the mailbox may frame letters, and nothing may frame anything else. What is in the frame
// runs nothing, fetches nothing and cannot change the page around it until somebody clicks a link.
func TestOnlyTheMailboxFrames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	v := h.visitor(t)
	storetest.Register(t, h.Store, storetest.Ada())
	h.letters(t)
	list := v.get("/dev/mailbox").is(200)
	if got := list.Find("iframe").AttrOr("sandbox", "none"); got != "allow-top-navigation-by-user-activation" {
		t.Errorf("the sandbox allows %q", got)
	}
	for path, want := range map[string]struct{ framed, frames, old string }{
		"/dev/mailbox":   {"frame-ancestors 'none'", "frame-src 'self'", "DENY"},
		"/dev/mailbox/0": {"frame-ancestors 'self'", "", "SAMEORIGIN"},
		"/dev/mailbox/9": {"frame-ancestors 'none'", "", "DENY"},
		"/login":         {"frame-ancestors 'none'", "", "DENY"},
	} {
		answer := v.get(path)
		policy := answer.header.Get("Content-Security-Policy")
		if !strings.Contains(policy, want.framed) || strings.Contains(policy, "frame-src") != (want.frames != "") || !strings.Contains(policy, want.frames) || answer.header.Get("X-Frame-Options") != want.old {
			t.Errorf("%s: the policy is %q, X-Frame-Options %q", path, policy, answer.header.Get("X-Frame-Options"))
		}
	}
	mail := v.get("/dev/mailbox/0").is(200)
	if got := mail.Find("base").AttrOr("target", ""); got != "_top" {
		t.Errorf("links of a letter open in %q", got)
	}
	if got := mail.Find("img").AttrOr("src", ""); !strings.HasPrefix(got, "data:image/png;base64,") {
		t.Errorf("the mark is %q", got)
	}
}

// mailboxMax is how many messages the mailbox stores.
const mailboxMax = 200

func TestThereIsNoMailboxButOnADevelopersMachine(t *testing.T) {
	t.Parallel()
	v := newHouse(t).visitor(t)
	for _, path := range []string{"/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/0", "/dev/", "/dev"} {
		v.get(path).is(404)
		v.post(path, url.Values{}).is(404)
	}
}

// The mailbox shows links that open accounts.
func TestSRV09TheMailboxIsForThisMachineAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail)
	handler := h.server.Config.Handler
	for _, path := range []string{"/dev/mailbox", "/dev/mailbox.json", "/dev/mailbox/0"} {
		if got := ask(handler, h.BaseURL.Host, path, nil).Code; got != 404 {
			t.Errorf("%s is shown to 192.0.2.1: %d", path, got)
		}
	}
	v := h.visitor(t)
	for name, values := range map[string][]string{"X-Forwarded-For": {
		"203.0.113.9", "127.0.0.1, 203.0.113.9", "127.0.0.1, 203.0.113.9:127", "[2001:db8::1]:443", "[127.0.0.1]:1, 203.0.113.9, 127.0.0.1:2", "unknown", "::ffff:203.0.113.9", "127.0.0.1:x",
	}, "Forwarded": {"for=203.0.113.9"}} {
		for _, value := range values {
			v.header = http.Header{name: {value}}
			v.get("/dev/mailbox.json").is(404)
		}
	}
	for _, here := range []string{"127.0.0.1", "127.0.0.1:40000", "[::1]:40000", "::1", "::ffff:127.0.0.1", " 127.0.0.1 , , \"[::1]:80\""} { // make dev, for one
		v.header = http.Header{"X-Forwarded-For": {here}}
		v.get("/dev/mailbox.json").is(200)
	}
}
