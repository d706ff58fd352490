package components

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// accountPages are the pages of an account, in the order of its navigation.
var accountPages = []Link{
	{Path: "/account", Label: "Overview"},
	{Path: "/account/profile", Label: "Profile"},
	{Path: "/account/email", Label: "Email address"},
	{Path: "/account/password", Label: "Password"},
	{Path: secondPage, Label: SecondTitle},
	{Path: "/account/signins", Label: "Devices"},
	{Path: "/account/activity", Label: "Activity"},
	{Path: "/account/data", Label: "Your data"},
	{Path: "/account/delete", Label: "Close account"},
}

// secondPage is the page that a site without a secret does not have.
const secondPage = "/account/second"

type frameKey struct{}

// frame is what a component takes from the page around it, by its context, and from there alone: a product draws an
// AccountBox without knowing what other pages there are or what was just done, and a time without knowing who reads it.
type frame struct {
	links []Link
	// second says whether people can have a second step.
	second bool
	times  Times
	// said is what the AccountBox says once at its heading, or empty.
	said string
}

// inFrame is a body that knows the page around it.
func (p Page) inFrame(body templ.Component) templ.Component {
	f := &frame{links: p.AccountLinks, second: p.SecondSteps, times: p.Times}
	if p.boxed() {
		f.said = p.Flash
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return body.Render(context.WithValue(ctx, frameKey{}, f), w)
	})
}

func frameOf(ctx context.Context) frame {
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		return *f
	}
	return frame{}
}

// boxed says whether the page is one of ours that stand in an AccountBox.
func (p Page) boxed() bool {
	path, _, _ := strings.Cut(p.Here, "?")
	return p.User != nil && slices.ContainsFunc(accountPages, func(l Link) bool { return l.Path == path })
}

// accountLinks are all entries of the navigation of an account. Closing it stays the last.
func accountLinks(ctx context.Context) []Link {
	f := frameOf(ctx)
	if f.second && len(f.links) == 0 {
		return accountPages
	}
	last := len(accountPages) - 1
	links := slices.Concat(accountPages[:last], f.links, accountPages[last:])
	return slices.DeleteFunc(links, func(l Link) bool { return l.Path == secondPage && !f.second })
}

// Overview is what the first page of an account says.
type Overview struct {
	User   store.User
	SignIn store.SignIn
	// Devices is on how many devices the person is signed in, this one included.
	Devices int
	// Mails says whether the site sends mail.
	Mails bool
}

// linkWords say what one can do behind a link of the overview.
var linkWords = map[string]string{
	"/account/profile": "Change", "/account/email": "Change", "/account/password": "Change", secondPage: "Look", "/account/signins": "See all",
	"/account/activity": "Look", "/account/data": "Download", "/account/delete": "Close",
}

// what names a link of the overview, where there is room for more than in the navigation.
func (o Overview) what(link Link) string {
	if link.Path == "/account/profile" {
		return "Name and username"
	}
	return link.Label
}

func (o Overview) since(times Times) string {
	return fmt.Sprintf("Yours since %s", times.day(o.User.CreatedAt))
}

func (o Overview) second(times Times) string {
	return fmt.Sprintf("On since %s", times.day(o.User.SecondAt))
}

func (o Overview) name() string { return rules.CanonicalName(o.User.Name) }

func (o Overview) devices() string {
	if o.Devices > 1 {
		return fmt.Sprintf("Signed in on %d", o.Devices)
	}
	return "Only this one is signed in"
}

// stays says how long the sign-in lasts.
func (o Overview) stays(times Times) string {
	if o.SignIn.Remembered {
		return fmt.Sprintf("You stay signed in until %s, or %s after your last visit.", times.day(o.SignIn.EndsAt), Days(store.IdleRemembered))
	}
	return fmt.Sprintf("You stay signed in until %s, %d minutes after your last visit, or until you close the browser.", times.day(o.SignIn.EndsAt), store.Idle/time.Minute)
}
