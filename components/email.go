package components

// EmailForm changes the address of an account.
type EmailForm struct {
	Form
	Email *Field
}

// NewEmailForm states the form.
func NewEmailForm() *EmailForm {
	f := &EmailForm{Form: Form{ID: "email-form", Action: "/account/email", Title: "Email address", Submit: "Change address", Busy: sending}}
	f.Email = emailField()
	f.Email.Label, f.Email.Hint = "New email address", "We'll email a link to it. Nothing changes until you open that."
	f.Fields = []*Field{f.Email}
	return f
}

// NewUndoForm states the form that puts an old address back.
func NewUndoForm() *Form {
	return &Form{ID: "undo", Action: "/email/undo", Title: "Put the old address back?", Submit: "Put it back"}
}
