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

type frameKey struct{}

// frame is what a component takes from the page around it, by its context, and from there alone: a product draws an
// AccountBox without knowing what other pages there are or what was just done, and a time without knowing who reads it.
type frame struct {
	links []Link
	times Times
	// said is what the AccountBox says once at its heading, or empty.
	said string
}

// inFrame is a body that knows the page around it.
func (p Page) inFrame(body templ.Component) templ.Component {
	f := &frame{links: p.AccountLinks, times: p.Times}
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
	more := frameOf(ctx).links
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
