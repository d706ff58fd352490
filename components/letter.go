package components

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// Letter is a mail as people read it. It is drawn twice, as HTML and as plain text, and says the same in both.
type Letter struct {
	// Site is the site's name, Home its address.
	Site, Home string
	Subject    string
	Hello      string
	// Lines come before the action, After behind it.
	Lines, After []string
	// Action is the one thing to do, Link where it is done.
	Action, Link string
	// Deadline says beside the action how long it is good for, or is empty.
	Deadline string
	// Facts say when and from where something was done.
	Facts []LetterFact
	// Unsubscribe is where its reader turns off letters of this kind, or empty.
	Unsubscribe string
}

// LetterWords put a letter of a product into words: the subject and what follows the greeting.
type LetterWords func(l *Letter, about store.Letter) error

// LetterFact is a term and what it stands for.
type LetterFact struct{ Term, Text string }

// letterWords say a letter of each kind. They stand in the order of store.LetterKinds.
var letterWords = []struct {
	kind string
	say  func(l *Letter, about letterSubject)
}{
	{store.LetterVerify, verifyLetter},
	{store.LetterRegister, registerLetter},
	{store.LetterOwner, ownerLetter},
	{store.LetterReset, resetLetter},
	{store.LetterEmailRestored, emailRestoredLetter},
	{store.LetterNewEmail, newEmailLetter},
	{store.LetterEmailChanged, emailChangedLetter},
	{store.LetterPasswordChanged, passwordChangedLetter},
	{store.LetterNewDevice, newDeviceLetter},
	{store.LetterClosed, closedLetter},
	{store.LetterPasswordOff, passwordOffLetter},
	{store.LetterSecondOn, secondOnLetter},
	{store.LetterSecondOff, secondOffLetter},
	{store.LetterAppChanged, appChangedLetter},
	{store.LetterCodesMade, codesMadeLetter},
	{store.LetterCodeUsed, codeUsedLetter},
	{store.LetterCodesWrong, codesWrongLetter},
	{store.LetterFactorsReset, factorsResetLetter},
	{store.LetterAppRemoved, appRemovedLetter},
	{store.LetterPasskeyAdded, passkeyAddedLetter},
	{store.LetterPasskeyRemoved, passkeyRemovedLetter},
	{store.LetterPasswordRemoved, passwordRemovedLetter},
	{store.LetterFirstFactor, firstFactorLetter},
	{store.LetterRoleGained, roleGainedLetter},
	{store.LetterLookedAt, lookedAtLetter},
	{store.LetterFactorsUndone, factorsUndoneLetter},
	{store.LetterInvite, inviteLetter},
}

// toStrangers are the letters to addresses that nobody has verified, whatever Verified says.
var toStrangers = []string{store.LetterVerify, store.LetterRegister, store.LetterNewEmail, store.LetterInvite}

// NewLetter puts a letter from the outbox into words. site is the site's name, base the address under which its links
// lead back, product the words of a product by kind. It returns an error for a kind that is unknown.
func NewLetter(about store.Letter, site string, base *url.URL, product map[string]LetterWords) (Letter, error) {
	// A letter to a stranger repeats nothing that somebody else chose: anybody could write to anybody through us. A
	// letter that an earlier version of the program wrote may hold such words.
	if !about.Verified || slices.Contains(toStrangers, about.Kind) {
		about.Name, about.Username, about.Passkey = "", "", ""
	}
	l := Letter{Site: site, Home: base.String(), Hello: hello(cmp.Or(about.Name, about.Username))}
	for _, words := range letterWords {
		if words.kind == about.Kind {
			words.say(&l, letterSubject{about, base})
			return l, nil
		}
	}
	say := product[about.Kind]
	if say == nil {
		return l, fmt.Errorf("there is no letter of the kind %q", about.Kind)
	}
	if about.Token != "" {
		l.Unsubscribe = base.JoinPath("/unsubscribe", about.Token).String()
	}
	about.Token = "" // it is for the link above alone
	if err := say(&l, about); err != nil {
		return l, fmt.Errorf("say a letter of the kind %q: %w", about.Kind, err)
	}
	return l, nil
}

// letterSubject is what a letter is about, and where its links lead.
type letterSubject struct {
	store.Letter
	base *url.URL
}

// address is that of a page.
func (s letterSubject) address(path string) string { return s.base.JoinPath(path).String() }

// opens has the action of the letter open the link that its token is for.
func (l *Letter) opens(action string, about letterSubject, path string) {
	l.Action, l.Link = action, about.base.JoinPath(path, about.Token).String()
	l.Deadline = fmt.Sprintf("Works once, within %s.", span(about.Valid))
}

// leadsTo has the action of the letter lead to a page.
func (l *Letter) leadsTo(action string, about letterSubject, path string) {
	l.Action, l.Link = action, about.address(path)
}

// preview is what lists of mails show behind the subject.
func (l Letter) preview() string {
	var said []string
	if len(l.Lines) > 0 {
		said = append(said, l.Lines[0])
	}
	if l.Deadline != "" {
		said = append(said, l.Deadline)
	}
	return strings.Join(said, " ")
}

// facts say when and from where it was done.
func facts(l letterSubject) []LetterFact {
	list := []LetterFact{{"When", Times{Zone: rules.Zone(l.Zone)}.moment(l.At)}}
	// Behind a proxy the name of a client can be any words, which are not repeated.
	if _, err := netip.ParseAddr(l.From); err == nil {
		list = append(list, LetterFact{"From", l.From})
	}
	if l.Agent != "" {
		list = append(list, LetterFact{"Device", device(l.Agent)})
	}
	return list
}
