package components

import "gatehouse/store"

func registerStates() []State {
	return []State{
		registerState("register", func(*RegisterForm) {}),
		registerState("register-without-password", func(f *RegisterForm) { f.Without = withoutPassword }),
		registerState("register-with-return", func(f *RegisterForm) { f.Next = "/account" }),
		registerState("register-praised", func(f *RegisterForm) {
			f.Name.Value, f.Username.Value, f.Email.Value = sampleUser.Name, sampleUser.Username, sampleUser.Email
			f.UsernameIsFree()
			f.Password.Praise = samplePasswords.Praise("correct horse battery")
		}),
		registerState("register-refused-empty", func(f *RegisterForm) { f.Check() }),
		registerState("register-refused", func(f *RegisterForm) {
			f.Name.Value, f.Username.Value, f.Email.Value, f.Password.Value = sampleLong.Name+"W", "Ada Lovelace!", "ada at example", "too short"
			f.Check()
		}),
		registerState("register-refused-taken", func(f *RegisterForm) {
			f.Username.Value, f.Email.Value = sampleUser.Username, sampleUser.Email
			f.TakeRefusal(store.ErrUsernameTaken)
			f.AdviseOwner()
			f.TakeRefusal(store.ErrEmailTaken)
			f.LeadOwner()
		}),
		registerState("register-refused-pasted", func(f *RegisterForm) {
			f.Name.Value, f.Username.Value, f.Email.Value = "J\ufffdrg", "joerg\u200b", "jo\u200berg@example.com"
			f.Check()
		}),
		registerClosedState("register-closed", false, Contacts{}),
		registerClosedState("register-invited", true, Contacts{}),
		registerClosedState("register-closed-support", false, sampleContacts),
		registerClosedState("register-invited-support", true, sampleContacts),
		{"register-agreement", contacted(entryPage(registerTitle)), Register(NewRegisterForm(samplePasswords, false), sampleContacts)},
		{"register-agreement-terms", entryPage(registerTitle), Register(NewRegisterForm(samplePasswords, false), Contacts{Terms: sampleContacts.Terms})},
		{"register-agreement-privacy", entryPage(registerTitle), Register(NewRegisterForm(samplePasswords, false), Contacts{Privacy: sampleContacts.Privacy})},
	}
}

func registerState(name string, change func(f *RegisterForm)) State {
	f := NewRegisterForm(samplePasswords, false)
	change(f)
	return State{name, formPage(entryPage(""), &f.Form), Register(f, Contacts{})}
}

func registerClosedState(name string, invited bool, c Contacts) State {
	return State{name, framed(Page{Entry: true}, ClosedTitle(invited)), RegisterClosed(invited, c)}
}
