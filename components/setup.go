package components

import "gatehouse/store/rules"

// NewSetupForm states the form that makes the account of the first administrator.
func NewSetupForm(passwords *rules.Passwords) *RegisterForm {
	f := NewRegisterForm(passwords, false)
	f.ID, f.Action, f.Title = "first", "/register/first", SetupTitle
	return f
}
