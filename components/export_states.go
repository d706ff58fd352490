package components

func exportStates() []State {
	return []State{{"data", memberPage(sampleUser, "Your data"), Export()}}
}
