package components

import "gatehouse/store"

func inviteStates() []State {
	return []State{
		inviteState("invite", sampleUser, func(*InviteForm) {}),
		inviteState("invite-refused", sampleLong, func(f *InviteForm) { f.Check() }),
		inviteState("invite-without-password", sampleUser, func(f *InviteForm) { f.Without = withoutPassword }),
		{"invite-signed-in", memberPage(sampleUser, SignedInTitle), InviteSignedIn(sampleUser)},
	}
}

func inviteState(name string, user store.User, change func(f *InviteForm)) State {
	f := NewInviteForm(samplePasswords, user.Email, false)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Invite(f, user.Email, Contacts{})}
}
