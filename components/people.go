package components

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"gatehouse/store"
	"gatehouse/store/rules"
)

// PeopleTitle heads the list of people.
const PeopleTitle = "People"

// PeoplePage is one page of a list of people, or of what a search found.
type PeoplePage struct {
	// Show says which list it is, People who is on this page of it.
	Show   store.Show
	People []store.User
	// More says that the list goes on, Later that this is not its first page.
	More, Later bool
	// Query is what was searched for, as it arrived, or empty, and Found what that found.
	Query string
	Found []store.Found
	// By says that the page lists all that one kind of beginnings found, and Next where its next page begins.
	By   store.By
	Next store.Mark
	// Mails says whether the site sends mail, so that people can confirm their addresses.
	Mails bool
	// Me is the number of whoever looks.
	Me int64
}

// peopleFilter is a list of people, with what its link says and what it says where nobody is on it.
type peopleFilter struct {
	show         store.Show
	label, empty string
}

var peopleFilters = []peopleFilter{
	{store.ShowAll, "Everybody", "There's nobody else."},
	{store.ShowStaff, "Staff", "There's no staff."},
	{store.ShowDisabled, "Disabled", "Nobody is disabled."},
	{store.ShowClosed, "Closed", "Nobody has closed their account."},
	{store.ShowUnconfirmed, "Not confirmed", "Everybody has confirmed their address."},
}

// filters are the lists that the page leads to.
func (p PeoplePage) filters() []peopleFilter {
	return slices.DeleteFunc(slices.Clone(peopleFilters), func(f peopleFilter) bool {
		return f.show == store.ShowUnconfirmed && !p.Mails && p.Show != f.show
	})
}

// path is where the list begins.
func (f peopleFilter) path(root AdminRoot) string {
	if f.show == store.ShowAll {
		return root.People()
	}
	return root.Shows(string(f.show))
}

// current is the list of the page.
func (p PeoplePage) current() peopleFilter {
	i := slices.IndexFunc(peopleFilters, func(f peopleFilter) bool { return f.show == p.Show })
	return peopleFilters[max(i, 0)]
}

// is says whether the page is of that list.
func (p PeoplePage) is(f peopleFilter) bool { return p.Query == "" && p.Show == f.show }

// alone says that there is nobody but whoever looks.
func (p PeoplePage) alone() bool {
	return p.Query == "" && p.Show == store.ShowAll && !p.Later && len(p.People) == 1 && p.People[0].ID == p.Me
}

// shown says how many people the page shows, or why there are none.
func (p PeoplePage) shown() string {
	n := len(p.People)
	for _, f := range p.Found {
		n += len(f.People)
	}
	switch {
	case n == 1:
		return "1 person is shown."
	case n > 1:
		return fmt.Sprintf("%d people are shown.", n)
	case p.Later:
		return "There's nobody further down."
	case p.Query != "":
		return "Nobody found. The search looks at how usernames, addresses, names and surnames begin."
	}
	return p.current().empty
}

// older is the address of the next page of a list.
func (p PeoplePage) older(root AdminRoot) string {
	query := url.Values{"before": {strconv.FormatInt(p.People[len(p.People)-1].ID, 10)}}
	if p.Show != store.ShowAll {
		query.Set("show", string(p.Show))
	}
	return root.People() + "?" + query.Encode()
}

// all is the address of all that one kind of beginnings found.
func (p PeoplePage) all(root AdminRoot, by store.By) string {
	return root.People() + "?" + url.Values{"q": {p.Query}, "by": {string(by)}}.Encode()
}

// next is the address of the next page of them.
func (p PeoplePage) next(root AdminRoot) string {
	after := url.Values{"after": {p.Next.Key}, "id": {strconv.FormatInt(p.Next.ID, 10)}}
	return p.all(root, p.By) + "&" + after.Encode()
}

// search is the address of the search itself.
func (p PeoplePage) search(root AdminRoot) string {
	return root.People() + "?" + url.Values{"q": {p.Query}}.Encode()
}

var foundHeadings = map[store.By]string{
	store.ByNumber: "Number", store.ByUsername: "Usernames", store.ByEmail: "Email addresses", store.ByName: "Names", store.BySurname: "Surnames",
}

var allThatBegin = map[store.By]string{
	store.ByUsername: "All usernames that begin with “%s”",
	store.ByEmail:    "All email addresses that begin with “%s”",
	store.ByName:     "All names that begin with “%s”",
	store.BySurname:  "All surnames that begin with “%s”",
}

// allBy names all that one kind of beginnings found.
func (p PeoplePage) allBy(by store.By) string { return fmt.Sprintf(allThatBegin[by], p.typed()) }

// typed is what was searched for as it can be shown.
func (p PeoplePage) typed() string { return rules.Shorten(p.Query, rules.SearchMax) }

// tags say in a word each what is special about an account.
func (p PeoplePage) tags(user store.User) (tags []string) {
	if user.Role != "" {
		tags = append(tags, user.TheRole().Called())
	}
	if user.Disabled() {
		tags = append(tags, "Disabled")
	}
	if user.Closed() {
		tags = append(tags, "Closed")
	}
	if p.Mails && !user.Verified() {
		tags = append(tags, "Not confirmed")
	}
	return tags
}
