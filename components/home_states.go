package components

import (
	"fmt"

	"gatehouse/store"
)

func homeStates() []State {
	welcome, back := homeOf(sampleUser), homeOf(sampleLong)
	welcome.Flash = "Welcome, Ada Lovelace. Your account is ready."
	back.Flash = fmt.Sprintf("Welcome back, %s.", sampleLong.Name)
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
	}
}

func homeOf(user store.User) Page { return framed(Page{Entry: true, User: &user}, "") }

func homeState(name string, p Page) State { return State{name, p, Home(p)} }
