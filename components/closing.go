package components

import (
	"fmt"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// ErasedAtOnce says what happens to a closed account that cannot be reopened.
var ErasedAtOnce = fmt.Sprintf(
	"Everything we hold about you is erased at once, for good. If your email address changed in the last %s, we wait until it can't be changed back any more.",
	Days(store.UndoValid),
)

// What a form says that closes an account, and one that asks for the username first.
const (
	closeAccount = "Close account"
	closing      = "Closing…"
	typeUsername = "Type %s to confirm."
)

// ClosingForm closes an account. The person types the username to agree.
type ClosingForm struct {
	Form
	Username *Field
}

// NewClosingForm states the form for a person.
func NewClosingForm(user store.User) *ClosingForm {
	f := &ClosingForm{Form: Form{
		ID: "closing", Action: "/account/delete", Title: "Close your account", Submit: closeAccount, Busy: closing, Danger: true,
	}}
	f.Username = &Field{
		Name: "username", Label: "Your username", Type: "text", Autocomplete: "off",
		Hint: typeUsername, HintName: user.Username,
		Rule: func(value string) error {
			switch name := rules.CanonicalUsername(value); {
			case rules.Pasted(name):
				return rules.CheckUsername(name)
			case name != user.Username:
				return rules.Refuse("", "Type %s to close your account.", user.Username)
			}
			return nil
		},
	}
	f.Fields = []*Field{f.Username}
	return f
}

func reopenSentence(times Times, user store.User, erased time.Time) string {
	return fmt.Sprintf("You closed it %s, %s. Reopen it by %s and everything is as it was. After that it's gone for good.",
		times.onDay(user.ClosedAt), firstName(user), times.day(erased))
}
