package components

import (
	"cmp"
	"slices"
	"strings"

	"gatehouse/store/rules"
)

// Field states one input once: it is checked, filled and drawn from here.
type Field struct {
	// Name is the form name, and the id of the input. Of a group of radio buttons it is the id of the first.
	Name string
	// Label and Hint stand above the input. Where HintName is set, %s in the hint is that name, drawn as one.
	Label, Hint, HintName string
	// Type is checkbox, radio, select, textarea, number, or another type of the HTML input: text, email, password,
	// date. A number is drawn as text with the keys for numbers, so that what was typed stays even if it is none.
	Type string
	// Autocomplete is the token of the HTML standard. Without one the browser guesses.
	Autocomplete string
	// InputMode asks the keyboard of a telephone for certain keys, such as email for an @.
	InputMode string
	// MinLength tells password managers how long a new password has to be.
	MinLength int
	// Options are what a select or a group of radio buttons offers, in this order.
	Options []Option
	// Prose is text of a language: a browser may spell-check it and begin it with a capital letter.
	Prose bool
	// Optional fields may stay empty.
	Optional bool
	// Live fields are checked while the person types or when they choose; a checkbox is never live. The check sends the
	// field itself and, in this list of names, what its rule looks at beside it; never the rest of the form.
	Live bool
	With []string

	// Value is what was typed or chosen; of a ticked checkbox it is "on". It is drawn again, unless Type is password.
	Value string
	// Refusal is the sentence that says what is wrong, Praise one that says what is well, Note one that says neither.
	// At most one is set. It stands in the place of the hint.
	Refusal, Praise, Note string
	// Ways lead on from a refusal, as to the sign-in page.
	Ways []Link
	// Strength is how far a password has come while it is typed, 1 to 4, and 0 where nothing is said about that.
	Strength int

	// Rule refuses a value with an error whose text is the sentence to show. It is not asked about an optional field
	// that is empty. Without a rule every value is accepted that the field can have.
	Rule func(value string) error
	// PraiseFor says what is well about an accepted value, while the person types. It may be nil, and may say nothing.
	PraiseFor func(value string) string
	// StrengthOf says how far a password has come, 1 to 4; accepted says whether the rule took it. It may be nil.
	StrengthOf func(value string, accepted bool) int
}

// Option is one of those that a field offers. Value is what is sent.
type Option struct{ Value, Label string }

// take fills the field with what was sent. Browsers send the lines of a text with CR LF, scripts with LF: rules see LF.
func (f *Field) take(value string) {
	if f.Type == "textarea" {
		value = strings.ReplaceAll(value, "\r\n", "\n")
	}
	f.Value = value
}

// Check applies the rule of the field and says whether it was accepted.
func (f *Field) Check() bool {
	f.Refusal, f.Praise, f.Note, f.Strength = "", "", "", 0
	f.Ways = nil
	if f.Optional && f.Value == "" {
		return true
	}
	err := f.checkOffered()
	if err == nil && f.Rule != nil {
		err = f.Rule(f.Value)
	}
	if err != nil {
		f.Refusal = err.Error()
	}
	return err == nil
}

// checkOffered refuses a value that the field does not offer: a form can be sent with any.
func (f *Field) checkOffered() error {
	chosen := func(o Option) bool { return o.Value == f.Value }
	if f.offers() && !slices.ContainsFunc(f.Options, chosen) {
		return rules.NotOffered(f.Name)
	}
	return nil
}

// offers says whether the field is one of which an option is chosen.
func (f *Field) offers() bool { return f.Type == "select" || f.Type == "radio" }

// CheckLive is the check while the person types: an empty field is left alone, and an accepted value may be praised.
func (f *Field) CheckLive() bool {
	if f.Value == "" {
		return false
	}
	accepted := f.Check()
	if accepted && f.PraiseFor != nil {
		f.Praise = f.PraiseFor(f.Value)
	}
	if f.StrengthOf != nil {
		f.Strength = f.StrengthOf(f.Value, accepted)
	}
	return accepted
}

// CheckLater says that the field is not checked before the form is sent.
func (f *Field) CheckLater() { f.Note = "We'll check this when you send the form." }

// required is the rule of a field that only must not be empty.
func required(sentence string) func(string) error {
	return func(value string) error {
		if strings.TrimSpace(value) == "" {
			return rules.Refuse("", sentence)
		}
		return nil
	}
}

// checked says whether a checkbox was ticked.
func (f *Field) checked() bool { return f.Value == "on" }

// message is what is said about the field as it stands.
func (f *Field) message() string { return cmp.Or(f.Refusal, f.Praise, f.Note) }
