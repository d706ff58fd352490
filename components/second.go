package components

import (
	"fmt"
	"strconv"

	"gatehouse/store"
)

// codesFew is from how few recovery codes on their owner is told to make new ones.
const codesFew = 3

// SecondStep is what the page of the second step says.
type SecondStep struct {
	User   store.User
	SignIn store.SignIn
	store.Factors
	// Required says that the site asks everybody for one.
	Required bool
	// Mails says whether the site sends mail: then an address must be confirmed first.
	Mails bool
	// Next is the page to go on to once it is set up, or empty.
	Next string
	// Notice says what was just done, or is empty.
	Notice string
	// Passkeys says whether people can have passkeys.
	Passkeys bool
}

// byPasskey says whether a passkey can be the second step.
func (p SecondStep) byPasskey() bool { return p.Passkeys && p.User.Passkeys > 0 }

// hasApp says whether there is an app whose codes are taken.
func (p SecondStep) hasApp() bool { return !p.AppAt.IsZero() && !p.AppUnreadable }

// undo says until when the letter about the first factor undoes it.
func (p SecondStep) undo(times Times) string {
	return fmt.Sprintf("Was it not you who set this up? Until %s, the email about it can undo it.", times.day(p.UndoUntil))
}

// mayBegin says whether the person may set an app up.
func (p SecondStep) mayBegin() bool { return !p.Mails || p.User.Verified() }

// setUp is the address of the page that sets an app up.
func (p SecondStep) setUp() string { return (&Form{Next: p.Next}).WithNext("/account/totp") }

// setUpClass makes the app the first choice of somebody who has no passkey.
func (p SecondStep) setUpClass() string {
	if p.byPasskey() {
		return "btn btn-outline-secondary"
	}
	return "btn btn-primary"
}

// lost says that the second step is on and the app is gone, as after the loss of the site's secret.
func (p SecondStep) lost() bool {
	return p.User.SecondStep() && (p.AppUnreadable || p.AppAt.IsZero() && !p.byPasskey())
}

// what says what a second step is.
func (p SecondStep) what() string {
	if p.byPasskey() {
		return "After your password we ask for a passkey, or for a code from an app on your phone. Then a stolen password isn't enough to get in."
	}
	return "After your password we ask for a code from an app on your phone. Then a stolen password isn't enough to get in."
}

func (p SecondStep) since(times Times) string {
	return fmt.Sprintf("On since %s. After your password we ask for more, so a stolen password isn't enough.", times.day(p.User.SecondAt))
}

func until(times Times, b store.TrustedBrowser) string {
	return fmt.Sprintf("Until %s", times.day(b.Until))
}

func (p SecondStep) codesLeft() string {
	switch left := p.CodesLeft(); left {
	case 0:
		return "None left"
	default:
		return fmt.Sprintf("%s of %d left", strconv.Itoa(left), len(p.Codes))
	}
}

// signInKinds say how somebody signed in, where that was not a password alone.
var signInKinds = map[string]string{
	store.KindCode:            "password and code",
	store.KindRecovery:        "password and recovery code",
	store.KindTrusted:         "password, on a trusted browser",
	store.KindPasskey:         "passkey",
	store.KindPasswordPasskey: "password and passkey",
}

// UsedRecoveryCode is what somebody reads who signed in with a recovery code.
func UsedRecoveryCode(left int) string {
	return fmt.Sprintf("You used a recovery code. %s If your app is gone, set it up anew here.", codesLeft(max(left, 0)))
}
