package components

func factorsUndoStates() []State {
	return []State{
		factorsUndoState("undo-factors", sampleUser.Email, true, func(*Form) {}),
		factorsUndoState("undo-factors-long", sampleLong.Email, true, func(*Form) {}),
		factorsUndoState("undo-factors-moved", sampleLong.Email, false, func(*Form) {}),
		factorsUndoState("undo-factors-unlinked", "", true, func(f *Form) { f.Problem = UnknownLink }),
	}
}

func factorsUndoState(name, email string, holds bool, change func(f *Form)) State {
	f := NewFactorsUndoForm()
	change(f)
	return State{name, formPage(visitorPage(""), f), UndoFactors(f, email, holds)}
}
