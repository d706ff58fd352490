package components

import (
	"context"
	"slices"
	"strconv"

	"gatehouse/store"
)

// AdminRoot is the address below which the administration is, such as /admin.
type AdminRoot string

// Overview is the address of the first page.
func (a AdminRoot) Overview() string { return string(a) }

// People is the address of the list of people.
func (a AdminRoot) People() string { return string(a) + "/people" }

// Shows is the address of the list of those people alone, such as those who are "disabled".
func (a AdminRoot) Shows(show string) string { return a.People() + "?show=" + show }

// Person is the address of the page of one person, or of what is below it, such as "/disable".
func (a AdminRoot) Person(id int64, below string) string {
	return a.People() + "/" + strconv.FormatInt(id, 10) + below
}

// Invitations is the address of the list of invitations.
func (a AdminRoot) Invitations() string { return string(a) + "/invitations" }

// Activity is the address of what everybody did.
func (a AdminRoot) Activity() string { return string(a) + "/activity" }

// Audit is the address of what administrators and the operator did.
func (a AdminRoot) Audit() string { return string(a) + "/audit" }

// adminRoot is where the administration is, on a page of it.
func adminRoot(ctx context.Context) AdminRoot { return frameOf(ctx).admin }

// adminLink is an entry in the navigation of the administration, for whoever may do that.
type adminLink struct {
	Link
	may store.Permission
}

// adminLinks are the pages that whoever looks may open, in the order of the navigation.
func adminLinks(ctx context.Context) []adminLink {
	root := adminRoot(ctx)
	links := []adminLink{
		{Link{Label: "Overview", Path: root.Overview()}, store.SeePeople},
		{Link{Label: "People", Path: root.People()}, store.SeePeople},
		{Link{Label: "Invitations", Path: root.Invitations()}, store.ManagePeople},
		{Link{Label: "Activity", Path: root.Activity()}, store.SeeActivity},
		{Link{Label: "Audit", Path: root.Audit()}, store.SeeActivity},
	}
	return slices.DeleteFunc(links, func(l adminLink) bool { return !May(ctx, l.may) })
}
