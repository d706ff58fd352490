package components

func forgotStates() []State {
	return []State{
		forgotState("forgot", true, func(*ForgotForm) {}),
		forgotState("forgot-without-mail", false, func(*ForgotForm) {}),
		forgotState("forgot-refused", true, func(f *ForgotForm) { f.Check() }),
		{"forgot-without-mail-support", contacted(visitorPage(forgotTitle)), Forgot(NewForgotForm(), false, false, sampleContacts)},
		secureState("secure", func(*ForgotForm) {}),
		secureState("secure-refused", func(f *ForgotForm) { f.Check() }),
		{"secure-member", formPage(memberPage(sampleUser, ""), &NewSecureForm().Form), Forgot(NewSecureForm(), true, true, Contacts{})},
		{"forgot-sent", visitorPage(InboxTitle), ForgotSent(false)},
		{"forgot-sent-member", memberPage(sampleUser, InboxTitle), ForgotSent(true)},
	}
}

func forgotState(name string, mails bool, change func(f *ForgotForm)) State {
	f := NewForgotForm()
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Forgot(f, mails, false, Contacts{})}
}

func secureState(name string, change func(f *ForgotForm)) State {
	f := NewSecureForm()
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Forgot(f, true, false, Contacts{})}
}
