package components

import "strings"

func problemStates() []State {
	var states []State
	for _, p := range Problems {
		name := "problem-" + strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(p.Title), " ", "-"), "'", "")
		states = append(states, problemState(name, p, memberPage(sampleUser, p.Title)))
	}
	again, helped := visitorPage(Fault.Title), visitorPage(Busy.Title)
	again.Entry, helped.Entry, again.Here, helped.Here = false, false, "/login", "/login"
	helped.Contacts = sampleContacts
	stranger := visitorPage(NotFound.Title)
	stranger.Entry = false
	return append(states,
		problemState("problem-bare", CrossSite, framed(Page{Bare: true}, CrossSite.Title)),
		problemState("problem-stranger", NotFound, stranger),
		problemState("problem-again", Fault, again),
		problemState("problem-help", Busy, helped),
		problemState("problem-forbidden-help", Forbidden, contacted(memberPage(sampleUser, Forbidden.Title))),
	)
}

func problemState(name string, p Problem, page Page) State {
	return State{name, page, ProblemPage(p, page, "MZFRJZCRKEFYBPTR")}
}
