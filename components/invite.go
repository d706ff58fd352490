package components

import (
	"gatehouse/store"
	"gatehouse/store/rules"
)

// InviteForm makes the account of somebody who was invited.
type InviteForm struct {
	Form
	Name, Username, Password *Field
	// Role is what people read of the role that comes with the account, or empty.
	Role string
}

// NewInviteForm states the form for the address that was invited. without offers an account without a password.
func NewInviteForm(passwords *rules.Passwords, email string, without bool) *InviteForm {
	f := &InviteForm{Form: Form{ID: "invite", Action: "/invite", Title: AcceptInvitation, Submit: "Create account", Busy: creating}}
	f.Name, f.Username = nameField(), usernameField()
	f.Password = newPassword(passwords, func() []string {
		return []string{f.Name.Value, f.Username.Value, email}
	}, "name", "username")
	f.Fields = []*Field{f.Name, f.Username, f.Password}
	if without {
		f.Without = withoutPassword
	}
	return f
}

// UsernameIsFree praises the username, once the store has said so.
func (f *InviteForm) UsernameIsFree() { praiseUsername(f.Username) }

// Registration is what the form asks the store for.
func (f *InviteForm) Registration() store.Registration {
	return store.Registration{Name: f.Name.Value, Username: f.Username.Value, Password: f.Password.Value}
}
