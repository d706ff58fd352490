package components

import (
	"fmt"

	"gatehouse/store"
)

// What is said once, on the page after what was done.
const (
	Saved           = "Saved."
	DeviceSignedOut = "That device is signed out."
)

// Welcome greets somebody whose account was made just now.
func Welcome(user store.User) string {
	return fmt.Sprintf("Welcome, %s. Your account is ready.", user.DisplayName())
}

// WelcomeBack greets somebody who signed in.
func WelcomeBack(user store.User) string {
	return fmt.Sprintf("Welcome back, %s.", user.DisplayName())
}
