package components

// LoginForm signs a person in.
type LoginForm struct {
	Form
	Username, Password, Remember *Field
	// Greets says that the username is that of somebody who asked to be remembered in this browser.
	Greets bool
}

// LoginPage is what the sign-in page says beside its form.
type LoginPage struct {
	// Open says whether the site takes new people, Confirms whether they must verify their address first.
	Open, Confirms bool
	// ToSee says what somebody asked for before they were sent here, as in "your account", or is empty.
	ToSee string
}

// NewLoginForm states the form.
func NewLoginForm() *LoginForm {
	f := &LoginForm{Form: Form{ID: "login", Action: "/login", Title: "Sign in", Submit: "Sign in", Busy: "Signing in…", Focus: true}}
	f.Username, f.Password = identifierField(), presentPassword()
	f.Username.Live = true
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
