package components

// LoginForm signs a person in.
type LoginForm struct {
	Form
	Username, Password, Remember *Field
	// Greets says that the username is that of somebody who asked to be remembered in this browser.
	Greets bool
	// Passkey is the form that a passkey answers, or nil on a site without passkeys.
	Passkey *Form
}

// LoginPage is what the sign-in page says beside its form.
type LoginPage struct {
	// Open says whether the site takes new people, Confirms whether they must verify their address first.
	Open, Confirms bool
	// ToSee says what somebody asked for before they were sent here, as in "your account", or is empty.
	ToSee string
	// Signal is what the page tells the password manager, or empty.
	Signal Signal
}

// NewLoginForm states the form. passkeys says whether people can have passkeys.
func NewLoginForm(passkeys bool) *LoginForm {
	f := &LoginForm{Form: Form{ID: "login", Action: "/login", Title: "Sign in", Submit: "Sign in", Busy: "Signing in…", Focus: true}}
	f.Username, f.Password = identifierField(), presentPassword()
	f.Username.Live = true
	if passkeys {
		f.Username.withPasskeys()
		f.Passkey = &Form{
			ID: "passkey", Action: "/login/passkey", Submit: "Sign in with a passkey", Busy: waiting,
			Passkey: getPasskey, Autofill: true, Taken: []string{"remember"}, Beside: true,
		}
	}
	f.Remember = &Field{Name: "remember", Label: "Keep me signed in on this device", Type: "checkbox"}
	f.Fields = []*Field{f.Username, f.Password, f.Remember}
	return f
}

// LeadForgetful shows whoever was refused the way to a new password.
func (f *LoginForm) LeadForgetful() {
	f.Ways = []Link{{Label: forgotTitle, Path: "/password/forgot"}}
}

// Remembered says whether the person asked to stay signed in.
func (f *LoginForm) Remembered() bool { return f.Remember.checked() }
