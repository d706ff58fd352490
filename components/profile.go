package components

import (
	"fmt"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// ProfileForm changes the display name and the username.
type ProfileForm struct {
	Form
	Name, Username *Field
}

// NewProfileForm states the form and fills in what holds now.
func NewProfileForm(user store.User) *ProfileForm {
	f := &ProfileForm{Form: Form{ID: "profile", Action: "/account/profile", Title: "Profile", Submit: "Save", Busy: saving}}
	f.Name = nameField()
	f.Name.Value = user.Name
	f.Username = usernameField()
	f.Username.Hint = fmt.Sprintf("Public. You can change it once a day. The old one stays yours for %s.", Days(store.UsernameReservation))
	f.Username.Value = user.Username
	f.Fields = []*Field{f.Name, f.Username}
	return f
}

// UsernameIsFree praises the username, once the store has said so.
func (f *ProfileForm) UsernameIsFree(user store.User) {
	if rules.CanonicalUsername(f.Username.Value) != user.Username {
		praiseUsername(f.Username)
	}
}
