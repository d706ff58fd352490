package components

func noCookiesStates() []State {
	return []State{{"no-cookies", visitorPage("Your browser keeps no cookies"), NoCookies("Allow cookies for this site, then sign in again.")}}
}
