package components

func preferencesStates() []State {
	choices := []LetterChoice{{"product-weekly", "What you read this week"}, {"product-lent", "Books that somebody lends you"}}
	form := func(wanted bool) *PreferencesForm {
		return NewPreferencesForm(choices, func(kind string) bool { return !wanted && kind == choices[0].Kind })
	}
	page := func(title string) Page {
		p := memberPage(verified(sampleUser), title)
		p.AccountLinks = []Link{{Path: "/account/preferences", Label: title}}
		return p
	}
	title, bare := form(true).Title, framed(Page{Bare: true}, UnsubscribeTitle)
	return []State{
		{"preferences", page(title), Preferences(form(true), false)},
		{"preferences-some", page(title), Preferences(form(false), false)},
		{"preferences-unverified", page(title), Preferences(form(true), true)},
		{"unsubscribe", bare, Unsubscribe("/unsubscribe/TOKEN", choices[0].Label)},
		{"unsubscribed", bare, Unsubscribed(choices[0].Label)},
		{"unsubscribe-stale", bare, CannotUnsubscribe()},
	}
}
