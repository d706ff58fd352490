package components

import (
	"fmt"
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// ReauthForm asks for all that the account has again, before something sensitive.
type ReauthForm struct {
	Form
	Password *Field
	// Code is nil for somebody without a second step.
	Code *Field
}

// NewReauthForm states the form for a person.
func NewReauthForm(user store.User) *ReauthForm {
	f := &ReauthForm{Form: Form{ID: "confirm", Action: "/confirm", Title: "Confirm it's you", Submit: "Continue", Busy: checking, Focus: true, ForUsername: user.Username}}
	f.Password = presentPassword()
	f.Fields = []*Field{f.Password}
	if user.SecondStep() {
		f.Code = &Field{
			Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", Hint: "From your authenticator app, or a recovery code.",
			Rule: anyCode,
		}
		f.Fields = append(f.Fields, f.Code)
	}
	return f
}

// anyCode takes what has the shape of either kind of code.
func anyCode(value string) error {
	if _, err := rules.RecoveryCode(value); err == nil {
		return nil
	}
	_, err := rules.AppCode(value)
	return err
}

// TypedCode is the code that was sent, or empty.
func (f *ReauthForm) TypedCode() string {
	if f.Code == nil {
		return ""
	}
	return f.Code.Value
}

// again says what has to be entered beside the password.
func (f *ReauthForm) again() string {
	if f.Code == nil {
		return "again"
	}
	return "and a code"
}

// page is the one that comes next, without its query.
func (f *ReauthForm) page() string {
	path, _, _ := strings.Cut(f.Next, "?")
	return path
}

// ahead says what comes next, where it is a page of ours.
func (f *ReauthForm) ahead() string {
	switch f.page() {
	case "/account/delete":
		return fmt.Sprintf("To close your account, enter your password %s.", f.again())
	case "/account/email":
		return fmt.Sprintf("To change your email address, enter your password %s.", f.again())
	case "/account/data", "/account/export":
		return fmt.Sprintf("To download your data, enter your password %s.", f.again())
	case "/account/second", "/account/totp", "/account/codes":
		return fmt.Sprintf("To change your second step, enter your password %s.", f.again())
	}
	return fmt.Sprintf("To go on, enter your password %s.", f.again())
}
