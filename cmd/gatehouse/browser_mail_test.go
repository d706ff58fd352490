package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"

	"gatehouse/store"
)

// Subjects of letters.
const (
	letterConfirm  = "Confirm your email address"
	letterRegister = "Confirm your email address to open your account"
	letterReset    = "Choose a new password"
	letterBack     = "Your old address is back: choose a new password"
	letterMove     = "Confirm your new email address"
	letterMoved    = "Your email address was changed"
	letterInvite   = "You are invited to Gatehouse"
)

// letter is a mail in the mailbox.
type letter struct{ To, Subject, Text string }

// link is where the letter leads.
func (l letter) link() string { return regexp.MustCompile(`(?m)^http\S+$`).FindString(l.Text) }

// mailbox is what the program has sent, newest first.
func (p *program) mailbox(t *testing.T) (letters []letter) {
	t.Helper()
	r, err := http.Get(p.url + "/dev/mailbox.json")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&letters); err != nil {
		t.Fatalf("read the mailbox: %v", err)
	}
	return letters
}

// letters waits until there are so many letters to an address about a subject,
// and returns the newest.
func (p *program) letters(t *testing.T, to, subject string, count int) (newest letter) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d letters to %s: %s", count, to, subject), func() bool {
		found := 0
		for _, l := range p.mailbox(t) {
			if l.To == to && l.Subject == subject {
				if found == 0 {
					newest = l
				}
				found++
			}
		}
		return found == count
	})
	return newest
}

// join makes an account whose address is confirmed, by the shortest way.
func (p *program) join(t *testing.T, who store.Registration) {
	t.Helper()
	c := p.caller(t)
	c.register(who).is(t, http.StatusSeeOther)
	form := c.opens("/email/verify/" + path.Base(p.letters(t, who.Email, letterConfirm, 1).link()))
	c.post("/email/verify", form).is(t, http.StatusSeeOther)
}

// opensLetter finds the newest letter to an address about a subject in the
// mailbox and clicks on its link, which leads to a page. The token of the link
// is in no address that the browser saves.
func (b *tab) opensLetter(to, subject, page string) {
	b.t.Helper()
	l := b.program.letters(b.t, to, subject, 1)
	b.opens(l)
	b.arrive(page)
	b.keepsNoToken(l)
}

// opens clicks on the link of a letter in the mailbox.
func (b *tab) opens(l letter) {
	b.t.Helper()
	b.open("/dev/mailbox")
	b.is(title, "Mailbox · Gatehouse")
	b.follow(func() { b.clickOn(".mailbox a[href='" + l.link() + "']") })
}

func (b *tab) keepsNoToken(l letter) {
	b.t.Helper()
	token := path.Base(l.link())
	for _, entry := range command(b, page.GetNavigationHistory, cdp.Empty{}).Entries {
		if strings.Contains(entry.URL, token) {
			b.t.Errorf("the history has the token: %s", entry.URL)
		}
	}
	if html := ask[string](b, "document.documentElement.outerHTML"); strings.Contains(html, token) {
		b.t.Errorf("the page has the token:\n%s", html)
	}
}

const banner = "Your email address isn't confirmed yet. Confirm it"

func TestBrowserConfirmsTheAddress(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b := mode.open(t, serveProgram(t))
			b.open("/register")
			b.fillRegister(ada)
			b.submit()
			b.arrive("/")
			b.is(text(".banner"), "(none)") // the hall says so
			b.is(`document.querySelector(".hall a").getAttribute("href")`, "/email/verify")
			b.open("/account")
			b.is(text(".banner"), banner)
			b.follow(func() { b.clickOn(".banner a") })
			b.arrive("/email/verify")
			b.is(title, "Confirm your email address · Gatehouse")
			b.is(text(".banner"), "(none)") // the page itself says so

			b.opensLetter(ada.Email, letterConfirm, "/email/verify")
			b.is(text("main .lead"), "Is Ada@example.com yours?")
			b.open("/account")
			b.is(text(".banner"), banner) // the link alone confirms nothing
			b.open("/email/verify")
			b.follow(b.submit)
			b.arrive("/account")
			b.is(text("[role=status]"), "Thank you. The address Ada@example.com is confirmed.")
			b.is(text(".banner"), "(none)")

			b.opensLetter(ada.Email, letterConfirm, "/email/verify")
			b.is(title, "Your address is confirmed already · Gatehouse")
			b.openTo("/email/verify", "/account")
		})
	}
}

// The mailed link opens the account. In the browser that asked for it that is
// enough; in any other the password is needed as well.
func TestBrowserRegistersByLetter(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t, "--registration", "confirm")
			b, other := mode.open(t, p), mode.open(t, p)
			b.open("/register")
			b.fillRegister(ada)
			b.submit()
			b.arrive("/email/verify")
			b.is(title, "Check your inbox · Gatehouse")
			b.is(text("header form"), "(none)") // nobody is signed in
			first := p.letters(t, ada.Email, letterRegister, 1)
			b.follow(b.submit)
			b.arrive("/email/verify")
			b.is(text("[role=status]"), "An email is on its way, unless you've had several within the last hour.")
			second := p.letters(t, ada.Email, letterRegister, 2)
			b.opens(first)
			b.is(title, "This link doesn't work · Gatehouse")

			other.opens(second)
			other.arrive("/email/verify")
			other.keepsNoToken(second)
			other.is(passwordFields, "username text username, password password current-password")
			other.refuse(other.submit)
			other.is(text("#summary"), "Enter the password you chose.")
			other.write("password", "not her password")
			other.refuse(other.submit)
			other.is(text("#summary"), "That's not your password.")
			other.is(value("password"), mode.password("not her password"))

			b.opens(second)
			b.arrive("/email/verify")
			b.is(passwordFields, "")
			b.follow(b.submit)
			b.arrive("/")
			b.is(text("[role=status]"), "Welcome, Ada Lovelace. Your account is open.")
			b.is(text(".banner"), "(none)")
			b.is(who, "Ada Lovelace")

			p.caller(t).register(grace).is(t, http.StatusSeeOther)
			other.opensLetter(grace.Email, letterRegister, "/email/verify")
			other.write("password", grace.Password)
			other.follow(other.submit)
			other.arrive("/login")
			other.is(text("[role=status]"), "Your account is open. Sign in with it.")
			other.write("username", grace.Username)
			other.write("password", grace.Password)
			other.submit()
			other.arrive("/")
			other.is(who, "Grace Hopper")
		})
	}
}

func TestBrowserAcceptsAnInvitation(t *testing.T) {
	t.Parallel()
	for _, mode := range modes {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			p := serveProgram(t, "--registration", "invite")
			p.command(t, "", "user", "invite", ada.Email)
			b := mode.open(t, p)
			b.open("/register")
			b.is(text("h1"), "By invitation")
			b.opensLetter(ada.Email, letterInvite, "/invite")
			b.is(text("main .lead"), "An account for Ada@example.com.")
			b.is(passwordFields, "name text name, username text username, password password new-password")
			b.refuse(b.submit)
			b.is(text("#summary ul"), "Enter a username.Enter a password.")
			b.write("name", ada.Name)
			b.write("username", ada.Username)
			if !b.plain {
				b.becomes(message("username"), "This username is free.")
			}
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/")
			b.is(text("[role=status]"), "Welcome, Ada Lovelace. Your account is ready.")
			b.is(text(".banner"), "(none)") // the letter verified the address
			b.open("/invite")
			b.is(title, "This link doesn't work · Gatehouse")
			b.is(text(".actions"), "Your account")
			b.signOut()
			b.opensLetter(ada.Email, letterInvite, "/invite")
			b.is(title, "This link doesn't work · Gatehouse")
		})
	}
}
