package components

import "time"

func closingStates() []State {
	return []State{
		closingState("closing", sampleGrace, func(*ClosingForm) {}),
		closingState("closing-at-once", 0, func(*ClosingForm) {}),
		closingState("closing-refused", sampleGrace, func(f *ClosingForm) {
			f.Username.Value = "adam"
			f.Check()
		}),
	}
}

func closingState(name string, reopen time.Duration, change func(f *ClosingForm)) State {
	f := NewClosingForm(sampleUser)
	change(f)
	return State{name, formPage(memberPage(sampleUser, ""), &f.Form), Closing(f, reopen)}
}

func reopeningStates() []State {
	closed := sampleUser
	closed.ClosedAt = sampleTime
	return []State{{"reopening", visitorPage(AccountClosed), Reopening(closed, sampleTime.Add(sampleGrace), "0123456789abcdef")}}
}
