package components

import (
	"fmt"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// ReauthForm asks for all that the account has again, before something sensitive.
type ReauthForm struct {
	Form
	Password *Field
	// Code is nil for somebody without a second step.
	Code *Field
	// Lasts is for how long it is not asked for again.
	Lasts time.Duration
	// HasPassword says whether there is a password to ask for.
	HasPassword bool
	// Passkey is the form that a passkey answers, or nil for somebody who has none.
	Passkey *Form
}

// NewReauthForm states the form for a person. passkeys says whether people can have passkeys.
func NewReauthForm(user store.User, passkeys bool) *ReauthForm {
	f := &ReauthForm{Form: Form{ID: "confirm", Action: "/confirm", Title: "Confirm it's you", Submit: "Continue", Busy: checking, Focus: true, ForUsername: user.Username}}
	f.HasPassword, f.Lasts = user.HasPassword, store.RecentAuth
	if user.Staff() {
		f.Lasts = store.RecentAuthStaff
	}
	if passkeys && user.Passkeys > 0 {
		f.Passkey = &Form{
			ID: "passkey", Action: "/confirm/passkey", Submit: usePasskey, Busy: waiting,
			Passkey: getPasskey, Account: user.FormID(), Beside: f.HasPassword,
		}
	}
	f.Password = presentPassword()
	if !f.HasPassword { // its form is not drawn
		f.ID = "passkey"
		return f
	}
	f.Fields = []*Field{f.Password}
	if user.SecondStep() {
		f.Code = &Field{
			Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", Hint: "From your authenticator app, or a recovery code.",
			Rule: anyCode,
		}
		f.Fields = append(f.Fields, f.Code)
	}
	return f
}

// anyCode takes what has the shape of either kind of code.
func anyCode(value string) error {
	if _, err := rules.RecoveryCode(value); err == nil {
		return nil
	}
	_, err := rules.AppCode(value)
	return err
}

// TypedCode is the code that was sent, or empty.
func (f *ReauthForm) TypedCode() string {
	if f.Code == nil {
		return ""
	}
	return f.Code.Value
}

// stuck says that the person has nothing that the site takes: their passkeys were all there was, and it takes none now.
func (f *ReauthForm) stuck() bool { return !f.HasPassword && f.Passkey == nil }

// enter says what has to be given.
func (f *ReauthForm) enter() string {
	switch {
	case !f.HasPassword:
		return "use a passkey"
	case f.Code == nil:
		return "enter your password again"
	}
	return "enter your password and a code"
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
		return fmt.Sprintf("To close your account, %s.", f.enter())
	case "/account/email":
		return fmt.Sprintf("To change your email address, %s.", f.enter())
	case "/account/data", "/account/export":
		return fmt.Sprintf("To download your data, %s.", f.enter())
	case passkeysPage, "/account/passkeys/new", "/account/password/remove":
		return fmt.Sprintf("To change your passkeys, %s.", f.enter())
	case "/account/second", "/account/totp", "/account/codes":
		return fmt.Sprintf("To change your second step, %s.", f.enter())
	}
	return fmt.Sprintf("To go on, %s.", f.enter())
}
