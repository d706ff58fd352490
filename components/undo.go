package components

// NewFactorsUndoForm states the form that undoes the first factor of an account.
func NewFactorsUndoForm() *Form {
	return &Form{ID: "factors-undo", Action: "/factors/undo", Title: "Take your account back?", Submit: "Take it back"}
}
