package components

import (
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func loginStates() []State {
	closed := NewLoginForm(true)
	return []State{
		loginState("login", false, func(*LoginForm) {}),
		loginState("login-confirm", true, func(*LoginForm) {}),
		{"login-closed", framed(Page{Entry: true, Indexed: true}, closed.Title), Login(closed, LoginPage{})},
		loginState("login-refused-empty", false, func(f *LoginForm) { f.Check() }),
		loginState("login-refused", false, func(f *LoginForm) {
			f.Username.Value, f.Password.Value, f.Remember.Value, f.Next = "ada", "guess", "on", "/account"
			f.TakeRefusal(store.ErrWrongLogin)
			f.LeadForgetful()
		}),
		loginState("login-greets", false, func(f *LoginForm) { f.Username.Value, f.Greets = "ada", true }),
		loginState("login-passkey-unknown", false, func(f *LoginForm) { f.TakeRefusal(store.ErrPasskeyUnknown) }),
		{"login-without-passkeys", framed(Page{Entry: true, Indexed: true}, closed.Title), Login(NewLoginForm(false), LoginPage{Open: true})},
		loginState("login-to-see", false, func(f *LoginForm) { f.Next = "/account/activity" }),
		loginState("login-throttled", false, func(f *LoginForm) {
			f.Username.Value = "ada"
			f.TakeRefusal(rules.TooMany(15 * time.Minute))
		}),
	}
}

func loginState(name string, confirm bool, change func(f *LoginForm)) State {
	f := NewLoginForm(true)
	change(f)
	page := LoginPage{Open: true, Confirms: confirm}
	if f.Next != "" {
		page.ToSee = "your account"
	}
	return State{name, formPage(entryPage(""), &f.Form), Login(f, page)}
}
