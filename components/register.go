package components

import (
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// RegisterForm makes an account.
type RegisterForm struct {
	Form
	Name, Username, Email, Password *Field
}

// NewRegisterForm states the form, with the site's rules for passwords. without offers an account without a password.
func NewRegisterForm(passwords *rules.Passwords, without bool) *RegisterForm {
	f := &RegisterForm{Form: Form{ID: "register", Action: "/register", Title: registerTitle, Submit: "Create account", Busy: creating}}
	f.Name, f.Username = nameField(), usernameField()
	f.Email = emailField()
	f.Password = newPassword(passwords, func() []string {
		return []string{f.Name.Value, f.Username.Value, f.Email.Value}
	}, "name", "username", "email")
	f.Fields = []*Field{f.Name, f.Username, f.Email, f.Password}
	if without {
		f.Without = withoutPassword
	}
	return f
}

// ClosedTitle heads the page of a site on which nobody can just register.
func ClosedTitle(invited bool) string {
	if invited {
		return "By invitation"
	}
	return "Registration is closed"
}

// UsernameIsFree praises the username, once the store has said so.
func (f *RegisterForm) UsernameIsFree() { praiseUsername(f.Username) }

// AdviseOwner adds to the refusal of a username what to do if it was taken by this very person: the answer to their
// first try may never have arrived.
func (f *RegisterForm) AdviseOwner() {
	f.Username.Refusal = strings.Join([]string{f.Username.Refusal, "Was that you just now?"}, " ")
	f.Username.Ways = []Link{{Label: "Sign in", Path: f.WithNext("/login")}}
}

// LeadOwner shows whose address has an account already the ways into it.
func (f *RegisterForm) LeadOwner() {
	f.Email.Ways = []Link{{Label: "Sign in", Path: f.WithNext("/login")}, {Label: "choose a new password", Path: "/password/forgot"}}
}

// Registration is what the form asks the store for.
func (f *RegisterForm) Registration() store.Registration {
	return store.Registration{Name: f.Name.Value, Username: f.Username.Value, Email: f.Email.Value, Password: f.Password.Value}
}
