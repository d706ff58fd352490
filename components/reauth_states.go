package components

import "gatehouse/store"

func reauthStates() []State {
	return []State{
		reauthState("confirm", func(*ReauthForm) {}),
		reauthState("confirm-refused", func(f *ReauthForm) { f.TakeRefusal(store.ErrNotYourPassword(f.Password.Name)) }),
		reauthStateOf("confirm-second", stepped(sampleUser), func(*ReauthForm) {}),
		reauthStateOf("confirm-second-refused", stepped(sampleUser), func(f *ReauthForm) { f.TakeRefusal(store.ErrNotYourProof) }),
		reauthStateOf("confirm-passkey", keyed(sampleUser, 1), func(*ReauthForm) {}),
		reauthStateOf("confirm-passkey-alone", passwordless(sampleUser), func(*ReauthForm) {}),
		reauthStateOf("confirm-stuck", passwordless(sampleUser), func(f *ReauthForm) { *f = *NewReauthForm(passwordless(sampleUser), false) }),
		reauthStateOf("confirm-passkey-refused", passwordless(sampleUser), func(f *ReauthForm) { f.TakeRefusal(store.ErrPasskeyFailed) }),
	}
}

func reauthState(name string, change func(f *ReauthForm)) State {
	return reauthStateOf(name, sampleUser, change)
}

func reauthStateOf(name string, user store.User, change func(f *ReauthForm)) State {
	f := NewReauthForm(user, true)
	f.Next = "/account/delete"
	change(f)
	return State{name, formPage(memberPage(user, ""), &f.Form), Reauth(f)}
}
