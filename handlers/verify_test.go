package handlers

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestAnAddressIsConfirmedByTheButton(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		v.registers().is(200)
		link := h.link(t, "ada@example.com")
		page := v.get(link).goesTo("/email/verify").is(200).says("Is ada@example.com yours?").hides(link)
		page.submit(map[string]string{}).goesTo("/account").says("is confirmed").hides("isn't confirmed yet")
		v.get(link).goesTo("/email/verify").is(422).says("Your address is confirmed already")
	}, withMail)
}

// What letters to addresses that nobody confirmed leave out, the pages behind their
// links say.
func TestThePageBehindALinkSaysWhoseAccountItIs(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for purpose, says := range map[string]string{
			store.PurposeVerify: "for the account joan.", store.PurposeNewEmail: "for the account lise.",
			store.PurposeRegister: "for the account hedy.", store.PurposeReset: "For the account joan.",
		} {
			v.another().follows(links[purpose]).is(200).says(says)
			for _, m := range h.letters(t) {
				if strings.Contains(m.Text, links[purpose]) && strings.Contains(m.Text+m.HTML+m.Subject, strings.TrimSuffix(says[len("for the account "):], ".")) {
					t.Errorf("the letter says it too:\n%s", m.Text)
				}
			}
		}
	}, withMail)
}

// button is the page of a link, and what is sent from there.
type button struct {
	purpose, page string
	form          url.Values
}

// buttons are those of all purposes.
var buttons = []button{
	{store.PurposeVerify, "/email/verify", url.Values{}},
	{store.PurposeNewEmail, "/email/verify", url.Values{}},
	{store.PurposeRegister, "/email/verify", url.Values{"password": {storetest.Password}}},
	{store.PurposeReset, "/password/reset", url.Values{"password": {newPassword}}},
	{store.PurposeUndo, "/email/undo", url.Values{}},
	{store.PurposeFactors, "/factors/undo", url.Values{}},
	{store.PurposeSetup, "/register/first", url.Values{"username": {"maud"}, "email": {"maud@example.com"}, "password": {newPassword}}},
	{store.PurposeInvite, "/invite", url.Values{"username": {"olga"}, "password": {newPassword}}},
}

// stale is the one answer to a link that is not good, opened and its button
// pressed.
func (v *visitor) stale(page, link string, form url.Values) string {
	v.t.Helper()
	other := v.another()
	shown := other.get(link).goesTo(page).is(422).says("This link doesn't work")
	other.get(link)
	return shown.masked("") + other.post(page, form).is(422).masked("")
}

func TestREG14RST04RST09LinksWorkOnceAndForTheirPurpose(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for _, p := range buttons {
			link := links[p.purpose]
			path, secret := strings.TrimSuffix(link, token(link)), token(link)
			flipped := path + "A" + secret[1:]
			if flipped == link {
				flipped = path + "B" + secret[1:]
			}
			want := v.stale(p.page, path+"NONE", p.form)
			before := h.dump(t)
			for what, bad := range map[string]string{"flipped": flipped, "cut": link[:len(link)-1], "longer": link + "A", "long": path + strings.Repeat("A", 500), "odd": path + "%00%0d%0a"} {
				if got := v.stale(p.page, bad, p.form); got != want {
					t.Errorf("%s: %s answers\n%s\nwant\n%s", p.purpose, what, got, want)
				}
			}
			for _, other := range buttons {
				if other.page != p.page && v.stale(p.page, path+token(links[other.purpose]), p.form) != want {
					t.Errorf("%s: the token for %s gets another answer", p.purpose, other.purpose)
				}
			}
			reader := v.another()
			for range 5 {
				reader.send(http.MethodHead, link, nil, http.Header{})
				reader.send(http.MethodHead, p.page, nil, http.Header{})
				reader.follows(link).is(200)
			}
			if h.dump(t) != before {
				t.Errorf("%s: something changed before the button was pressed", p.purpose)
			}
			if got := reader.post(p.page, p.form).destination(); got == "" {
				t.Errorf("%s: the button leads nowhere", p.purpose)
			}
			if h.dump(t) == before {
				t.Errorf("%s: the button did nothing", p.purpose)
			}
			before = h.dump(t)
			if got := v.stale(p.page, link, p.form); got != want || h.dump(t) != before {
				t.Errorf("%s: used, the link answers\n%s\nwant\n%s", p.purpose, got, want)
			}
		}
	}, withMail)
}

func TestRST08LinksExpireWhenTheirLettersSay(t *testing.T) {
	both(t, func(t *testing.T, h *house, v *visitor) {
		links, begun := h.links(t), h.clock.Now()
		for _, c := range []struct {
			purpose string
			valid   time.Duration
			says    string
		}{
			{store.PurposeReset, 30 * time.Minute, "within 30 minutes"},
			{store.PurposeNewEmail, time.Hour, "within one hour"},
			{store.PurposeVerify, 24 * time.Hour, "within 24 hours"},
			{store.PurposeRegister, 24 * time.Hour, "within 24 hours"},
			{store.PurposeUndo, 7 * 24 * time.Hour, "within 7 days"},
			{store.PurposeFactors, 7 * 24 * time.Hour, "within 7 days"},
			{store.PurposeInvite, 7 * 24 * time.Hour, "within 7 days"},
		} {
			p := buttons[slices.IndexFunc(buttons, func(b button) bool { return b.purpose == c.purpose })]
			link := links[c.purpose]
			found := false
			for _, m := range h.Mailbox.Messages() {
				if strings.Contains(m.Text, link) {
					found = true
					if text := strings.Join(strings.Fields(m.Text), " "); !strings.Contains(text, c.says) || !strings.Contains(m.HTML, c.says) {
						t.Errorf("%s: the letter does not say %q:\n%s", c.purpose, c.says, text)
					}
				}
			}
			if !found {
				t.Errorf("%s: there is no letter", c.purpose)
			}
			if left := begun.Add(c.valid - time.Millisecond).Sub(h.clock.Now()); left > 0 {
				h.clock.Move(left)
			}
			if begun.Add(c.valid).After(h.clock.Now()) { // else it is as old as the one before
				v.another().follows(link).is(200)
				h.clock.Move(time.Millisecond)
			}
			if got, want := v.stale(p.page, link, p.form), v.stale(p.page, strings.TrimSuffix(link, token(link))+"NONE", p.form); got != want {
				t.Errorf("%s: expired, the link answers\n%s\nwant\n%s", c.purpose, got, want)
			}
		}
	}, withMail)
}

func TestRST11TokensLeaveTheAddressAndStayOutOfTheLog(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for _, p := range buttons {
			link, secret, reader := links[p.purpose], token(links[p.purpose]), v.another()
			answer := reader.get(link).is(303).hides(secret)
			if got := answer.header.Get("Location"); got != p.page {
				t.Errorf("%s leads to %q, want %q", p.purpose, got, p.page)
			}
			behind := linkPages[slices.IndexFunc(linkPages, func(l linkPage) bool { return l.path == p.page })]
			if c := answer.cookie(behind.cookie); c == nil || c.Value != secret || c.MaxAge != int(behind.lasts/time.Second) || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
				t.Errorf("%s: the cookie is %v", p.purpose, c)
			}
			if got := answer.header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control is %q", p.purpose, got)
			}
			page := reader.get(p.page).is(200).hides(secret)
			if page.header.Get("Referrer-Policy") != "same-origin" || page.header.Get("Cache-Control") != "no-store" || page.cookie("sid") != nil {
				t.Errorf("%s: the headers are %v", p.purpose, page.header)
			}
			// What people and their programs make of links.
			reader.get(link + "/").is(404)
			reader.get(link + "/check/x")
			reader.post(link, p.form).is(405)
			reader.send(http.MethodOptions, link, nil, http.Header{}).is(405)
			reader.send(get, link, nil, http.Header{"Host": {"elsewhere.example"}}).is(421)
			reader.send(post, link, strings.NewReader(""), http.Header{"Sec-Fetch-Site": {"cross-site"}}).is(403)
			reader.post(p.page, p.form)
			if strings.Contains(h.log.String(), secret) {
				t.Errorf("%s: the log has the token", p.purpose)
			}
		}
	}, withMail)
}

func TestRED03LinksLeadToTheirPageAlone(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for _, p := range buttons {
			for _, next := range []string{"//evil.example", "https://evil.example", "/account/delete"} {
				query := "?next=" + url.QueryEscape(next)
				reader := v.another()
				if got := reader.get(links[p.purpose] + query).destination(); got != p.page {
					t.Errorf("%s with next=%q leads to %q", p.purpose, next, got)
				}
				reader.get(p.page + query).is(200)
			}
			reader, form := v.another(), url.Values{"next": {"//evil.example"}}
			for name, values := range p.form {
				form[name] = values
			}
			reader.get(links[p.purpose])
			if got := reader.post(p.page+"?next=//evil.example", form).destination(); got != "/login" && got != "/" {
				t.Errorf("the button for %s leads to %q", p.purpose, got)
			}
		}
	}, withMail)
}

func TestRST10NoLinkSignsAnybodyIn(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		links := h.links(t)
		for _, p := range buttons[:6] { // an invitation makes an account and is its first sign-in
			reader := v.another()
			reader.get(links[p.purpose])
			answer := reader.post(p.page, p.form)
			if got := answer.destination(); got != "/login" && got != "/" {
				t.Errorf("%s leads to %q", p.purpose, got)
			}
			if reader.signedIn() != "" {
				t.Errorf("the link for %s signs in", p.purpose)
			}
		}
	}, withMail)
}

func TestSES10TheDatabaseKeepsNoTokenInClear(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withConfirm)
	links := h.links(t)
	var secrets []string
	for _, link := range links {
		secrets = append(secrets, token(link))
	}
	v := h.visitor(t)
	v.get("/register").submit(ada()).goesTo("/email/verify")
	h.Store.AskReset(t.Context(), "lise", storetest.From) //nolint:errcheck // stays in the outbox, unread
	secrets = append(secrets, v.carries(pendingCookie))
	v.follows(h.link(t, "ada@example.com")).submit(nil).goesTo("/")
	secrets = append(secrets, v.device(), v.session(), token(h.link(t, "ada@example.com")))
	var path string
	if err := h.data.Read.QueryRow(`SELECT file FROM pragma_database_list WHERE name = 'main'`).Scan(&path); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if suffix == "-wal" && !strings.Contains(string(data), "hedy@example.com") {
			t.Error("what waits is not there, so this test shows nothing")
		}
		for _, secret := range secrets {
			if len(secret) < 26 || strings.Contains(string(data), secret) {
				t.Errorf("%s contains %q", path+suffix, secret)
			}
		}
	}
	for _, secret := range secrets {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log contains %q", secret)
		}
	}
}

func TestAnAddressIsConfirmedInAnyBrowser(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		grace := v.another()
		grace.registersAs("grace")
		link := h.link(t, "ada@example.com")
		// Whoever else is signed in there stays who they are.
		grace.follows(link).submit(nil).goesTo("/account").says("The address ada@example.com is confirmed.")
		if got := grace.signedIn(); got != "grace" {
			t.Errorf("signed in as %q", got)
		}
		if user := h.user(t, "grace"); user.Verified() {
			t.Error("the address of the other one is confirmed")
		}
		v.get("/").hides("isn't confirmed yet")
	}, withMail)
}

func TestTheBannerStaysUntilTheAddressIsConfirmed(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers()
		for _, path := range []string{"/account", "/account/profile", "/nowhere"} {
			v.get(path).says("Your email address isn't confirmed yet.")
		}
		v.another().get("/").hides("isn't confirmed yet")
		v.get("/email/verify").is(200).says("We've emailed ada@example.com.").hides("isn't confirmed yet")
		v.get("/email/verify").submit(nil).goesTo("/email/verify").says("Sent to ada@example.com.")
		v.follows(h.link(t, "ada@example.com")).submit(nil)
		for _, path := range []string{"/", "/account", "/account/profile", "/nowhere"} {
			v.get(path).hides("isn't confirmed yet")
		}
		v.get("/email/verify").goesTo("/account")
		v.get("/account/activity").says("confirmed")
	}, withMail)
}

func TestWithoutMailNobodyIsAskedToConfirm(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.registers().hides("isn't confirmed yet")
		page := v.get("/email/verify").is(200).says("This site sends no mail")
		if page.Find("main form").Length() != 0 {
			t.Error("a letter is offered")
		}
		v.post("/email/verify/resend", url.Values{}).is(404)
		if h.rows(t, "letters") != 0 || h.rows(t, "tokens") != 0 {
			t.Error("something is queued")
		}
	})
}

func TestREG15LettersToOneAddressAreFew(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.200").registers()
		for i := range 50 {
			v.from(fmt.Sprint("192.0.2.", i))
			answer := v.post("/email/verify/resend", url.Values{})
			if i+1 < store.LettersPerHour {
				answer.goesTo("/email/verify").says("Sent to ada@example.com.")
			} else if answer.is(422).says("You've had 3 emails within the hour. Look in your spam folder."); answer.Find("#summary[role=alert]").Length() != 1 {
				t.Error("a refusal looks like a success")
			}
		}
		if got := len(h.subjects(t, "ada@example.com")); got != store.LettersPerHour {
			t.Errorf("%d letters, want %d", got, store.LettersPerHour)
		}
		v.follows(h.link(t, "ada@example.com")).is(200) // none of this voids a link
		h.clock.Move(time.Hour)
		v.signsIn()
		v.post("/email/verify/resend", url.Values{})
		if got := len(h.subjects(t, "ada@example.com")); got != store.LettersPerHour+1 {
			t.Errorf("%d letters after an hour", got)
		}
	}, withMail, limited)
}

func TestREG15LettersForOneSourceAreLimited(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		v.from("192.0.2.1").registers()
		for i := range 50 {
			answer := v.post("/email/verify/resend", url.Values{})
			switch {
			case i+1 < store.LettersPerHour:
				answer.goesTo("/email/verify")
				continue
			case i < 10: // the address has enough, which counts as well
				answer.is(422)
				continue
			}
			answer.waits("360").says("That's as many emails as we send at a time. Try again in 6 minutes.")
		}
		// All that asks for letters shares what the source has.
		v.post("/password/forgot", url.Values{"username": {"ada"}}).waits("360").says("That's as many emails as we send at a time.")
		v.post("/account/email", url.Values{"email": {"new@example.com"}}).waits("360").says("That's as many emails as we send at a time.")
		v.another().from("192.0.2.2").post("/password/forgot", url.Values{"username": {"ada"}}).arrives("/password/forgot?sent=1")
		v.get("/email/verify/resend").goesTo("/email/verify").is(200) // where the browser is after a refusal
	}, withMail, limited)
}

func TestRST15InventedTokensAreLimited(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withMail, limited)
	links := h.links(t)
	handler, answers := h.server.Config.Handler, map[int]int{}
	opens := func(page, token, from string) int {
		behind := linkPages[slices.IndexFunc(linkPages, func(l linkPage) bool { return l.path == page })]
		header := http.Header{"Cookie": {behind.cookie + "=" + token}, "X-Forwarded-For": {from}}
		return ask(handler, h.BaseURL.Host, page, header).Code
	}
	for i := range 1000 {
		answers[opens(linkPages[i%len(linkPages)].path, fmt.Sprintf("%043d", i), "")]++
	}
	if answers[422] != 30 || answers[429] != 970 {
		t.Errorf("the answers are %v, want 30 times 422 and then 429", answers)
	}
	if got := opens("/password/reset", token(links[store.PurposeReset]), ""); got != 429 {
		t.Errorf("a good one: %d, want 429 as well", got)
	}
	h.clock.Move(2 * time.Second)
	for range 3 { // a good one costs nothing
		if got := opens("/password/reset", token(links[store.PurposeReset]), ""); got != 200 {
			t.Errorf("a good one: %d, want 200", got)
		}
	}
	v := h.visitor(t).from("192.0.2.9")
	v.follows(links[store.PurposeReset]).is(200)
	for range 30 {
		v.get("/password/reset/NONE")
		v.post("/password/reset", url.Values{"password": {newPassword}}).is(422)
	}
	v.get("/password/reset/NONE")
	for _, v.htmx = range []bool{false, true} {
		answer := v.post("/password/reset", url.Values{"password": {newPassword}})
		answer.waits("2").says("Too many")
		if frames := answer.Find("header.top").Length(); (frames == 0) != v.htmx {
			t.Errorf("htmx %v: the answer has %d frames", v.htmx, frames)
		}
	}
	v.post("/password/reset/check/password", url.Values{"password": {newPassword}}).is(204)
}

// Who opens the link of a letter a second time learns that it has done its work, and nobody learns that of another person.
func TestAUsedLinkOfAConfirmedAddressSaysSo(t *testing.T) {
	either(t, func(t *testing.T, h *house, v *visitor) {
		storetest.Register(t, h.Store, registration("ada"))
		storetest.Register(t, h.Store, registration("grace"))
		link := h.link(t, "ada@example.com")
		if _, err := h.Store.VerifyEmail(t.Context(), token(link), storetest.From); err != nil {
			t.Fatal(err)
		}
		heading := func(v *visitor, link string) string { return v.follows(link).is(422).Find("h1").Text() }
		const confirmed, stale = "Your address is confirmed already", "This link doesn't work"
		if got := heading(v, link); got != stale {
			t.Errorf("a stranger is told %q", got)
		}
		v.signsInAs("ada")
		unknown := "/email/verify/" + strings.Repeat("A", tokenLength)
		for _, opened := range []string{link, unknown} {
			if got := heading(v, opened); got != confirmed {
				t.Errorf("Ada is told %q", got)
			}
		}
		if got := heading(v, "/password/reset/"+strings.Repeat("A", tokenLength)); got != stale {
			t.Errorf("of another link Ada is told %q", got)
		}
		grace := v.another()
		grace.signsInAs("grace")
		if got := heading(grace, link); got != stale {
			t.Errorf("Grace is told %q", got)
		}
	}, withMail)
}
