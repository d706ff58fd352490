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
		accountState("account", sampleUser, signIn),
		accountState("account-remembered", sampleUser, remembered),
		accountState("account-long", sampleLong, signIn),
		accountState("account-nameless", nameless, store.SignIn{Kind: store.KindPassword, CreatedAt: sampleTime, EndsAt: sampleTime}),
	}
}

func accountState(name string, user store.User, signIn store.SignIn) State {
	return State{name, memberPage(user, "Your account"), Account(user, signIn)}
}
