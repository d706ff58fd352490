package components

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// State is one page in one of its states.
type State struct {
	// Name says which, and is its address in the gallery.
	Name string
	Page Page
	Body templ.Component
}

// Gallery lists every page in every state it can be in, for eyes and for tests. The states of a page stand beside it,
// in a file of their own.
func Gallery() []State {
	return slices.Concat(
		homeStates(),
		registerStates(), inviteStates(), setupStates(), verifyStates(),
		loginStates(), halfStates(), forgotStates(), resetStates(), reauthStates(), reopeningStates(),
		accountStates(), profileStates(), emailStates(), passwordStates(), factorsUndoStates(),
		secondStates(), totpStates(), codesStates(), passkeyStates(), signInsStates(), activityStates(), exportStates(), closingStates(), preferencesStates(),
		overviewStates(), peopleStates(),
		personStates(), deedsStates(), lookStates(),
		activitiesStates(), auditStates(),
		linkStates(), confirmedStates(), mailboxStates(), noCookiesStates(), problemStates(),
		demonstrationStates(),
	)
}

const (
	sampleFirefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	sampleIPhone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
	sampleChrome  = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	samplePasskey = "Ada's phone"
	sampleAddress = "192.0.2.1"
	sampleLongIP  = "2001:db8:85a3:8d3:1319:8a2e:370:7348"
	sampleGrace   = 14 * 24 * time.Hour
)

// Who and what the gallery shows. The second person has the longest of everything, with no place to break it.
var (
	sampleTime = time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)
	sampleNow  = sampleTime.Add(25 * time.Minute)
	sampleUser = store.User{ID: 1, Username: "ada", Email: "ada@example.com", Name: "Ada Lovelace", CreatedAt: sampleTime, HasPassword: true}
	sampleLong = store.User{
		ID: 2, Username: strings.Repeat("w", rules.UsernameMax), Name: strings.Repeat("W", rules.NameMax),
		Email: strings.Repeat("w", 64) + "@" + strings.Repeat("w", 60) + ".example.com", CreatedAt: sampleTime, HasPassword: true,
	}
	samplePasswords = &rules.Passwords{Min: rules.PasswordDefault}
)

// sampleContacts are links of whoever runs a site, contacted a page that has them at its foot.
var sampleContacts = Contacts{Support: "mailto:help@example.com", Terms: "https://example.com/terms", Privacy: "/privacy"}

func contacted(p Page) Page {
	p.Contacts = sampleContacts
	return p
}

// withSupport is a page of an account where people can ask for help.
func withSupport(name string, body templ.Component) State {
	return State{name, contacted(memberPage(sampleUser, "")), body}
}

// verified is the user with a verified address.
func verified(user store.User) store.User {
	user.VerifiedAt = sampleTime
	return user
}

// framed is a page as every page of a site is.
func framed(p Page, title string) Page {
	p.Site, p.Title, p.Theme, p.Here = "Gatehouse", title, ThemeAuto, "/"
	p.Times.Now = sampleNow
	return p
}

// visitorPage is a page of a form for people who are not signed in.
func visitorPage(title string) Page { return framed(Page{Entry: true, Open: true}, title) }

// entryPage is one that search engines list as well.
func entryPage(title string) Page { return framed(Page{Entry: true, Indexed: true, Open: true}, title) }

// memberPage is a page of somebody who is signed in.
func memberPage(user store.User, title string) Page {
	return framed(Page{User: &user, SecondSteps: true, Passkeys: true}, title)
}

// formPage is the page of a form as it stands.
func formPage(p Page, f *Form) Page {
	p.Title, p.Refused = f.Title, f.IsRefused()
	return p
}
