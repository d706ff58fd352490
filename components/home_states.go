package components

import (
	"gatehouse/store"
)

func homeStates() []State {
	welcome, back := homeOf(sampleUser), homeOf(sampleLong)
	welcome.Flash = Welcome(sampleUser)
	back.Flash = WelcomeBack(sampleLong)
	unverified := homeOf(sampleUser)
	unverified.Mails = true
	product := homeOf(sampleUser)
	product.Links = []Link{{Label: "Books", Path: "/books", Current: true}, {Label: "Reading club", Path: "/club"}, {Label: "Help", Path: "/help"}}
	return []State{
		homeState("home-anonymous", entryPage("")),
		homeState("home-closed", framed(Page{Entry: true, Indexed: true}, "")),
		homeState("home-signed-in", homeOf(sampleUser)),
		homeState("home-welcome", welcome),
		homeState("home-long-name", back),
		homeState("home-unconfirmed", unverified),
		homeState("home-product-links", product),
		homeTasks(),
	}
}

func homeOf(user store.User) Page { return framed(Page{Entry: true, User: &user}, "") }

func homeState(name string, p Page) State {
	p.Reminds = true
	return State{name, p, Home(p, Hall{Devices: 1})}
}

// homeTasks is the hall of somebody who has everything yet to do, on a developer's machine.
func homeTasks() State {
	user := sampleUser
	user.Name = ""
	p := homeOf(user)
	p.Mails, p.Reminds = true, true
	return State{"home-tasks", p, Home(p, Hall{Devices: 3, Local: true})}
}
