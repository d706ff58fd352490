package components

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
)

// Letter is a mail as people read it. It is drawn twice, as HTML and as plain
// text, and says the same in both.
type Letter struct {
	// Site is the site's name, Home its address.
	Site, Home string
	Subject    string
	Hello      string
	// Lines come before the action, After behind it.
	Lines, After []string
	// Action is the one thing to do, Link where it is done.
	Action, Link string
	// Facts say when and from where something was done.
	Facts []LetterFact
}

// LetterFact is a term and what it stands for.
type LetterFact struct{ Term, Text string }

// toStrangers are the letters to addresses that nobody has confirmed, whatever
// they say themselves.
var toStrangers = []string{store.LetterVerify, store.LetterRegister, store.LetterNewEmail, store.LetterInvite}

// NewLetter puts a letter from the outbox into words. site is the site's name,
// base the address under which its links lead back. It returns false for a
// kind that it does not know.
func NewLetter(l store.Letter, site string, base *url.URL) (Letter, bool) {
	w := Letter{Site: site, Home: base.String(), Hello: "Hello,"}
	// A stranger's letter says nothing that somebody else chose, or anybody could
	// write to anybody through us. One that an earlier version of the program wrote
	// may hold it all the same.
	if !l.Verified || slices.Contains(toStrangers, l.Kind) {
		l.Name, l.Username = "", ""
	}
	if called := cmp.Or(l.Name, l.Username); called != "" {
		w.Hello = "Hello " + called + ","
	}
	account := "your account"
	if l.Username != "" {
		account += " " + l.Username
	}
	link := func(action, path string) { w.Action, w.Link = action, base.JoinPath(path, l.Token).String() }
	page := func(action, path string) { w.Action, w.Link = action, base.JoinPath(path).String() }
	once := "The link works once, within " + span(l.Valid) + "."
	notYou := "If it was not you, " + "choose a new password now: the button leads there. Every device is then signed out."
	switch l.Kind {
	case store.LetterVerify:
		w.Subject = "Confirm your email address"
		w.Lines = []string{"Confirm that this address is yours, so that we can help you if you ever forget your password."}
		link("Confirm address", "/email/verify")
		w.After = []string{once, "If you have no account at " + site + ", somebody mistyped their address. Do nothing, and it stays unconfirmed."}
	case store.LetterRegister:
		w.Subject = "Confirm your email address to open your account"
		w.Lines = []string{"One step is left: confirm that this address is yours, and your account is open."}
		link("Open account", "/email/verify")
		w.After = []string{once, "If you did not ask for an account at " + site + ", do nothing, and there will be none."}
	case store.LetterOwner:
		w.Subject = "You have an account already"
		w.Lines = []string{"Somebody, perhaps you, wanted to use this address for an account at " + site + ". It has one already."}
		if l.Username != "" {
			w.Lines = append(w.Lines, "Your username is "+l.Username+".")
		}
		page("Sign in", "/login")
		w.After = []string{
			"Forgotten the password? Choose a new one at " + base.JoinPath("/password/forgot").String(),
			"If it was not you, there is nothing to do. Nothing was changed, and whoever it was learnt nothing.",
		}
	case store.LetterReset:
		w.Subject = "Choose a new password"
		w.Lines = []string{"Somebody, perhaps you, asked to choose a new password for " + account + "."}
		link("Choose a password", "/password/reset")
		w.Facts = facts(l)
		w.After = []string{once, "If it was not you, do nothing. Your password stays as it is."}
	case store.LetterEmailRestored:
		w.Subject = "Your old address is back: choose a new password"
		w.Lines = []string{"This is the address of " + account + " again. Every device is signed out, and the old password no longer works: choose a new one."}
		link("Choose a password", "/password/reset")
		w.After = []string{once, "If that is too late, ask for another link at " + base.JoinPath("/password/forgot").String()}
	case store.LetterNewEmail:
		w.Subject = "Confirm your new email address"
		w.Lines = []string{"Confirm that this address is yours, and your account is moved to it. Until then your old address stays."}
		link("Confirm new address", "/email/verify")
		w.After = []string{once, "If you have no account at " + site + ", somebody mistyped their address. Do nothing."}
	case store.LetterEmailChanged:
		w.Subject = "Your email address was changed"
		w.Lines = []string{"Y" + account[1:] + " now has the address " + l.Address + ". This is the last email to the old one."}
		w.Facts = facts(l)
		link("Put the old address back", "/email/undo")
		w.After = []string{
			"If it was you, there is nothing to do.",
			"If it was not you, put the old address back. Every device is then signed out, the old password no longer works, and we write to you so that you can choose a new one. The link works once, within " + span(l.Valid) + ", whatever else happens to the account.",
		}
	case store.LetterPasswordChanged:
		w.Subject = "Your password was changed"
		w.Lines = []string{"The password of " + account + " was changed."}
		w.Facts = facts(l)
		page("It was not me", "/password/forgot")
		w.After = []string{"If it was you, there is nothing to do.", notYou}
	case store.LetterNewDevice:
		w.Subject = "You signed in on a new device"
		w.Lines = []string{"Somebody, probably you, signed in to " + account + " on a device that we have not seen before."}
		w.Facts = facts(l)
		page("It was not me", "/password/forgot")
		w.After = []string{"If it was you, there is nothing to do.", notYou}
	case store.LetterClosed:
		w.Subject = "Your account is closed"
		w.Lines = []string{"You closed " + account + ". Every device is signed out."}
		w.Facts = facts(l)
		w.After = []string{ErasedAtOnce}
		if l.Within > 0 {
			page("Sign in to reopen it", "/login")
			w.After = []string{"For " + Days(l.Within) + " you can sign in and reopen it. After that everything we hold about you is erased.", "If it was not you, reopen it and choose a new password."}
		}
	case store.LetterPasswordOff:
		w.Subject = "Your password no longer works"
		w.Lines = []string{"Somebody tried many wrong passwords for " + account + ". For safety it accepts no password until you choose a new one. Devices that are signed in stay signed in."}
		w.Facts = facts(l)
		page("Choose a password", "/password/forgot")
	case store.LetterInvite:
		w.Subject = "You are invited to " + site
		w.Lines = []string{"You can have an account at " + site + ". Choose a username and a password, and it is open."}
		link("Accept", "/invite")
		w.After = []string{once, "If you do not want one, do nothing."}
	default:
		return w, false
	}
	return w, true
}

// facts say when and from where what a letter tells of was done.
func facts(l store.Letter) []LetterFact {
	list := []LetterFact{{"When", moment(l.At)}}
	// A proxy may name its clients otherwise, in words of theirs.
	if _, err := netip.ParseAddr(l.From); err == nil {
		list = append(list, LetterFact{"From", l.From})
	}
	if l.Agent != "" {
		list = append(list, LetterFact{"Device", device(l.Agent)})
	}
	return list
}

// span says a length of time in its largest whole unit.
func span(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0 && d > 24*time.Hour:
		return Days(d)
	case d == time.Hour:
		return "one hour"
	case d%time.Hour == 0:
		return fmt.Sprintf("%d hours", d/time.Hour)
	}
	return fmt.Sprintf("%d minutes", d/time.Minute)
}

// Text is the letter as plain text, lines of at most 72 characters where words
// allow it.
func (l Letter) Text() string {
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, 72) + "\n\n") }
	paragraph(l.Hello)
	for _, line := range l.Lines {
		paragraph(line)
	}
	for _, f := range l.Facts {
		fmt.Fprintf(&b, "%s: %s\n", f.Term, f.Text)
	}
	if len(l.Facts) > 0 {
		b.WriteString("\n")
	}
	if l.Action != "" {
		fmt.Fprintf(&b, "%s:\n%s\n\n", l.Action, l.Link)
	}
	for _, line := range l.After {
		paragraph(line)
	}
	fmt.Fprintf(&b, "-- \n%s\n%s\n", l.Site, l.Home)
	return b.String()
}

// wrap breaks a paragraph at spaces, never inside a word.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		length := len([]rune(word))
		switch {
		case i == 0:
		case column+1+length > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}

// A sentence of ours may end in an address of the site.

func beforeLink(line string) string { return strings.TrimSuffix(line, linkOf(line)) }

func linkOf(line string) string {
	last := line[strings.LastIndexByte(line, ' ')+1:]
	if strings.HasPrefix(last, "https://") || strings.HasPrefix(last, "http://") {
		return last
	}
	return ""
}
