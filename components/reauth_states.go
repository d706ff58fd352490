package components

import "gatehouse/store"

func reauthStates() []State {
	return []State{
		reauthState("confirm", func(*ReauthForm) {}),
		reauthState("confirm-refused", func(f *ReauthForm) { f.TakeRefusal(store.ErrNotYourPassword(f.Password.Name)) }),
	}
}

func reauthState(name string, change func(f *ReauthForm)) State {
	f := NewReauthForm(sampleUser)
	f.Next = "/account/delete"
	change(f)
	return State{name, formPage(memberPage(sampleUser, ""), &f.Form), Reauth(f)}
}
