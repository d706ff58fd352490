package components

import "gatehouse/store"

// ReauthForm asks for the password again, before something sensitive.
type ReauthForm struct {
	Form
	Password *Field
}

// NewReauthForm states the form for a person.
func NewReauthForm(user store.User) *ReauthForm {
	f := &ReauthForm{Form: Form{ID: "confirm", Action: "/confirm", Title: "Confirm it is you", Submit: "Continue", Busy: "Checking…", Focus: true, ForUsername: user.Username}}
	f.Password = &Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password",
		Rule: required("Enter your password."),
	}
	f.Fields = []*Field{f.Password}
	return f
}
