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
)

// accountPages are the pages of an account, in the order of its navigation.
var accountPages = []Link{
	{Path: "/account", Label: "Overview"},
	{Path: "/account/profile", Label: "Profile"},
	{Path: "/account/email", Label: "Email address"},
	{Path: "/account/password", Label: "Password"},
	{Path: "/account/signins", Label: "Devices"},
	{Path: "/account/activity", Label: "Activity"},
	{Path: "/account/data", Label: "Your data"},
	{Path: "/account/delete", Label: "Close account"},
}

type (
	accountLinksKey struct{}
	flashKey        struct{}
)

// withAccountLinks is a body that draws the account links of the page around it, and what the page says once. They are all
// that a component takes from its context: a product draws an AccountBox without knowing what other pages there are.
func (p Page) withAccountLinks(body templ.Component) templ.Component {
	said := p.Flash != "" && p.boxed()
	if len(p.AccountLinks) == 0 && !said {
		return body
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if said {
			ctx = context.WithValue(ctx, flashKey{}, p.Flash)
		}
		return body.Render(context.WithValue(ctx, accountLinksKey{}, p.AccountLinks), w)
	})
}

// boxed says whether the page is one of ours that stand in an AccountBox.
func (p Page) boxed() bool {
	path, _, _ := strings.Cut(p.Here, "?")
	return p.User != nil && slices.ContainsFunc(accountPages, func(l Link) bool { return l.Path == path })
}

// flashOf is what the AccountBox says at its heading, or nothing.
func flashOf(ctx context.Context) string {
	sentence, _ := ctx.Value(flashKey{}).(string)
	return sentence
}

// accountLinks are all entries of the navigation of an account. Closing it stays the last.
func accountLinks(ctx context.Context) []Link {
	more, _ := ctx.Value(accountLinksKey{}).([]Link)
	if len(more) == 0 {
		return accountPages
	}
	last := len(accountPages) - 1
	return slices.Concat(accountPages[:last], more, accountPages[last:])
}

// authenticatedBy says in words how a person proved who they are.
func authenticatedBy(kind string) string {
	if kind == store.KindPassword {
		return "Your password"
	}
	return kind
}

// idleLimit says in words how long a sign-in lasts without a visit.
func idleLimit(signIn store.SignIn) string {
	if signIn.Remembered {
		return fmt.Sprintf("%d days after your last visit", store.IdleRemembered/(24*time.Hour))
	}
	return fmt.Sprintf("%d minutes after your last visit, or until you close the browser", store.Idle/time.Minute)
}
