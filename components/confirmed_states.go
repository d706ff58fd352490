package components

func confirmedStates() []State {
	user, long := verified(sampleUser), verified(sampleLong)
	const title = ConfirmedTitle
	return []State{
		{"already-confirmed", memberPage(user, title), AlreadyConfirmed(user)},
		{"already-confirmed-long", memberPage(long, title), AlreadyConfirmed(long)},
	}
}
