package components

import (
	"gatehouse/store"
	"gatehouse/store/rules"
)

// ResetForm chooses a new password by the link of a letter.
type ResetForm struct {
	Form
	Password *Field
}

// NewResetForm states the form for a person, with the site's rules.
func NewResetForm(passwords *rules.Passwords, user store.User) *ResetForm {
	f := &ResetForm{Form: Form{
		ID: "reset", Action: "/password/reset", Title: ChoosePassword, Submit: "Save password", Busy: saving, Focus: true,
		ForUsername: user.Username,
	}}
	f.Password = newPassword(passwords, func() []string { return []string{user.Name, user.Username, user.Email} })
	f.Password.Label = "New password"
	f.Fields = []*Field{f.Password}
	return f
}
