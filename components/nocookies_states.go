package components

func noCookiesStates() []State {
	return []State{{"no-cookies", visitorPage(CookielessTitle), NoCookies(CookiesToSignIn)}}
}
