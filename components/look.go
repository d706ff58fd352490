package components

import (
	"fmt"
	"time"

	"gatehouse/store"
)

// StoppedLooking is said on the page after it.
const StoppedLooking = "You see your own account again."

const lookTitle = "Look at this account"

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

// LookForm asks why an administrator looks at the account of a person.
type LookForm struct {
	Form
	Reason *Field
}

// NewLookForm is the form for a person.
func NewLookForm(root AdminRoot, user store.User) *LookForm {
	f := &LookForm{Reason: &Field{Name: "reason", Label: "Reason", Type: "text", Prose: true, Rule: store.CheckLookReason, Hint: "The audit keeps it. The person doesn't see it."}}
	f.Form = Form{
		ID: "look", Action: root.Person(user.ID, "/look"), Title: lookTitle, Submit: "Look", Focus: true, Fields: []*Field{f.Reason},
	}
	return f
}

func lookLead(user store.User) string {
	return fmt.Sprintf("For %d minutes you see the pages of %s as their owner sees them. You can't change anything meanwhile, also not in your own account.", store.LookLasts/time.Minute, user.Username)
}
