package components

import (
	"gatehouse/store"
	"gatehouse/store/rules"
)

// PasswordForm changes the password. It asks for the current one as well, where there is one.
type PasswordForm struct {
	Form
	Current, Password *Field
}

// NewPasswordForm states the form for a person, with the site's rules.
func NewPasswordForm(passwords *rules.Passwords, user store.User) *PasswordForm {
	f := &PasswordForm{Form: Form{
		ID: "password-form", Action: "/account/password", Title: "Password", Submit: "Change password", Busy: saving,
		ForUsername: user.Username,
	}}
	f.Current = &Field{
		Name: "current", Label: "Current password", Type: "password", Autocomplete: "current-password",
		Rule: required("Enter your current password."),
	}
	f.Password = newPassword(passwords, func() []string { return nil })
	f.Password.Label = "New password"
	f.Password.Rule = func(value string) error {
		return passwords.CheckNew(f.Current.Value, value, user.Name, user.Username, user.Email)
	}
	f.Fields = []*Field{f.Current, f.Password}
	if !user.HasPassword {
		f.Title, f.Submit, f.Fields = firstPasswordTitle, "Save password", f.Fields[1:]
		f.Password.Label = "Password"
	}
	return f
}
