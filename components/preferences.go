package components

// PreferencesForm says which letters of a product somebody wants.
type PreferencesForm struct{ Form }

// LetterChoice is a kind of letter that people may turn off. Label says what it is.
type LetterChoice struct{ Kind, Label string }

// chooseEmails leads to the page of that form.
const chooseEmails = "Choose which emails you get"

// NewPreferencesForm states a box for each kind. unwanted says whether it is turned off now.
func NewPreferencesForm(choices []LetterChoice, unwanted func(kind string) bool) *PreferencesForm {
	f := &PreferencesForm{Form{ID: "preferences", Action: "/account/preferences", Title: "Email preferences", Submit: "Save", Busy: saving}}
	for _, choice := range choices {
		field := &Field{Name: choice.Kind, Label: choice.Label, Type: "checkbox", Optional: true}
		if !unwanted(choice.Kind) {
			field.Value = "on"
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

// Wants says whether the box of a kind is ticked.
func (f *PreferencesForm) Wants(kind string) bool {
	field := f.Field(kind)
	return field != nil && field.checked()
}
