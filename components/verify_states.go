package components

import (
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func verifyStates() []State {
	inbox, unverified := visitorPage(InboxTitle), memberPage(sampleUser, ConfirmAddress)
	refused, often := inbox, rules.TooManyLetters(6*time.Minute).Error()
	refused.Refused = true
	return []State{
		verifyState("verify", sampleUser, false, func(*VerifyForm) {}),
		verifyState("verify-long", sampleLong, false, func(*VerifyForm) {}),
		verifyState("verify-with-password", sampleUser, true, func(*VerifyForm) {}),
		verifyState("verify-refused", sampleUser, true, func(f *VerifyForm) { f.TakeRefusal(store.ErrNotYourPassword(f.Password.Name)) }),
		firstPasskeyState("verify-passkey", true, func(*VerifyForm) {}),
		firstPasskeyState("verify-passkey-refused", true, func(f *VerifyForm) { f.TakeRefusal(store.ErrPasskeyFailed) }),
		firstPasskeyState("verify-without-passkeys", false, func(*VerifyForm) {}),
		{"check-inbox", inbox, CheckInbox(sampleUser.Email, "")},
		{"check-inbox-nameless", inbox, CheckInbox("", "")},
		{"check-inbox-too-often", refused, CheckInbox(sampleUser.Email, often)},
		{"unconfirmed", unverified, Unverified(sampleUser, true, "")},
		{"unconfirmed-without-mail", unverified, Unverified(sampleLong, false, "")},
	}
}

func verifyState(name string, user store.User, withPassword bool, change func(f *VerifyForm)) State {
	f := NewVerifyForm(withPassword, user.Username)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Verify(f, user.Email)}
}

func firstPasskeyState(name string, passkeys bool, change func(f *VerifyForm)) State {
	f := NewPasskeyVerifyForm(samplePasswords, passkeys, sampleUser)
	change(f)
	return State{name, formPage(visitorPage(""), &f.Form), Verify(f, sampleUser.Email)}
}

func linkStates() []State {
	const title = StaleTitle
	return []State{
		{"stale-link", visitorPage(title), StaleLink(nil, true)},
		{"stale-link-signed-in", memberPage(sampleUser, title), StaleLink(&sampleUser, false)},
	}
}
