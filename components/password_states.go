package components

import (
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func passwordStates() []State {
	return []State{
		passwordState("password", func(*PasswordForm) {}),
		passwordState("password-refused", func(f *PasswordForm) {
			f.Current.Value, f.Password.Value = "guess", "too short"
			f.Check()
			f.TakeRefusal(store.ErrNotYourPassword(f.Current.Name))
		}),
		passwordStateOf("password-none", passwordless(sampleUser), func(*PasswordForm) {}),
		passwordState("password-throttled", func(f *PasswordForm) { f.TakeRefusal(rules.TooMany(8 * time.Second)) }),
	}
}

func passwordState(name string, change func(f *PasswordForm)) State {
	return passwordStateOf(name, sampleUser, change)
}

func passwordStateOf(name string, user store.User, change func(f *PasswordForm)) State {
	f := NewPasswordForm(samplePasswords, user)
	change(f)
	return State{name, formPage(memberPage(user, ""), &f.Form), Password(f)}
}
