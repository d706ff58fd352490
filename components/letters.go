package components

import (
	"fmt"

	"gatehouse/store"
)

func verifyLetter(l *Letter, about letterSubject) {
	l.Subject = ConfirmAddress
	l.Lines = []string{"Confirm that this address is yours. Then we can help you if you ever forget your password."}
	l.opens(ConfirmAddress, about, "/email/verify")
	l.After = []string{fmt.Sprintf("No account at %s? Then somebody mistyped their address. Do nothing, and it stays unconfirmed.", l.Site)}
}

func registerLetter(l *Letter, about letterSubject) {
	l.Subject = "Confirm your email address to open your account"
	l.Lines = []string{"One step is left: confirm that this address is yours, and your account is open."}
	l.opens(ConfirmAddress, about, "/email/verify")
	l.After = []string{fmt.Sprintf("If you didn't ask for an account at %s, do nothing, and there will be none.", l.Site)}
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
		"If it wasn't you, there's nothing to do. Nothing was changed, and whoever it was learnt nothing.",
	}
}

func resetLetter(l *Letter, about letterSubject) {
	l.Subject = ChoosePassword
	l.Lines = []string{fmt.Sprintf("Somebody, perhaps you, asked to choose a new password for %s.", yourAccount(about.Username))}
	l.opens(ChoosePassword, about, "/password/reset")
	if about.ByStaff {
		l.Lines = []string{fmt.Sprintf("The people who run %s sent you this link. Choose a new password for %s with it.", l.Site, yourAccount(about.Username))}
		l.After = []string{"Didn't ask them for it? Do nothing. Your account stays as it is."}
		return
	}
	l.Facts = facts(about)
	l.After = []string{"If it wasn't you, do nothing. Your account stays as it is."}
}

func emailRestoredLetter(l *Letter, about letterSubject) {
	l.Subject = "Your old address is back: choose a new password"
	l.Lines = []string{fmt.Sprintf(
		"This is the address of %s again. Every device is signed out, and the old password no longer works: choose a new one.",
		yourAccount(about.Username),
	)}
	l.opens(ChoosePassword, about, "/password/reset")
	l.After = []string{tooLate(about)}
}

func newEmailLetter(l *Letter, about letterSubject) {
	l.Subject = "Confirm your new email address"
	l.Lines = []string{"Confirm that this address is yours, and your account moves to it. Until then your old address stays."}
	l.opens(ConfirmAddress, about, "/email/verify")
	l.After = []string{fmt.Sprintf("No account at %s? Then somebody mistyped their address. Do nothing.", l.Site)}
}

func emailChangedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your email address was changed"
	l.Lines = []string{emailChanged(about.Username, about.Address)}
	l.Facts = facts(about)
	l.opens(RestoreAddress, about, "/email/undo")
	l.After = []string{
		ifYou,
		"If it wasn't you, put the old address back. Every device is then signed out, the old password stops working, and we email you so that you can choose a new one. The link works whatever else happens to the account.",
	}
}

func passwordChangedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your password was changed"
	l.Lines = []string{fmt.Sprintf("The password of %s was changed.", yourAccount(about.Username))}
	l.Facts = facts(about)
	l.secures(about)
	l.After = []string{ifYou, ifNotYou, toSecure}
}

func newDeviceLetter(l *Letter, about letterSubject) {
	l.Subject = "You signed in on a new device"
	l.Lines = []string{fmt.Sprintf("Somebody, probably you, signed in to %s on a device that we haven't seen before.", yourAccount(about.Username))}
	l.Facts = facts(about)
	l.secures(about)
	l.After = []string{ifYou, ifNotYou, toSecure}
}

func closedLetter(l *Letter, about letterSubject) {
	l.Subject = AccountClosed
	l.Lines = []string{fmt.Sprintf("You closed %s. Every device is signed out.", yourAccount(about.Username))}
	if about.ByStaff {
		l.Lines = []string{fmt.Sprintf("The people who run %s closed %s. Every device is signed out.", l.Site, yourAccount(about.Username))}
	}
	l.Facts = facts(about)
	if about.Within == 0 {
		l.After = []string{ErasedAtOnce}
		return
	}
	l.leadsTo("Sign in to reopen it", about, "/login")
	l.After = []string{
		fmt.Sprintf("For %s you can sign in and reopen it. After that everything we hold about you is erased.", Days(about.Within)),
		"If it wasn't you, reopen it and choose a new password.",
	}
	if about.ByStaff {
		l.After = l.After[:1]
	}
}

func passwordOffLetter(l *Letter, about letterSubject) {
	l.Subject = "Your password no longer works"
	l.Lines = []string{fmt.Sprintf(
		"Somebody tried many wrong passwords or codes for %s. To be safe it takes no password until you choose a new one. Devices that are signed in stay signed in.",
		yourAccount(about.Username),
	)}
	l.Facts = facts(about)
	l.secures(about)
	l.After = []string{toSecure}
}

func inviteLetter(l *Letter, about letterSubject) {
	l.Subject = fmt.Sprintf("You are invited to %s", l.Site)
	if role, known := store.FindRole(about.Role); known && role.Name != "" {
		l.Subject = fmt.Sprintf("You're invited to %s as %s", l.Site, role.Label)
	}
	l.Lines = []string{fmt.Sprintf("You can have an account at %s. Choose a username and a password, and it's open.", l.Site)}
	l.opens(AcceptInvitation, about, "/invite")
	l.After = []string{"Don't want one? Do nothing."}
}

func roleGainedLetter(l *Letter, about letterSubject) {
	role, _ := store.FindRole(about.Role)
	l.Subject = fmt.Sprintf("You're %s now", role.Called())
	l.Lines = []string{fmt.Sprintf("The people who run %s gave %s another role: %s. Sign in again to use it.", l.Site, yourAccount(about.Username), role.Called())}
	l.Facts = facts(about)
}

func lookedAtLetter(l *Letter, about letterSubject) {
	l.Subject = "An administrator looked at your account"
	l.Lines = []string{fmt.Sprintf(
		"An administrator of %s looked at the pages of %s as you see them. Nothing can be changed that way.", l.Site, yourAccount(about.Username),
	)}
	l.Facts = facts(about)
	l.leadsTo("See your activity", about, "/account/activity")
	l.After = []string{"You get this email once a day at most. Your activity names each time."}
}

// What a button of a letter says is the heading of the page that it opens.
const (
	ConfirmAddress   = "Confirm your email address"
	ChoosePassword   = "Choose a new password"
	RestoreAddress   = "Put the old address back"
	TakeAccountBack  = "Take your account back"
	AcceptInvitation = "Accept your invitation"
)

// secures has the action of the letter lead to where a new password is asked for by somebody who is frightened.
func (l *Letter) secures(about letterSubject) {
	l.Action, l.Link = "Secure my account", about.base.JoinPath("/password/forgot").String()+WhySecure
}

// What several letters say.

const (
	ifYou    = "If it was you, there's nothing to do."
	ifNotYou = "If it wasn't you, secure your account now."
	toSecure = "The button leads to where we email you a link to choose a new password. Using it signs out every device."
)

func hello(name string) string {
	if name == "" {
		return "Hello,"
	}
	return fmt.Sprintf("Hello %s,", name)
}

// yourAccount names the account inside a sentence. A letter to a stranger has no username.
func yourAccount(username string) string {
	if username == "" {
		return "your account"
	}
	return fmt.Sprintf("your account %s", username)
}

func tooLate(about letterSubject) string {
	return fmt.Sprintf("Too late? Ask for another link at %s", about.address("/password/forgot"))
}

func emailChanged(username, address string) string {
	if username == "" {
		return fmt.Sprintf("Your account now has the address %s. This is the last email to the old one.", address)
	}
	return fmt.Sprintf("Your account %s now has the address %s. This is the last email to the old one.", username, address)
}
