package components

import (
	"cmp"
	"fmt"
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// PersonPage is what the page of one person says to the people who run the site.
type PersonPage struct {
	store.Person
	// By is who looks at it.
	By store.User
	// Words say the events of the product, LetterWords its letters, by their names.
	Words, LetterWords map[string]string
	// Mails says whether the site sends mail. ClosingErases says that a closed account is erased at once.
	Mails, ClosingErases bool
	// Notice says what was just done.
	Notice string
}

// barred says why whoever looks can do nothing here, or nothing.
func (p PersonPage) barred() string {
	if err := p.By.ActsOn(p.User); err != nil {
		return err.Error()
	}
	return ""
}

// says puts the username into a sentence.
func (p PersonPage) says(format string) string { return fmt.Sprintf(format, p.Username) }

// signOut names the button that ends a sign-in.
func (p PersonPage) signOut(n store.SignIn, times Times) string {
	return fmt.Sprintf("Sign out %s on %s, signed in %s", p.Username, shortDevice(n.Agent), times.ago(n.CreatedAt))
}

// own says that the page is about whoever looks at it.
func (p PersonPage) own() bool { return p.By.ID == p.ID }

// toClose is what it takes to close the account.
func (p PersonPage) toClose() store.Permission {
	if p.ClosingErases {
		return store.ManagePeople | store.ErasePeople
	}
	return store.ManagePeople
}

// hasFactors says whether there is any to remove.
func (p PersonPage) hasFactors() bool { return p.SecondStep() || p.User.Passkeys > 0 }

// name is the display name, or nothing.
func (p PersonPage) name() string { return rules.CanonicalName(p.Name) }

// enters says whether the person can sign in.
func (p PersonPage) enters(times Times) string {
	switch {
	case p.Disabled():
		return fmt.Sprintf("Disabled %s", times.onDay(p.DisabledAt))
	case p.Closed():
		return fmt.Sprintf("Closed %s, can be reopened until %s", times.onDay(p.ClosedAt), times.day(p.Reopen))
	case p.MustSetUp:
		return "Open. Is asked to set up a second step first"
	}
	return "Open"
}

// password says how things are with the password.
func (p PersonPage) password(times Times) string {
	switch {
	case !p.HasPassword:
		return "None"
	case p.OldPassword:
		return "From an earlier system, not used here yet"
	case p.PasswordAt.IsZero():
		return "There is one"
	}
	return fmt.Sprintf("Changed %s", times.ago(p.PasswordAt))
}

// wrong says how many passwords were wrong.
func (p PersonPage) wrong() string {
	if p.WrongPasswords == 1 {
		return "One, on a device that isn't known"
	}
	return fmt.Sprintf("%d in a row, on devices that aren't known", p.WrongPasswords)
}

// codes says how many recovery codes are left.
func (p PersonPage) codes() string {
	if p.CodesLeft == 1 {
		return "One is unused"
	}
	return fmt.Sprintf("%d are unused", p.CodesLeft)
}

// keyDates says since when there is a passkey, and when it was used.
func keyDates(key store.NamedPasskey, times Times) string {
	if key.UsedAt.IsZero() {
		return fmt.Sprintf("Passkey, added %s, not used yet", times.ago(key.CreatedAt))
	}
	return fmt.Sprintf("Passkey, added %s, used %s", times.ago(key.CreatedAt), times.ago(key.UsedAt))
}

// shortDevice names a device inside the name of a button.
func shortDevice(agent string) string { return strings.Replace(device(agent), " on ", ", ", 1) }

// letter says what a letter was.
func (p PersonPage) letter(l store.SentLetter) string {
	return cmp.Or(letterLabels[l.Kind], p.LetterWords[l.Kind], l.Kind)
}

// letterOutcome says how a letter ended.
func letterOutcome(l store.SentLetter) string {
	switch {
	case l.Waits:
		return "Waiting"
	case l.Outcome == store.OutcomeSent:
		return "Sent"
	case l.Outcome == store.OutcomeRefused:
		return "Refused by the mail server"
	case l.Outcome == store.OutcomeExpired:
		return "Given up"
	}
	return "Done"
}

// letterLabels say what letters are, for those who never see what is in them.
var letterLabels = map[string]string{
	store.LetterVerify:          "Link to confirm the address",
	store.LetterRegister:        "Link to open the account",
	store.LetterOwner:           "Somebody asked for an account with this address",
	store.LetterReset:           "Link for a new password",
	store.LetterEmailRestored:   "Old address put back, with a link for a new password",
	store.LetterNewEmail:        "Link to confirm a new address",
	store.LetterEmailChanged:    "Address changed, with a link back",
	store.LetterPasswordChanged: "Password changed",
	store.LetterNewDevice:       "Sign-in on a new device",
	store.LetterClosed:          "Account closed",
	store.LetterPasswordOff:     "Too many wrong passwords",
	store.LetterInvite:          "Invitation",
	store.LetterSecondOn:        eventSentences[store.EventSecondOn],
	store.LetterSecondOff:       eventSentences[store.EventSecondOff],
	store.LetterAppChanged:      eventSentences[store.EventAppChanged],
	store.LetterCodesMade:       "New recovery codes",
	store.LetterCodeUsed:        eventSentences[store.EventCodeUsed],
	store.LetterCodesWrong:      "Right password and wrong codes",
	store.LetterFactorsReset:    eventSentences[store.EventFactorsReset],
	store.LetterAppRemoved:      "Authenticator app removed",
	store.LetterPasskeyAdded:    "Passkey added",
	store.LetterPasskeyRemoved:  "Passkey removed",
	store.LetterPasswordRemoved: "Password removed",
	store.LetterFirstFactor:     "First factor set up, with a link back",
	store.LetterRoleGained:      "Another role",
	store.LetterLookedAt:        "An administrator looked at the account",
	store.LetterFactorsUndone:   "Factors undone, with a link for a new password",
}

// What buttons say.
const (
	sendReset        = "Send a link for a new password"
	sendVerification = "Send a link to confirm the address"
	removeFactors    = "Remove all factors"
	signingOut       = "Signing out…"
)

// doneBy says who did something, to the people who run the site.
func doneBy(e store.DoneEvent) string {
	switch {
	case e.Actor != "":
		return fmt.Sprintf("By %s", e.Actor)
	case e.By != 0:
		return fmt.Sprintf("By account %d, erased", e.By)
	case e.Operator:
		return "On the command line"
	case e.Address != "":
		return fmt.Sprintf("%s · %s", device(e.Agent), e.Address)
	}
	return device(e.Agent)
}
