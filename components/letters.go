package components

import (
	"fmt"
	"time"
)

func verifyLetter(l *Letter, about letterSubject) {
	l.Subject = "Confirm your email address"
	l.Lines = []string{"Confirm that this address is yours, so that we can help you if you ever forget your password."}
	l.opens("Confirm address", about, "/email/verify")
	l.After = []string{
		worksOnce(about.Valid),
		fmt.Sprintf("If you have no account at %s, somebody mistyped their address. Do nothing, and it stays unconfirmed.", l.Site),
	}
}

func registerLetter(l *Letter, about letterSubject) {
	l.Subject = "Confirm your email address to open your account"
	l.Lines = []string{"One step is left: confirm that this address is yours, and your account is open."}
	l.opens("Open account", about, "/email/verify")
	l.After = []string{
		worksOnce(about.Valid),
		fmt.Sprintf("If you did not ask for an account at %s, do nothing, and there will be none.", l.Site),
	}
}

func ownerLetter(l *Letter, about letterSubject) {
	l.Subject = "You have an account already"
	l.Lines = []string{fmt.Sprintf("Somebody, perhaps you, wanted to use this address for an account at %s. It has one already.", l.Site)}
	if about.Username != "" {
		l.Lines = append(l.Lines, fmt.Sprintf("Your username is %s.", about.Username))
	}
	l.leadsTo("Sign in", about, "/login")
	l.After = []string{
		fmt.Sprintf("Forgotten the password? Choose a new one at %s", about.address("/password/forgot")),
		"If it was not you, there is nothing to do. Nothing was changed, and whoever it was learnt nothing.",
	}
}

func resetLetter(l *Letter, about letterSubject) {
	l.Subject = "Choose a new password"
	l.Lines = []string{fmt.Sprintf("Somebody, perhaps you, asked to choose a new password for %s.", yourAccount(about.Username))}
	l.opens("Choose a password", about, "/password/reset")
	l.Facts = facts(about)
	l.After = []string{worksOnce(about.Valid), "If it was not you, do nothing. Your password stays as it is."}
}

func emailRestoredLetter(l *Letter, about letterSubject) {
	l.Subject = "Your old address is back: choose a new password"
	l.Lines = []string{fmt.Sprintf(
		"This is the address of %s again. Every device is signed out, and the old password no longer works: choose a new one.",
		yourAccount(about.Username),
	)}
	l.opens("Choose a password", about, "/password/reset")
	l.After = []string{
		worksOnce(about.Valid),
		fmt.Sprintf("If that is too late, ask for another link at %s", about.address("/password/forgot")),
	}
}

func newEmailLetter(l *Letter, about letterSubject) {
	l.Subject = "Confirm your new email address"
	l.Lines = []string{"Confirm that this address is yours, and your account is moved to it. Until then your old address stays."}
	l.opens("Confirm new address", about, "/email/verify")
	l.After = []string{
		worksOnce(about.Valid),
		fmt.Sprintf("If you have no account at %s, somebody mistyped their address. Do nothing.", l.Site),
	}
}

func emailChangedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your email address was changed"
	l.Lines = []string{emailChanged(about.Username, about.Address)}
	l.Facts = facts(about)
	l.opens("Put the old address back", about, "/email/undo")
	l.After = []string{
		ifYou,
		fmt.Sprintf(
			"If it was not you, put the old address back. Every device is then signed out, the old password no longer works, and we write to you so that you can choose a new one. The link works once, within %s, whatever else happens to the account.",
			span(about.Valid),
		),
	}
}

func passwordChangedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your password was changed"
	l.Lines = []string{fmt.Sprintf("The password of %s was changed.", yourAccount(about.Username))}
	l.Facts = facts(about)
	l.leadsTo("It was not me", about, "/password/forgot")
	l.After = []string{ifYou, ifNotYou}
}

func newDeviceLetter(l *Letter, about letterSubject) {
	l.Subject = "You signed in on a new device"
	l.Lines = []string{fmt.Sprintf("Somebody, probably you, signed in to %s on a device that we have not seen before.", yourAccount(about.Username))}
	l.Facts = facts(about)
	l.leadsTo("It was not me", about, "/password/forgot")
	l.After = []string{ifYou, ifNotYou}
}

func closedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your account is closed"
	l.Lines = []string{fmt.Sprintf("You closed %s. Every device is signed out.", yourAccount(about.Username))}
	l.Facts = facts(about)
	if about.Within == 0 {
		l.After = []string{ErasedAtOnce}
		return
	}
	l.leadsTo("Sign in to reopen it", about, "/login")
	l.After = []string{
		fmt.Sprintf("For %s you can sign in and reopen it. After that everything we hold about you is erased.", Days(about.Within)),
		"If it was not you, reopen it and choose a new password.",
	}
}

func passwordOffLetter(l *Letter, about letterSubject) {
	l.Subject = "Your password no longer works"
	l.Lines = []string{fmt.Sprintf(
		"Somebody tried many wrong passwords for %s. For safety it accepts no password until you choose a new one. Devices that are signed in stay signed in.",
		yourAccount(about.Username),
	)}
	l.Facts = facts(about)
	l.leadsTo("Choose a password", about, "/password/forgot")
}

func inviteLetter(l *Letter, about letterSubject) {
	l.Subject = fmt.Sprintf("You are invited to %s", l.Site)
	l.Lines = []string{fmt.Sprintf("You can have an account at %s. Choose a username and a password, and it is open.", l.Site)}
	l.opens("Accept", about, "/invite")
	l.After = []string{worksOnce(about.Valid), "If you do not want one, do nothing."}
}

// What several letters say.

const (
	ifYou    = "If it was you, there is nothing to do."
	ifNotYou = "If it was not you, choose a new password now: the button leads there. Every device is then signed out."
)

func hello(name string) string {
	if name == "" {
		return "Hello,"
	}
	return fmt.Sprintf("Hello %s,", name)
}

func worksOnce(valid time.Duration) string {
	return fmt.Sprintf("The link works once, within %s.", span(valid))
}

// yourAccount names the account inside a sentence. A letter to a stranger has no username.
func yourAccount(username string) string {
	if username == "" {
		return "your account"
	}
	return fmt.Sprintf("your account %s", username)
}

func emailChanged(username, address string) string {
	if username == "" {
		return fmt.Sprintf("Your account now has the address %s. This is the last email to the old one.", address)
	}
	return fmt.Sprintf("Your account %s now has the address %s. This is the last email to the old one.", username, address)
}
