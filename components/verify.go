package components

// VerifyForm confirms an address. Whoever asked for an account in another
// browser also gives the password.
type VerifyForm struct {
	Form
	Password *Field
}

// NewVerifyForm states the form. withPassword says that the password is asked
// for, of the registration of who.
func NewVerifyForm(withPassword bool, who string) *VerifyForm {
	f := &VerifyForm{Form: Form{ID: "verify", Action: "/email/verify", Title: "Confirm your email address", Submit: "Confirm"}}
	if withPassword {
		f.Who = who
		f.Password = &Field{
			Name: "password", Label: "The password you chose", Type: "password", Autocomplete: "current-password",
			rule: required("Enter the password you chose."),
		}
		f.Fields = []*Field{f.Password}
	}
	return f
}
