package components

// ForgotForm asks for the link with which to choose a new password.
type ForgotForm struct {
	Form
	Username *Field
	// Secures says that the form is for somebody whom a letter has frightened.
	Secures bool
}

// WhySecure is the query by which such a letter opens the page.
const WhySecure = "?why=secure"

// NewForgotForm states the form.
func NewForgotForm() *ForgotForm {
	f := &ForgotForm{Form: Form{ID: "forgot", Action: "/password/forgot", Title: forgotTitle, Submit: "Send me a link", Busy: sending, Focus: true}}
	f.Username = identifierField()
	f.Fields = []*Field{f.Username}
	return f
}

// NewSecureForm is the same form as a letter about something unexpected opens it.
func NewSecureForm() *ForgotForm {
	f := NewForgotForm()
	f.Action, f.Title, f.Secures = f.Action+WhySecure, secureTitle, true
	return f
}
