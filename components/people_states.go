package components

import (
	"strings"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func peopleStates() []State {
	list := samplePeople()
	many := PeoplePage{Mails: true, More: true}
	for len(many.People) < store.PeoplePerPage {
		many.People = append(many.People, list[len(many.People)%len(list)])
	}
	for i := range many.People {
		many.People[i].ID = int64(store.PeoplePerPage - i)
	}
	later := many
	later.Later, later.Show = true, store.ShowDisabled
	found := PeoplePage{Query: "gra", Mails: true, Found: []store.Found{
		{By: store.ByUsername, People: list[:2], More: true},
		{By: store.ByEmail, People: list[2:3]},
		{By: store.ByName, People: list[3:4], More: true},
		{By: store.BySurname, People: list[4:]},
	}}
	number := PeoplePage{Query: "2", Found: []store.Found{{By: store.ByNumber, People: list[1:2]}}}
	all := PeoplePage{Query: strings.Repeat("w", rules.UsernameMax), By: store.ByUsername, People: list, Later: true, Next: store.Mark{Key: "w", ID: 2}, Mails: true}
	return []State{
		adminState("people-alone", PeopleTitle, "/people", everything, People(PeoplePage{People: list[:1], Me: list[0].ID})),
		adminState("people-alone-support", PeopleTitle, "/people", ofSupporters, People(PeoplePage{People: list[:1], Me: list[0].ID})),
		adminState("people", PeopleTitle, "/people", everything, People(many)),
		adminState("people-later", PeopleTitle, "/people", everything, People(later)),
		adminState("people-none", PeopleTitle, "/people", everything, People(PeoplePage{Show: store.ShowClosed})),
		adminState("people-further", PeopleTitle, "/people", everything, People(PeoplePage{Later: true})),
		adminState("people-found", PeopleTitle, "/people", everything, People(found)),
		adminState("people-number", PeopleTitle, "/people", everything, People(number)),
		adminState("people-found-all", PeopleTitle, "/people", everything, People(all)),
		adminState("people-nobody", PeopleTitle, "/people", everything, People(PeoplePage{Query: strings.Repeat("W", rules.SearchMax)})),
	}
}

// samplePeople are people of every kind, one with the longest of everything.
func samplePeople() []store.User {
	list := []store.User{verified(sampleUser), sampleLong, {Username: "grace", Email: "grace@example.com"}, {Username: "graham", Email: "gh@example.com", Name: "Graham Hill"}, {Username: "hopper", Email: "h@example.com", Name: "Hopper, Grace"}}
	list[0].Role, list[1].Role, list[3].Role = store.RoleAdmin, "editor-of-last-year", "support"
	list[1].DisabledAt, list[1].ClosedAt, list[2].ClosedAt, list[3].DisabledAt = sampleTime, sampleTime, sampleTime, sampleTime
	for i := range list {
		list[i].ID = int64(i + 1)
	}
	return list
}
