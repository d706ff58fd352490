package components

func setupStates() []State {
	return []State{
		setupState("setup", func(*RegisterForm) {}),
		setupState("setup-refused", func(f *RegisterForm) { f.Check() }),
	}
}

func setupState(name string, change func(f *RegisterForm)) State {
	f := NewSetupForm(samplePasswords)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Setup(f)}
}
