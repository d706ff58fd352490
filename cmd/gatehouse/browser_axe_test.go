package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"gatehouse/store"
)

// longest is the person with the longest of everything, nothing of which has a
// place to break.
var longest = store.Registration{
	Name:     strings.Repeat("W", store.NameMax),
	Username: strings.Repeat("w", store.UsernameMax),
	Email:    strings.Repeat("w", 64) + "@" + strings.Repeat(strings.Repeat("w", 61)+".", 3) + "com",
	Password: "seventeen moths in relays",
}

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
			b.open("/register")
			b.fillRegister(store.Registration{
				Name: longest.Name + "W", Username: strings.Repeat("x", store.UsernameMax),
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
			for _, page := range []string{"", " profile", " delete"} {
				b.open("/account" + strings.ReplaceAll(page, " ", "/"))
				b.inspect("account" + page + " longest")
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
			closing.clock.Move(store.RecentProof)
			b.follow(b.submit)
			b.refuse(b.submit)
			b.inspect("confirm refused")
			b.proves(ada, "/account/delete")
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
			b.opensLetter(longest.Email, letterInvite, "/invite")
			b.refuse(b.submit)
			b.inspect("invite refused longest")
			b.open("/dev/mailbox")
			b.inspect("mailbox longest")
			b.inspectLetter(longest.Email, letterInvite)
		}},
		{"closed registration", closed, func(b *tab) {
			b.open("/register")
			b.inspect("register closed")
			b.open("/login")
			b.inspect("login closed")
		}},
		{"problems", open, func(b *tab) {
			b.report.expect("status of 403", "status of 404", "status of 405", "NavigationEntryMarkedSkippable", "BounceTrackingIssue")
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

// inspect looks at the page as it is, wide and narrow, by day and by night: no
// rule of axe is violated, and nothing reaches over the edge.
func (b *tab) inspect(name string) {
	b.t.Helper()
	// The night differs in its colours alone, and these do not depend on the width.
	b.inspectAs(name, look{wide, light, "{}"}, look{narrow, light, "{}"}, look{wide, dark, `{runOnly: ["color-contrast"]}`})
}

// look is a way to look at a page, and what axe is to look for.
type look struct {
	width          int64
	colours, rules string
}

func (b *tab) inspectAs(name string, looks ...look) {
	b.t.Helper()
	source, err := axe()
	if err != nil {
		b.t.Fatal(err)
	}
	if ask[bool](b, "!window.axe") {
		b.do(chromedp.Evaluate[chromedp.Void](source))
	}
	for _, l := range looks {
		b.view(l.width, l.colours)
		which := fmt.Sprintf("%s %d %s", name, l.width, l.colours)
		b.shoot(which)
		for _, violation := range ask[[]string](b, violations(l.rules)) {
			b.t.Errorf("%s: %s", which, violation)
		}
		if over := ask[string](b, overTheEdge); over != "" {
			b.t.Errorf("%s: over the edge: %s", which, over)
		}
	}
	b.view(wide, light)
}

// inspectLetter looks at a letter as a mail program shows it, which has the
// landmarks around it.
func (b *tab) inspectLetter(to, subject string) {
	b.t.Helper()
	n := slices.IndexFunc(b.program.mailbox(b.t), func(l letter) bool { return l.To == to && l.Subject == subject })
	b.open("/dev/mailbox/" + strconv.Itoa(n))
	b.is(title, subject)
	const rules = `{rules: {region: {enabled: false}, "landmark-one-main": {enabled: false}}}`
	b.inspectAs("letter "+subject, look{wide, light, rules}, look{phone, light, rules})
}

var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("../../assets/node_modules/axe-core/axe.min.js")
	return string(source), err
})

// violations is an expression for what axe finds by these rules.
func violations(rules string) string {
	return `axe.run(document, {resultTypes: ["violations"], ...` + rules + `}).then(result => result.violations.flatMap(rule =>
		rule.nodes.map(node => rule.id + ": " + node.failureSummary.replace(/\s+/g, " ") + ": " + node.html.slice(0, 200))))`
}

// overTheEdge is an expression for what cannot be seen without scrolling
// sideways.
const overTheEdge = `(() => {
	const edge = document.documentElement.clientWidth;
	if (document.documentElement.scrollWidth > edge) return "the page scrolls " + document.documentElement.scrollWidth;
	const hidden = e => e.closest(".skip, .visually-hidden, svg") || !e.checkVisibility();
	return [...document.body.querySelectorAll("*")].filter(e => !hidden(e))
		.filter(e => { const box = e.getBoundingClientRect(); return box.width && (box.left < -.5 || box.right > edge + .5); })
		.map(e => e.outerHTML.slice(0, 120)).join("\n");
})()`

// shoot keeps a picture of the whole page in the folder that GATEHOUSE_SHOTS
// names, if it names one.
func (b *tab) shoot(look string) {
	b.t.Helper()
	folder := os.Getenv("GATEHOUSE_SHOTS")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, strings.ReplaceAll(look, " ", "-")+".png"), picture, 0o644)
	}
	if err != nil {
		b.t.Fatalf("shoot %s: %v", look, err)
	}
}
