package components

import (
	"fmt"
	"strconv"
	"strings"

	"gatehouse/store"
)

// Page is what the frame around every body knows.
type Page struct {
	// Site is the site's name.
	Site string
	// Title is the page's own, without the site's name.
	Title string
	// User is who is signed in, or nil.
	User *store.User
	// Reminds says that the body itself asks the user to verify their address.
	Reminds bool
	// Bare pages know nothing of a session and show no account links.
	Bare bool
	// Open says whether the site takes new people.
	Open bool
	// Mails says whether the site sends mail.
	Mails bool
	// SecondSteps says whether people can have a second step.
	SecondSteps bool
	// May is what the role of the user allows on this visit.
	May store.Permission
	// Admin is where the administration is. A page below it, or seen from it, loads the style sheet of its own.
	Admin AdminRoot
	// Passkeys says whether people can have passkeys.
	Passkeys bool
	// Entry pages show the gate beside the form on wide screens.
	Entry bool
	// Refused pages announce in their title that a form was refused.
	Refused bool
	// Indexed pages may be listed by search engines.
	Indexed bool
	// Base is the address of the site, for what other sites show of an indexed page.
	Base string
	// Theme is one of Themes; Here is the address of the page, to come back to after choosing another.
	Theme, Here string
	// Looking is what the page says while an administrator looks at the account of User, or nil.
	Looking *Looking
	// OtherUser says that the page around this fragment was drawn for another user, so the links at its top change as
	// well.
	OtherUser bool
	// Contacts are links of whoever runs the site.
	Contacts Contacts
	// Flash is said once, on the page after the one that caused it.
	Flash string
	// Links are the product's own that the user may follow, beside the site's name; nil where the product has none.
	Links []Link
	// AccountLinks are further entries in the navigation of the account pages.
	AccountLinks []Link
	// Times is how the page says moments.
	Times Times
}

// Link is an entry in a navigation. Current marks the page that is shown.
type Link struct {
	Label, Path string
	Current     bool
}

// Themes that a visitor can choose. Auto follows the system.
const (
	ThemeLight = "light"
	ThemeDark  = "dark"
	ThemeAuto  = "auto"
)

const oneMoreLock = "One more lock."

// sceneLines stand under the gate where its own line would not be true, by the title of the page.
var sceneLines = map[string]string{
	ClosedTitle(false): "The gate is shut for now.",
	ClosedTitle(true):  "The gate opens to an invitation.",
	InboxTitle:         "The post is on its way.",
	ChoosePassword:     "A new key.",
	AccountClosed:      "We left the light on.",
	secureTitle:        "A new lock, and a new key.",
	forgotTitle:        "Keys get lost. We cut new ones.",
	StaleTitle:         "That key no longer turns.",
	codeTitle:          oneMoreLock,
	recoveryTitle:      "The spare key.",
	secondPasskeyTitle: oneMoreLock,
	firstPasskeyTitle:  "A key of your own.",
}

// Themes in the order in which they are offered.
var Themes = []string{ThemeLight, ThemeDark, ThemeAuto}

var themeLabels = map[string]string{ThemeLight: "Light", ThemeDark: "Dark", ThemeAuto: "Auto"}

func (p Page) chosen(theme string) string {
	return strconv.FormatBool(theme == p.Theme)
}

// Heading is the document's title.
func (p Page) Heading() string {
	title := p.Title + " · " + p.Site
	if p.Title == "" {
		title = p.Site
	}
	if p.Refused {
		return fmt.Sprintf("Error: %s", title)
	}
	return title
}

// Description is what search engines show.
func (p Page) Description() string {
	if p.Open {
		return fmt.Sprintf("Sign in to %s, or create an account.", p.Site)
	}
	return fmt.Sprintf("Sign in to %s.", p.Site)
}

// leadsIn says whether the top of the page leads to the account, or to signing in. Entry forms say themselves which
// other way there is, and a second one beside them would lose what was typed.
func (p Page) leadsIn() bool { return p.User != nil || !p.Entry || p.Title == "" }

// choosesTheme says whether the page offers the themes itself, so that its foot need not.
func (p Page) choosesTheme() bool {
	return strings.HasPrefix(p.Here, "/account/profile") && p.Looking == nil
}

// administers says whether an administrator sees the page, whatever else it is.
func (p Page) administers() bool {
	return p.Looking != nil || p.Admin != "" && (p.Here == string(p.Admin) || strings.HasPrefix(p.Here, string(p.Admin)+"/"))
}

// asksToVerify says whether the page reminds the user to verify their address.
func (p Page) asksToVerify() bool {
	return p.Mails && !p.Reminds && p.User != nil && !p.User.Verified() && p.Here != "/email/verify"
}

// htmxConfig turns off what is not used: history snapshots, inline style, and swaps of anything but an accepted, a
// refused or a throttled form. The timeout, in milliseconds, is longer than the server takes for any answer. When it
// passes, the connection is broken.
const htmxConfig = `{"history":false,"noSwap":[204,304,400,401,403,404,405,413,415,421,"5xx"],"defaultTimeout":30000,"includeIndicatorCSS":false}`
