package components

import (
	"gatehouse/store"
	"gatehouse/store/rules"
)

// ResetForm chooses a new password by the link of a letter.
type ResetForm struct {
	Form
	Password *Field
	// Passkeys is nil for somebody who has none, or whose second step they are.
	Passkeys *Field
	// HasPasskeys says that the person has passkeys.
	HasPasskeys bool
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
	if f.HasPasskeys = user.Passkeys > 0; !f.HasPasskeys {
		return f
	}
	if !user.HasPassword {
		f.Title, f.Password.Label = firstPasswordTitle, "Password"
	}
	if !user.SecondStep() {
		f.Passkeys = &Field{Name: "passkeys", Label: "Remove my passkeys too", Type: "checkbox", Hint: "Only if somebody else may have added one."}
		f.Fields = append(f.Fields, f.Passkeys)
	}
	return f
}

// DropsPasskeys says whether the person asked to have their passkeys removed.
func (f *ResetForm) DropsPasskeys() bool { return f.Passkeys != nil && f.Passkeys.checked() }
