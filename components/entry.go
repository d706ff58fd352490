package components

import (
	"fmt"
	"time"

	"gatehouse/store/rules"
)

// HalfForm asks for the second step of a sign-in: a code of an authenticator app or, with a title of its own, a
// recovery code.
type HalfForm struct {
	Form
	Code *Field
	// HasCode says whether a code is asked for: not from somebody whose passkeys are all there is.
	HasCode bool
	// Passkey is the form that a passkey answers, or nil for somebody who has none.
	Passkey *Form
	// Trust is nil where the site does not let people trust a browser, and for recovery codes.
	Trust *Field
}

// NewSecondForm states the form for a code of an app. ticket names the sign-in that it continues; trust is how long the
// browser may be trusted, or 0.
func NewSecondForm(ticket string, trust time.Duration) *HalfForm {
	f := &HalfForm{Form: Form{ID: "second", Action: "/login/second", Title: codeTitle, Submit: "Sign in", Busy: checking, Focus: true, Ticket: ticket}}
	f.HasCode = true
	f.Code = appCodeField()
	f.Fields = []*Field{f.Code}
	if trust > 0 {
		f.Trust = &Field{Name: "trust", Label: fmt.Sprintf("Don't ask again on this browser for %s", Days(trust)), Type: "checkbox"}
		f.Fields = append(f.Fields, f.Trust)
	}
	return f
}

// AddPasskey offers somebody with passkeys to use one. app says whether they have an authenticator app, too.
func (f *HalfForm) AddPasskey(app bool) {
	f.HasCode = app
	f.Passkey = &Form{
		ID: "passkey", Action: "/login/second/passkey", Submit: usePasskey, Busy: waiting,
		Passkey: getPasskey, Ticket: f.Ticket, Beside: app,
	}
	if !app { // the form of the code is not drawn
		f.ID, f.Title, f.Fields = f.Passkey.ID, secondPasskeyTitle, nil
	}
	if f.Trust == nil {
		return
	}
	if app {
		f.Passkey.Taken = []string{f.Trust.Name}
	} else {
		f.Fields = []*Field{f.Trust}
	}
}

// NewRecoveryForm states the form for a recovery code.
func NewRecoveryForm(ticket string) *HalfForm {
	f := &HalfForm{Form: Form{ID: "recovery", Action: "/login/second/recovery", Title: recoveryTitle, Submit: "Sign in", Busy: checking, Focus: true, Ticket: ticket}}
	f.Code = &Field{
		Name: "code", Label: "Recovery code", Type: "text", Autocomplete: "off", Hint: "One of the ten that you saved.",
		Rule: func(value string) error {
			_, err := rules.RecoveryCode(value)
			return err
		},
	}
	f.Fields = []*Field{f.Code}
	return f
}

// Trusts says whether the person asked to trust the browser.
func (f *HalfForm) Trusts() bool { return f.Trust != nil && f.Trust.checked() }

// appCodeField is where the code of an authenticator app is typed.
func appCodeField() *Field {
	return &Field{
		Name: "code", Label: "Code", Type: "text", Autocomplete: "one-time-code", InputMode: "numeric", Hint: "The 6 digits in your authenticator app.",
		Rule: func(value string) error {
			_, err := rules.AppCode(value)
			return err
		},
	}
}
