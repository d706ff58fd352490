package components

import (
	"github.com/a-h/templ"

	"gatehouse/store"
)

// What the gallery shows of the administration, and who looks.
const (
	sampleRoot   = AdminRoot("/admin")
	everything   = ^store.Permission(0)
	ofSupporters = store.SeePeople | store.HelpPeople
)

// adminState is a page of the administration for somebody who may do that. below is its address below the root.
func adminState(name, title, below string, may store.Permission, body templ.Component) State {
	page := memberPage(verified(sampleUser), title)
	page.Admin, page.May, page.Here = sampleRoot, may, string(sampleRoot)+below
	return State{name, page, body}
}
