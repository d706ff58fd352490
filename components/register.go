package components

import (
	"fmt"

	"gatehouse/store"
)

// RegisterForm makes an account.
type RegisterForm struct {
	Form
	Name, Username, Email, Password *Field
}

// NewRegisterForm states the form, with the site's rules for passwords.
func NewRegisterForm(passwords *store.Passwords) *RegisterForm {
	f := &RegisterForm{Form: Form{ID: "register", Action: "/register", Title: "Create your account", Submit: "Create account"}}
	f.Name = &Field{
		Name: "name", Label: "Name", Type: "text", Autocomplete: "name", Optional: true, Live: true,
		Hint: "How we address you. Anything you like.",
		rule: store.CheckName,
	}
	f.Username = &Field{
		Name: "username", Label: "Username", Type: "text", Autocomplete: "username", Live: true,
		Hint: fmt.Sprintf("%d to %d letters, digits, - or _. Others can see it.", store.UsernameMin, store.UsernameMax),
		rule: store.CheckUsername,
	}
	f.Email = &Field{
		Name: "email", Label: "Email address", Type: "email", Autocomplete: "email", Live: true,
		Hint: "Only you and the people who run this site see it.",
		rule: store.CheckEmail,
	}
	f.Password = newPassword(passwords, func() []string {
		return []string{f.Name.Value, f.Username.Value, f.Email.Value}
	}, "name", "username", "email")
	f.Fields = []*Field{f.Name, f.Username, f.Email, f.Password}
	return f
}

// UsernameIsFree praises the username, once the store has said so.
func (f *RegisterForm) UsernameIsFree() {
	f.Username.Praise = "The username " + store.CanonicalUsername(f.Username.Value) + " is free."
}

// newPassword is the field for choosing a password, wherever one is chosen.
// personal tells what it must not be built from; with names the fields that
// personal looks at.
func newPassword(passwords *store.Passwords, personal func() []string, with ...string) *Field {
	return &Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Live: true, With: with,
		Hint:   fmt.Sprintf("At least %d characters. A few unrelated words are easy to remember.", passwords.Min),
		rule:   func(value string) error { return passwords.Check(value, personal()...) },
		praise: passwords.Praise,
	}
}

// Registration is what the form asks the store for.
func (f *RegisterForm) Registration() store.Registration {
	return store.Registration{Name: f.Name.Value, Username: f.Username.Value, Email: f.Email.Value, Password: f.Password.Value}
}
