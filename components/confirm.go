package components

import "gatehouse/store"

// ConfirmForm asks for the password again, before something sensitive.
type ConfirmForm struct {
	Form
	Password *Field
}

// NewConfirmForm states the form for a person.
func NewConfirmForm(user store.User) *ConfirmForm {
	f := &ConfirmForm{Form: Form{ID: "confirm", Action: "/confirm", Title: "Confirm it is you", Submit: "Continue", Who: user.Username}}
	f.Password = &Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password",
		rule: required("Enter your password."),
	}
	f.Fields = []*Field{f.Password}
	return f
}
