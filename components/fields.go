package components

import (
	"fmt"

	"gatehouse/store/rules"
)

// Fields that more than one form asks for.

func nameField() *Field {
	return &Field{
		Name: "name", Label: "Name", Type: "text", Autocomplete: "name", Prose: true, Optional: true, Live: true,
		Hint: "What we call you. Anything you like.",
		Rule: rules.CheckName,
	}
}

var usernameHint = fmt.Sprintf("Public. %d to %d letters or digits.", rules.UsernameMin, rules.UsernameMax)

func usernameField() *Field {
	return &Field{
		Name: "username", Label: "Username", Type: "text", Autocomplete: "username", Live: true,
		Hint: usernameHint,
		Rule: rules.CheckUsername,
	}
}

func emailField() *Field {
	return &Field{
		Name: "email", Label: "Email address", Type: "email", Autocomplete: "email", Live: true,
		Hint: "Only you and our team see it.",
		Rule: rules.CheckEmail,
	}
}

// identifierField takes either of what an account is known by.
func identifierField() *Field {
	return &Field{
		Name: "username", Label: "Username or email address", Type: "text", Autocomplete: "username", InputMode: "email",
		Rule: rules.CheckIdentifier,
	}
}

// withPasskeys has the browser name the passkeys there are where a username is typed.
func (f *Field) withPasskeys() { f.Autocomplete = "username webauthn" }

// presentPassword is the field for the password that somebody has.
func presentPassword() *Field {
	return &Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "current-password",
		Rule: required("Enter your password."),
	}
}

func praiseUsername(username *Field) {
	username.Praise = "This username is free."
	if name := rules.CanonicalUsername(username.Value); name != username.Value {
		username.Praise = fmt.Sprintf("This username is free, as %s.", name)
	}
}

// newPassword is the field for choosing a password, wherever one is chosen. personal tells what it must not be built
// from; with names the fields that personal looks at.
func newPassword(passwords *rules.Passwords, personal func() []string, with ...string) *Field {
	return &Field{
		Name: "password", Label: "Password", Type: "password", Autocomplete: "new-password", Live: true, With: with, MinLength: passwords.Min,
		Hint:      fmt.Sprintf("At least %d characters. A few unrelated words are easy to remember.", passwords.Min),
		Rule:      func(value string) error { return passwords.Check(value, personal()...) },
		PraiseFor: passwords.Praise, StrengthOf: passwords.Strength,
	}
}
