package components

import (
	"fmt"
	"time"

	"gatehouse/store"
)

// accountPages are the pages of an account, in the order of its navigation.
var accountPages = []struct{ path, label string }{
	{"/account", "Overview"},
	{"/account/profile", "Profile"},
	{"/account/email", "Email address"},
	{"/account/password", "Password"},
	{"/account/signins", "Devices"},
	{"/account/activity", "Activity"},
	{"/account/data", "Your data"},
	{"/account/delete", "Close account"},
}

// authenticatedBy says in words how a person proved who they are.
func authenticatedBy(kind string) string {
	if kind == store.KindPassword {
		return "Your password"
	}
	return kind
}

// idleLimit says in words how long a sign-in lasts without a visit.
func idleLimit(signIn store.SignIn) string {
	if signIn.Remembered {
		return fmt.Sprintf("%d days after your last visit", store.IdleRemembered/(24*time.Hour))
	}
	return fmt.Sprintf("%d minutes after your last visit, or until you close the browser", store.Idle/time.Minute)
}
