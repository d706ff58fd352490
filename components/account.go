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
	{Path: passkeysPage, Label: PasskeysTitle},
	{Path: secondPage, Label: SecondTitle},
	{Path: "/account/signins", Label: "Devices"},
	{Path: "/account/activity", Label: "Activity"},
	{Path: "/account/data", Label: "Your data"},
	{Path: "/account/delete", Label: "Close account"},
}

// secondPage is the page that a site without a secret does not have.
const secondPage = "/account/second"

// besideHeading is how many characters have room beside the heading of an account page on a phone.
const besideHeading = 12

type frameKey struct{}

// frame is what a component takes from the page around it, by its context, and from there alone: a product draws an
// AccountBox without knowing what other pages there are or what was just done, and a time without knowing who reads it.
type frame struct {
	links []Link
	// second says whether people can have a second step.
	second bool
	// passkeys says whether people can have passkeys.
	passkeys bool
	// may is what the role of the user allows on this visit.
	may store.Permission
	// admin is where the administration is.
	admin AdminRoot
	times Times
	// flash is what the first AccountBox of the page says at its heading, and then empty.
	flash string
}

func (p Page) frame() *frame {
	return &frame{links: p.AccountLinks, second: p.SecondSteps, passkeys: p.Passkeys, may: p.May, admin: p.Admin, times: p.Times}
}

// inFrame is a body that knows the page around it.
func (p Page) inFrame(body templ.Component) templ.Component {
	return within(p.frame(), body)
}

func within(f *frame, body templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return body.Render(context.WithValue(ctx, frameKey{}, f), w)
	})
}

// settled is a page and its body, one of which says the Flash: the body at the heading of its AccountBox, where it has
// one, else the page. That is known once the body is drawn.
func (p Page) settled(ctx context.Context, body templ.Component) (Page, templ.Component) {
	if p.Flash == "" {
		return p, p.inFrame(body)
	}
	f := p.frame()
	f.flash = p.Flash
	var drawn strings.Builder
	err := within(f, body).Render(ctx, &drawn)
	p.Flash = f.flash
	return p, templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		if err == nil {
			_, err = io.WriteString(w, drawn.String())
		}
		return err
	})
}

func frameOf(ctx context.Context) frame {
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		return *f
	}
	return frame{}
}

// May says whether the role of whoever looks at the page allows that, so that nobody is shown a button that answers
// 403. It is for drawing alone: guards and the store decide.
func May(ctx context.Context, p store.Permission) bool { return frameOf(ctx).may.Has(p) }

// takeFlash is what an AccountBox says at its heading, or empty. It is said once.
func takeFlash(ctx context.Context) (sentence string) {
	if f, ok := ctx.Value(frameKey{}).(*frame); ok {
		sentence, f.flash = f.flash, ""
	}
	return sentence
}

// accountLinks are all entries of the navigation of an account. Closing it stays the last.
func accountLinks(ctx context.Context) []Link {
	f := frameOf(ctx)
	if f.second && f.passkeys && len(f.links) == 0 {
		return accountPages
	}
	last := len(accountPages) - 1
	links := slices.Concat(accountPages[:last], f.links, accountPages[last:])
	return slices.DeleteFunc(links, func(l Link) bool {
		return l.Path == secondPage && !f.second || l.Path == passkeysPage && !f.passkeys
	})
}

// Overview is what the first page of an account says.
type Overview struct {
	User store.User
	// SignIn is theirs, or the zero SignIn on a page that is not shown to its owner.
	SignIn store.SignIn
	store.Summary
	// Words say the events of the product, by their names.
	Words map[string]string
	// Mails says whether the site sends mail.
	Mails bool
}

// linkWords say what one can do behind a link of the overview.
var linkWords = map[string]string{
	"/account/profile": "Change", "/account/email": "Change", "/account/password": "Change", secondPage: "Look", passkeysPage: "Look", "/account/signins": "See all",
	"/account/activity": "Look", "/account/data": "Download", "/account/delete": "Close",
}

// what names a link of the overview, where there is room for more than in the navigation.
func (o Overview) what(link Link) string {
	if link.Path == "/account/profile" {
		return "Name and username"
	}
	return link.Label
}

// happened says what happened last, in a line: addresses stand in the activity.
func (o Overview) happened() string {
	e := o.Last
	if e.Name == store.EventEmailAsked || e.Name == store.EventEmailChanged {
		e.Detail = ""
	}
	return eventSentence(e, o.Words)
}

func (o Overview) since(times Times) string {
	return fmt.Sprintf("Yours since %s", times.day(o.User.CreatedAt))
}

func (o Overview) second(times Times) string {
	return fmt.Sprintf("On since %s", times.day(o.User.SecondAt))
}

func (o Overview) passkeys() string {
	switch o.User.Passkeys {
	case 0:
		return "Sign in without a password"
	case 1:
		return "You have one"
	}
	return fmt.Sprintf("You have %d", o.User.Passkeys)
}

func (o Overview) name() string { return rules.CanonicalName(o.User.Name) }

func (o Overview) devices() string {
	switch {
	case o.Devices > 1:
		return fmt.Sprintf("Signed in on %d", o.Devices)
	case !o.here() && o.Devices == 0:
		return "Signed in nowhere"
	case !o.here():
		return "Signed in on one"
	}
	return "Only this one is signed in"
}

// here says whether the person is signed in by the browser that shows the page.
func (o Overview) here() bool { return !o.SignIn.CreatedAt.IsZero() }

// stays says how long the sign-in lasts.
func (o Overview) stays(times Times) string {
	if o.SignIn.Remembered {
		return fmt.Sprintf("You stay signed in until %s, or %s after your last visit.", times.day(o.SignIn.EndsAt), Days(store.IdleRemembered))
	}
	idle := store.Idle
	if o.SignIn.Staff {
		idle = store.IdleStaff
	}
	return fmt.Sprintf("You stay signed in until %s, %d minutes after your last visit, or until you close the browser.", times.day(o.SignIn.EndsAt), idle/time.Minute)
}
