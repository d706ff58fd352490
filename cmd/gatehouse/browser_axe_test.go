package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// longest is the person with the longest of everything, nothing of which has a
// place to break.
var longest = store.Registration{
	Name:     strings.Repeat("W", rules.NameMax),
	Username: strings.Repeat("w", rules.UsernameMax),
	Email:    strings.Repeat("w", 64) + "@" + strings.Repeat(strings.Repeat("w", 61)+".", 3) + "com",
	Password: "seventeen moths in relays",
}

// HDR-04: on the way the browser has nothing to complain of, on any page.
func TestBrowserPagesAreAccessibleAndFit(t *testing.T) {
	t.Parallel()
	open, closed := serveProgram(t), serveProgram(t, "--registration", "closed")
	account, closing := serveProgram(t), serveProgram(t)
	posted, moving := serveProgram(t, "--registration", "confirm"), serveProgram(t)
	account.add(t, ada)
	closing.add(t, ada)
	for _, who := range []store.Registration{ada, longest} {
		open.add(t, who)
	}
	for _, c := range []struct {
		name    string
		program *program
		look    func(b *tab)
	}{
		{"register", open, func(b *tab) {
			b.open("/register")
			b.inspect("register")
			b.refuse(b.submit)
			b.inspect("register refused")
			b.open("/register")
			b.fillRegister(longest)
			b.refuse(b.submit)
			b.inspect("register refused longest")
			b.inspectLarge("register refused longest")
			b.open("/register")
			b.fillRegister(store.Registration{
				Name: longest.Name + "W", Username: strings.Repeat("x", rules.UsernameMax),
				Email: longest.Email + "w", Password: longest.Password,
			})
			b.clickOn("#name")
			for _, field := range []string{"name", "username", "email", "password"} {
				b.until(message(field) + ` !== ""`)
			}
			b.inspect("register checked")
		}},
		{"home and login", open, func(b *tab) {
			b.open("/")
			b.inspect("home")
			b.open("/login")
			b.inspect("login")
			b.write("username", longest.Email)
			b.write("password", "wrong")
			b.refuse(b.submit)
			b.inspect("login refused")
		}},
		{"member", open, func(b *tab) {
			b.signIn(ada)
			b.until(`document.querySelector("[role=status]")`)
			b.inspect("home signed in")
			b.open("/account")
			b.inspect("account")
			b.open("/email/verify")
			b.inspect("unconfirmed")
		}},
		{"longest member", open, func(b *tab) {
			b.signIn(longest)
			b.until(`document.querySelector("[role=status]")`)
			b.inspect("home signed in longest")
			b.inspectLarge("home signed in longest")
			for _, page := range []string{"", " profile", " delete"} {
				b.open("/account" + strings.ReplaceAll(page, " ", "/"))
				b.inspect("account" + page + " longest")
				b.inspectLarge("account" + page + " longest")
			}
		}},
		{"account", account, func(b *tab) {
			b.enter(ada)
			b.enter(ada)
			b.open("/account/signins")
			b.inspect("account signins")
			b.ends(func() { b.clickOn(endOther) }, "That device is signed out.")
			b.inspect("account signins ended")
			b.open("/account/activity")
			b.inspect("account activity")
			b.open("/account/data")
			b.inspect("account data")
			b.open("/account/profile")
			b.write("username", "a")
			b.refuse(b.submit)
			b.inspect("account profile refused")
		}},
		{"sensitive", closing, func(b *tab) {
			b.enter(ada)
			b.open("/account/password")
			b.refuse(b.submit)
			b.inspect("account password refused")
			b.open("/account/delete")
			b.refuse(b.submit)
			b.inspect("account delete refused")
			b.write("username", "ada")
			closing.clock.Move(store.RecentAuth)
			b.follow(b.submit)
			b.refuse(b.submit)
			b.inspect("confirm refused")
			b.reauthenticates(ada, "/account/delete")
			b.follow(b.submit)
			b.arrive("/")
			b.open("/login")
			b.write("username", "ada")
			b.write("password", ada.Password)
			b.follow(b.submit)
			b.arrive("/reopen")
			b.inspect("reopen")
		}},
		{"forgotten password", open, func(b *tab) {
			b.open("/password/forgot")
			b.inspect("forgot")
			b.write("username", longest.Username)
			b.follow(b.submit)
			b.inspect("forgot sent")
			b.opensLetter(longest.Email, letterReset, "/password/reset")
			b.refuse(b.submit)
			b.inspect("reset refused")
			b.openTo("/email/undo/stale", "/email/undo")
			b.inspect("stale link")
			b.inspectLetter(longest.Email, letterReset)
		}},
		{"new address", moving, func(b *tab) {
			moving.join(t, ada)
			b.enter(ada)
			b.open("/account/email")
			b.refuse(b.submit)
			b.inspect("account email refused")
			b.write("email", longest.Email)
			b.follow(b.submit)
			b.opensLetter(longest.Email, letterMove, "/email/verify")
			b.inspect("verify longest")
			b.inspectLarge("verify longest")
			b.follow(b.submit)
			b.opensLetter(ada.Email, letterMoved, "/email/undo")
			b.inspect("undo")
			b.inspectLetter(ada.Email, letterMoved)
		}},
		{"by letter", posted, func(b *tab) {
			posted.command(t, "", "user", "invite", longest.Email)
			b.open("/email/verify")
			b.inspect("check inbox")
			posted.caller(t).register(longest).is(t, http.StatusSeeOther)
			b.opensLetter(longest.Email, letterRegister, "/email/verify")
			b.inspect("verify with password longest")
			b.inspectLarge("verify with password longest")
			b.opensLetter(longest.Email, letterInvite, "/invite")
			b.refuse(b.submit)
			b.inspect("invite refused longest")
			b.inspectLarge("invite refused longest")
			b.open("/dev/mailbox")
			b.inspect("mailbox longest")
			b.inspectLarge("mailbox longest")
			b.inspectLetter(longest.Email, letterInvite)
		}},
		{"closed registration", closed, func(b *tab) {
			b.open("/register")
			b.inspect("register closed")
			b.open("/login")
			b.inspect("login closed")
		}},
		{"problems", open, func(b *tab) {
			b.report.expect("status of 403", "status of 404", "status of 405", "NavigationEntryMarkedSkippable", "BounceTrackingIssue", "ExcludeSameSiteLax")
			b.open("/nowhere")
			b.is(text(".problem-code"), "404")
			b.inspect("404")
			b.open("/logout")
			b.is(text(".problem-code"), "405")
			b.inspect("405")
			b.do(chromedp.Navigate("data:text/html,<!DOCTYPE html><form method=post action=" + b.program.url + "/login>"))
			b.follow(func() { b.script("document.forms[0].submit()") })
			b.is(text(".problem-code"), "403")
			b.inspect("403")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.look(openTab(t, c.program))
		})
	}
}
