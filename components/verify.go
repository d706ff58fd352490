package components

// VerifyForm verifies an address. Whoever asked for the account in another browser gives the password as well.
type VerifyForm struct {
	Form
	// Username is that of the account that the address is for.
	Username string
	Password *Field
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
