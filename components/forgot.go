package components

import "gatehouse/store/rules"

// ForgotForm asks for the link with which to choose a new password.
type ForgotForm struct {
	Form
	Username *Field
}

// NewForgotForm states the form.
func NewForgotForm() *ForgotForm {
	f := &ForgotForm{Form: Form{ID: "forgot", Action: "/password/forgot", Title: "Forgot your password?", Submit: "Send me a link", Busy: "Sending…", Focus: true}}
	f.Username = &Field{
		Name: "username", Label: "Username or email address", Type: "text", Autocomplete: "username", InputMode: "email",
		Rule: rules.CheckIdentifier,
	}
	f.Fields = []*Field{f.Username}
	return f
}
