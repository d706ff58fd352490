package components

import "gatehouse/store"

func accountStates() []State {
	signIn := store.SignIn{Agent: sampleFirefox, Kind: store.KindPassword, CreatedAt: sampleTime, EndsAt: sampleTime.Add(store.Absolute), Address: sampleLongIP}
	remembered := store.SignIn{
		Kind: store.KindPassword, CreatedAt: sampleTime, EndsAt: sampleTime.Add(store.AbsoluteRemembered), Remembered: true, Address: sampleAddress,
	}
	nameless := sampleUser
	nameless.Name = ""
	return []State{
		accountState("account", changed(verified(sampleUser)), signIn),
		accountState("account-unconfirmed", sampleUser, signIn),
		accountState("account-remembered", sampleUser, remembered),
		accountState("account-long", sampleLong, signIn),
		accountState("account-nameless", nameless, store.SignIn{Kind: store.KindPassword, CreatedAt: sampleTime, EndsAt: sampleTime}),
	}
}

func accountState(name string, user store.User, signIn store.SignIn) State {
	o := Overview{User: user, SignIn: signIn, Mails: true, Summary: store.Summary{Devices: len(user.Name)%2 + 1}}
	switch user.Name {
	case sampleLong.Name:
		o.Last = store.Event{At: signIn.CreatedAt, Name: store.EventEmailAsked, Detail: user.Email}
	case sampleUser.Name:
		o.Last = store.Event{At: signIn.CreatedAt, Name: store.EventSignedIn}
	}
	return State{name, memberPage(user, "Your account"), Account(o)}
}

// changed is the user after a change of password.
func changed(user store.User) store.User {
	user.PasswordAt = sampleTime.AddDate(0, -3, 0)
	return user
}
