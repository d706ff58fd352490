package components

import (
	"strings"

	"gatehouse/store"
)

// ReauthForm asks for the password again, before something sensitive.
type ReauthForm struct {
	Form
	Password *Field
}

// NewReauthForm states the form for a person.
func NewReauthForm(user store.User) *ReauthForm {
	f := &ReauthForm{Form: Form{ID: "confirm", Action: "/confirm", Title: "Confirm it's you", Submit: "Continue", Busy: "Checking…", Focus: true, ForUsername: user.Username}}
	f.Password = presentPassword()
	f.Fields = []*Field{f.Password}
	return f
}

// page is the one that comes next, without its query.
func (f *ReauthForm) page() string {
	path, _, _ := strings.Cut(f.Next, "?")
	return path
}

// ahead says what comes next, where it is a page of ours.
func (f *ReauthForm) ahead() string {
	switch f.page() {
	case "/account/delete":
		return "To close your account, enter your password again."
	case "/account/email":
		return "To change your email address, enter your password again."
	case "/account/data", "/account/export":
		return "To download your data, enter your password again."
	}
	return "To go on, enter your password again."
}
