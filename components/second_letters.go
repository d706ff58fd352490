package components

import "fmt"

func secondOnLetter(l *Letter, about letterSubject) {
	l.saysSecondOn(about)
	l.tells(about)
}

func secondOffLetter(l *Letter, about letterSubject) {
	l.Subject = "Your second step is off"
	l.Lines = []string{fmt.Sprintf("The second step of %s was turned off: a password alone signs in again.", yourAccount(about.Username))}
	l.tells(about)
}

func appChangedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your authenticator app was changed"
	l.Lines = []string{fmt.Sprintf("An authenticator app was set up for %s. One that you had before no longer works.", yourAccount(about.Username))}
	l.tells(about)
}

func appRemovedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your authenticator app was removed"
	l.Lines = []string{fmt.Sprintf("The authenticator app of %s was removed. Your passkeys are the second step now.", yourAccount(about.Username))}
	l.tells(about)
}

func codesMadeLetter(l *Letter, about letterSubject) {
	l.Subject = "You have new recovery codes"
	l.Lines = []string{fmt.Sprintf("New recovery codes were made for %s. The old ones no longer work.", yourAccount(about.Username))}
	l.tells(about)
}

func codeUsedLetter(l *Letter, about letterSubject) {
	l.Subject = "A recovery code was used"
	l.Lines = []string{fmt.Sprintf("Somebody, probably you, used a recovery code for %s. %s", yourAccount(about.Username), codesLeft(about.Left))}
	l.tells(about)
}

func codesWrongLetter(l *Letter, about letterSubject) {
	l.Subject = "Somebody knows your password"
	l.Lines = []string{fmt.Sprintf(
		"Somebody entered the right password for %s, and then wrong codes. Your second step kept them out. If it wasn't you, choose a new password.",
		yourAccount(about.Username),
	)}
	l.Facts = facts(about)
	l.secures(about)
	l.After = []string{ifYou, toSecure}
}

func factorsResetLetter(l *Letter, about letterSubject) {
	l.Subject = "Your second step was removed"
	l.Lines = []string{fmt.Sprintf(
		"Whoever runs %s removed the second step and the passkeys of %s, and signed every device out. A password alone signs in again.",
		l.Site, yourAccount(about.Username),
	)}
	l.leadsTo("Sign in and set it up again", about, "/login")
	l.After = []string{
		fmt.Sprintf("No password? Choose one at %s", about.address("/password/forgot")),
		"You didn't ask for that? Then choose a new password and tell them.",
	}
}

// saysSecondOn says that a second step is asked for from now on.
func (l *Letter) saysSecondOn(about letterSubject) {
	l.Subject = "Your second step is on"
	l.Lines = []string{fmt.Sprintf(
		"From now on %s asks for a second step after your password. All other devices are signed out.", yourAccount(about.Username),
	)}
}

// tells says when and from where something was done to what signs in, and what to do about it.
func (l *Letter) tells(about letterSubject) {
	l.Facts = facts(about)
	l.secures(about)
	l.After = []string{ifYou, ifNotYou, toSecure}
}

func codesLeft(left int) string {
	switch left {
	case 0:
		return "None is left: make new ones."
	case 1:
		return "One is left: make new ones."
	}
	return fmt.Sprintf("%d are left.", left)
}
