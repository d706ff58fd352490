package components

import "strings"

func problemStates() []State {
	const request = "MZFRJZCRKEFYBPTR"
	var states []State
	for _, p := range Problems {
		name := "problem-" + strings.ReplaceAll(strings.ToLower(p.Title), " ", "-")
		states = append(states, State{name, memberPage(sampleUser, p.Title), ProblemPage(p, request)})
	}
	return append(states, State{"problem-bare", framed(Page{Bare: true}, CrossSite.Title), ProblemPage(CrossSite, request)})
}
