package components

import (
	"context"
	"fmt"
	"time"

	"gatehouse/store"
)

// StoppedLooking is said on the page after it.
const StoppedLooking = "You see your own account again."

// StopLooking is the address of the button that ends looking at an account.
func (a AdminRoot) StopLooking() string { return string(a) + "/look/end" }

// Looking is what every page says while an administrator looks at the account of somebody.
type Looking struct {
	// Username is that of the person, Until when it ends by itself.
	Username string
	Until    time.Time
	// Times is how moments are said to the administrator. The page says them as to the person.
	Times Times
	// Stop is the address of the button that ends it, and Account the FormID of the administrator.
	Stop, Account string
}

func (l Looking) sentence() string {
	until := l.Times.clock(l.Until)
	if l.Times.Zone == nil {
		until += " UTC"
	}
	return fmt.Sprintf("You're looking at the account of %s until %s.", l.Username, until)
}

// OnlyLooking answers what somebody may not do who looks at the account of a person.
func OnlyLooking(user store.User) Problem {
	return Problem{403, "Nothing was done", fmt.Sprintf("You're looking at the account of %s. Nothing can be changed from here.", user.Username)}
}

// acts is the FormID of who acts by the forms that work on every page.
func (p Page) acts() string {
	if p.Looking != nil {
		return p.Looking.Account
	}
	return p.User.FormID()
}

// mayLook says whether the page has a place for the banner: a part of it that htmx asks for may bring one.
func (p Page) mayLook() bool { return p.Looking != nil || p.May.Has(store.LookAsThem) }

// NewLookForm asks why an administrator looks at the account of a person.
func NewLookForm(root AdminRoot, user store.User) *DeedForm {
	f := newDeed(root, user, "/look", lookTitle(user), "Look", "",
		fmt.Sprintf("For %d minutes you see its pages as %s sees them. You can end that at any time.", store.LookLasts/time.Minute, user.Username),
		"Nothing can be changed meanwhile, in no account.",
		"Their activity says that an administrator looked, and an email does, at most once a day. Neither says who.",
	)
	f.Danger, f.Reason.Optional, f.Reason.Rule = false, false, store.CheckLookReason
	return f
}

func lookTitle(user store.User) string {
	return fmt.Sprintf("Look at the account of %s", user.Username)
}

// looks says whether whoever reads the page of a person may look at their account.
func (p PersonPage) looks(ctx context.Context) bool {
	return May(ctx, store.LookAsThem) && p.By.MayLookAt(p.User) == nil
}
