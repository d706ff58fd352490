package components

import (
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func loginStates() []State {
	closed := NewLoginForm()
	return []State{
		loginState("login", false, func(*LoginForm) {}),
		loginState("login-confirm", true, func(*LoginForm) {}),
		{"login-closed", framed(Page{Entry: true, Indexed: true}, closed.Title), Login(closed, false, false)},
		loginState("login-refused-empty", false, func(f *LoginForm) { f.Check() }),
		loginState("login-refused", false, func(f *LoginForm) {
			f.Username.Value, f.Password.Value, f.Remember.Value, f.Next = "ada", "guess", "on", "/account"
			f.TakeRefusal(store.ErrWrongLogin)
		}),
		loginState("login-throttled", false, func(f *LoginForm) {
			f.Username.Value = "ada"
			f.TakeRefusal(rules.TooMany(15 * time.Minute))
		}),
	}
}

func loginState(name string, confirm bool, change func(f *LoginForm)) State {
	f := NewLoginForm()
	change(f)
	return State{name, formPage(entryPage(""), &f.Form), Login(f, true, confirm)}
}
