package components

import "gatehouse/store"

func resetStates() []State {
	return []State{
		resetState("reset", sampleUser, func(*ResetForm) {}),
		resetState("reset-refused", sampleLong, func(f *ResetForm) {
			f.Password.Value = "too short"
			f.Check()
		}),
		resetState("reset-passkeys", keyed(sampleUser, 1), func(*ResetForm) {}),
		resetState("reset-without-password", passwordless(sampleUser), func(*ResetForm) {}),
		resetState("reset-unlinked", store.User{}, func(f *ResetForm) { f.Problem = UnknownLink }),
	}
}

func resetState(name string, user store.User, change func(f *ResetForm)) State {
	f := NewResetForm(samplePasswords, user)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Reset(f)}
}
