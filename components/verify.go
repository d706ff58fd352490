package components

import (
	"gatehouse/store"
	"gatehouse/store/rules"
)

// VerifyForm verifies an address. Whoever asked for the account in another browser gives the password as well.
type VerifyForm struct {
	Form
	// Username is that of the account that the address is for.
	Username string
	Password *Field
	// Chooses says that the password is chosen now, and Passkey is the form that makes a passkey instead: the account is
	// to have no password.
	Chooses bool
	Passkey *Form
}

// openLink says what whoever registered does with the letter.
const openLink = "Open the link and you're in."

// sendAgain asks for the same letter once more.
const sendAgain = "Send it again"

// NewVerifyForm states the form for the address of an account. withPassword says that the password is asked for.
func NewVerifyForm(withPassword bool, username string) *VerifyForm {
	f := &VerifyForm{
		Form:     Form{ID: "verify", Action: "/email/verify", Title: ConfirmAddress, Submit: "Confirm"},
		Username: username,
	}
	if withPassword {
		f.ForUsername = username
		f.Password = &Field{
			Name: "password", Label: "The password you chose", Type: "password", Autocomplete: "current-password",
			Rule: required("Enter the password you chose."),
		}
		f.Fields = []*Field{f.Password}
	}
	return f
}

// NewPasskeyVerifyForm states the form for somebody who registered without a password: they make a passkey, or choose a
// password after all. passkeys says whether people can have passkeys.
func NewPasskeyVerifyForm(passwords *rules.Passwords, passkeys bool, user store.User) *VerifyForm {
	f := NewVerifyForm(false, user.Username)
	f.Title, f.Submit, f.Busy, f.ForUsername, f.Chooses = firstPasskeyTitle, "Choose a password instead", creating, user.Username, true
	f.Password = newPassword(passwords, func() []string { return []string{user.Name, user.Username, user.Email} })
	f.Password.Live = false
	f.Fields = []*Field{f.Password}
	if passkeys {
		f.Beside = true
		f.Passkey = &Form{ID: "passkey", Action: f.Action + "/passkey", Submit: createAPasskey, Busy: waiting, Passkey: createPasskey}
	}
	return f
}
