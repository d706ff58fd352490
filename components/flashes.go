package components

import (
	"fmt"

	"gatehouse/store"
)

// What is said once, on the page after what was done.
const (
	Saved           = "Saved."
	DeviceSignedOut = "That device is signed out."
	PasskeyRenamed  = "The passkey has its new name."
	PasskeyRemoved  = "The passkey is removed. It no longer signs you in."
	PasswordRemoved = "Your password is removed. Your passkeys sign you in."
	AppRemoved      = "The app is removed. Your passkeys are your second step now."
	secondOn        = "The second step is on."
	SecondOff       = "The second step is off."
	NewApp          = "Your new app is set up. The old one no longer works."
	AskedAgain      = "Every browser is asked for the second step again."
	CodesShownOnce  = "Those codes were shown once. Make new ones if you didn't save them."
	MustSetUp       = "This site asks everybody for a second step. Set yours up to go on."
	TooLate         = "That took too long. Sign in again."
	// AccountTakenBack is for somebody whose first factor was undone, FactorsUndone where the address changed since.
	AccountTakenBack = "Your account is yours again, and every device is signed out. We've emailed you a link to choose a new password."
	FactorsUndone    = "What was set up is removed, and every device is signed out. Now put your old address back, by the link in our email about it."
	WrongTooOften    = "That was wrong too often. Sign in again."
	AccountChanged   = "Your account has changed. Sign in again."
)

// OtherSignIn refuses a code that was sent for another sign-in than the one that waits.
const OtherSignIn = "Somebody else began to sign in here since you opened this page. It's about them now."

// PasskeyAdded says what can be done with a new passkey.
func PasskeyAdded(name string) string {
	return fmt.Sprintf("%s is added. From now on it signs you in.", name)
}

// Welcome greets somebody whose account was made just now.
func Welcome(user store.User) string {
	return fmt.Sprintf("Welcome, %s. Your account is ready.", user.DisplayName())
}

// WelcomeBack greets somebody who signed in.
func WelcomeBack(user store.User) string {
	return fmt.Sprintf("Welcome back, %s.", user.DisplayName())
}
