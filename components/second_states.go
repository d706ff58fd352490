package components

import (
	"strings"
	"time"

	"gatehouse/store"
)

const sampleTrust = 30 * 24 * time.Hour

// stepped is the user with a second step.
func stepped(user store.User) store.User {
	user = verified(user)
	user.SecondAt = sampleTime.AddDate(0, -1, 0)
	return user
}

// sampleFactors are an app and as many unused recovery codes.
func sampleFactors(left int) store.Factors {
	f := store.Factors{AppAt: sampleTime.AddDate(0, -1, 0)}
	for i := range store.RecoveryCodes {
		c := store.RecoveryCode{CreatedAt: sampleTime.AddDate(0, -1, 0)}
		if i >= left {
			c.UsedAt = sampleTime
		}
		f.Codes = append(f.Codes, c)
	}
	return f
}

func secondStates() []State {
	trusted := sampleFactors(10)
	trusted.Trusted = []store.TrustedBrowser{
		{Until: sampleTime.Add(sampleTrust), Agent: sampleFirefox},
		{Until: sampleTime.Add(sampleTrust / 2), Agent: strings.Repeat("W", 400)},
		{Until: sampleTime.Add(sampleTrust / 3)},
	}
	lost := sampleFactors(0)
	lost.AppAt = time.Time{}
	byPasskey := stepped(keyed(sampleUser, 2))
	codesOnly := sampleFactors(10)
	codesOnly.AppAt = time.Time{}
	codesOnly.UndoUntil = sampleTime.AddDate(0, 0, 6)
	return []State{
		secondStepState("second-step-passkeys", SecondStep{User: verified(keyed(sampleUser, 2)), Passkeys: true}),
		secondStepState("second-step-by-passkey", SecondStep{User: byPasskey, Factors: codesOnly, Passkeys: true}),
		secondStepState("second-step-both", SecondStep{User: byPasskey, Factors: sampleFactors(10), Passkeys: true}),
		secondStepState("second-step-off", SecondStep{User: verified(sampleUser)}),
		secondStepState("second-step-unconfirmed", SecondStep{User: sampleUser, Mails: true}),
		secondStepState("second-step-on", SecondStep{User: stepped(sampleUser), Factors: sampleFactors(10), Notice: AskedAgain}),
		secondStepState("second-step-trusted", SecondStep{User: stepped(sampleUser), Factors: trusted}),
		secondStepState("second-step-few-codes", SecondStep{User: stepped(sampleUser), Factors: sampleFactors(2), Required: true}),
		secondStepState("second-step-lost", SecondStep{User: stepped(sampleUser), Factors: lost}),
	}
}

func secondStepState(name string, p SecondStep) State {
	return State{name, memberPage(p.User, SecondTitle), SecondSteps(p)}
}

func totpStates() []State {
	return []State{
		totpState("totp", verified(sampleUser), func(*TOTPForm) {}),
		totpState("totp-moves", stepped(sampleUser), func(*TOTPForm) {}),
		totpState("totp-refused", verified(sampleUser), func(f *TOTPForm) { f.TakeRefusal(store.ErrOtherTime) }),
		totpState("totp-long", verified(sampleLong), func(*TOTPForm) {}),
	}
}

func totpState(name string, user store.User, change func(f *TOTPForm)) State {
	f := NewTOTPForm("Gatehouse", user, []byte("12345678901234567890"))
	change(f)
	return State{name, formPage(memberPage(user, ""), &f.Form), TOTP(f)}
}

func codesStates() []State {
	f := NewCodesForm(sampleTime)
	shown := NewCodes{Account: sampleUser.FormID(), First: true, Next: secondPage}
	for range store.RecoveryCodes {
		shown.Codes = append(shown.Codes, "7KQ2M9-ZX4TBC-0HJ8NW-VR5DPG")
	}
	again := shown
	again.First = false
	return []State{
		{"codes", formPage(memberPage(stepped(sampleUser), ""), &f.Form), Codes(f)},
		{"codes-shown", memberPage(stepped(sampleUser), SaveCodesTitle), CodesShown(shown)},
		{"codes-shown-again", memberPage(stepped(sampleUser), SaveCodesTitle), CodesShown(again)},
	}
}
