package components

import (
	"strings"

	"gatehouse/store"
)

const sampleDomain = "example.com"

// keyed is the user with as many passkeys.
func keyed(user store.User, n int) store.User {
	user.Passkeys = n
	return user
}

// passwordless is the user with a passkey alone.
func passwordless(user store.User) store.User {
	user = verified(keyed(user, 1))
	user.HasPassword = false
	return user
}

func sampleKey(name string) store.Passkey {
	return store.Passkey{ID: []byte(name), Handle: "ABCDEFGHIJ", Name: name, Domain: sampleDomain, CreatedAt: sampleTime.AddDate(0, -2, 0)}
}

func passkeyStates() []State {
	synced := sampleKey("Apple Passwords")
	synced.BackupEligible, synced.BackedUp, synced.UsedAt = true, true, sampleTime
	old := sampleKey(strings.Repeat("W", 40))
	old.Domain = "an-older-name-of-the-site.example.org"
	one := []store.Passkey{sampleKey("Windows Hello")}
	several := []store.Passkey{synced, old, one[0]}
	full := make([]store.Passkey, store.PasskeysMax)
	for i := range full {
		full[i] = synced
	}
	used := store.SignIn{Passkey: synced.Handle}
	key := sampleKey("Phone")
	return []State{
		passkeysState("passkeys-none", PasskeyList{User: verified(sampleUser)}),
		passkeysState("passkeys-unconfirmed", PasskeyList{User: sampleUser, Mails: true}),
		passkeysState("passkeys-one", PasskeyList{User: verified(keyed(sampleUser, 1)), PasskeyList: store.PasskeyList{Keys: one}, Mails: true, MayRemovePassword: true}),
		passkeysState("passkeys", PasskeyList{User: stepped(keyed(sampleUser, 3)), SignIn: used, PasskeyList: store.PasskeyList{Keys: several}, Notice: PasskeyRemoved}),
		passkeysState("passkeys-full", PasskeyList{User: verified(keyed(sampleUser, len(full))), PasskeyList: store.PasskeyList{Keys: full}}),
		passkeysState("passkeys-without-password", PasskeyList{User: passwordless(sampleUser), PasskeyList: store.PasskeyList{Keys: several[:1]}, Mails: true}),
		newPasskeyState("passkey-new", func(*PasskeyForm) {}),
		newPasskeyState("passkey-new-refused", func(f *PasskeyForm) { f.TakeRefusal(store.ErrPasskeyLate) }),
		passkeyState("passkey", key, func(*PasskeyForm) {}),
		passkeyState("passkey-refused", key, func(f *PasskeyForm) {
			f.Name.Value = strings.Repeat("W", 41)
			f.Check()
		}),
	}
}

func passkeysState(name string, p PasskeyList) State {
	p.Domain = sampleDomain
	return State{name, memberPage(p.User, PasskeysTitle), Passkeys(p)}
}

func newPasskeyState(name string, change func(f *PasskeyForm)) State {
	f := NewPasskeyForm()
	change(f)
	return State{name, formPage(memberPage(verified(sampleUser), ""), &f.Form), NewPasskey(f)}
}

func passkeyState(name string, key store.Passkey, change func(f *PasskeyForm)) State {
	user := verified(keyed(sampleUser, 1))
	f := RenamePasskeyForm(key)
	change(f)
	return State{name, formPage(memberPage(user, ""), &f.Form), Passkey(f, key, user.FormID())}
}
