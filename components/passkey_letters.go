package components

import "fmt"

func passkeyAddedLetter(l *Letter, about letterSubject) {
	l.Subject = "A passkey was added"
	l.saysPasskey(about)
	l.secures(about)
	l.After = []string{ifYou, ifNotYou, toSecure, passkeysStay}
}

func passkeyRemovedLetter(l *Letter, about letterSubject) {
	l.Subject = "A passkey was removed"
	l.Lines = []string{fmt.Sprintf("A passkey of %s was removed. Devices that it signed in are signed out.", yourAccount(about.Username))}
	l.tells(about)
	l.named(about)
}

func passwordRemovedLetter(l *Letter, about letterSubject) {
	l.Subject = "Your password was removed"
	l.Lines = []string{fmt.Sprintf("The password of %s was removed: only your passkeys sign in. All other devices are signed out.", yourAccount(about.Username))}
	l.secures(about)
	l.Facts = facts(about)
	l.After = []string{ifYou, ifNotYou, toSecure, passkeysStay}
}

// passkeysStay is for somebody who doesn't know the passkey that a letter is about.
const passkeysStay = "Passkeys stay when the password changes. Remove those that aren't yours."

// firstFactorLetter is about a passkey, or else about the app that turned the second step on.
func firstFactorLetter(l *Letter, about letterSubject) {
	if about.Passkey == "" {
		l.saysSecondOn(about)
		l.Facts = facts(about)
	} else {
		l.Subject = "Your first passkey was added"
		l.saysPasskey(about)
	}
	l.opens(TakeAccountBack, about, "/factors/undo")
	l.After = []string{
		ifYou,
		"If it wasn't you, take your account back. Passkeys, app and recovery codes are then removed, every device is signed out, the password stops working, and we email you so that you can choose a new one. The link works whatever else happens to the account.",
	}
}

func factorsUndoneLetter(l *Letter, about letterSubject) {
	l.Subject = "Your account is yours again: choose a new password"
	l.Lines = []string{fmt.Sprintf(
		"The passkeys, the app and the recovery codes of %s are removed. Every device is signed out, and the old password no longer works: choose a new one.",
		yourAccount(about.Username),
	)}
	l.opens(ChoosePassword, about, "/password/reset")
	l.After = []string{tooLate(about)}
}

// saysPasskey says that a passkey was added, which one, when and from where.
func (l *Letter) saysPasskey(about letterSubject) {
	l.Lines = []string{fmt.Sprintf("A passkey was added to %s. It signs in without a password.", yourAccount(about.Username))}
	l.Facts = facts(about)
	l.named(about)
}

// named says which passkey it is about. Its owner may have chosen the name, so it stands among the facts.
func (l *Letter) named(about letterSubject) {
	if about.Passkey != "" {
		l.Facts = append([]LetterFact{{"Passkey", about.Passkey}}, l.Facts...)
	}
}
