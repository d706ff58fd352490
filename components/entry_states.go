package components

import "gatehouse/store"

func halfStates() []State {
	return []State{
		secondState("second", func(*HalfForm) {}),
		secondState("second-empty", func(f *HalfForm) { f.Check() }),
		secondState("second-refused", func(f *HalfForm) { f.TakeRefusal(store.ErrWrongCode) }),
		secondState("second-passkey", func(f *HalfForm) { f.AddPasskey(true) }),
		secondState("second-passkey-alone", func(f *HalfForm) { f.AddPasskey(false) }),
		secondState("second-passkey-refused", func(f *HalfForm) {
			f.AddPasskey(false)
			f.TakeRefusal(store.ErrPasskeyFailed)
		}),
		recoveryState("recovery", Contacts{}, func(*HalfForm) {}),
		recoveryState("recovery-refused", sampleContacts, func(f *HalfForm) { f.TakeRefusal(store.ErrWrongCode) }),
	}
}

func secondState(name string, change func(f *HalfForm)) State {
	f := NewSecondForm("0123456789abcdef", sampleTrust)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Second(f)}
}

func recoveryState(name string, c Contacts, change func(f *HalfForm)) State {
	f := NewRecoveryForm("0123456789abcdef")
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Recovery(f, c)}
}
