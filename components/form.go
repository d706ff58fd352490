// Package components draws the pages: forms beside their markup, the page
// around a body, and every state they can be in. Everything a component needs
// is a parameter.
package components

import (
	"cmp"
	"net/url"
	"strings"

	"gatehouse/store/rules"
)

// Field states one input once: it is checked, filled and drawn from here.
type Field struct {
	// Name is the form name, and the id of the input.
	Name string
	// Label and Hint stand above the input. Autocomplete is its token of the
	// HTML standard; Type its HTML type.
	Label, Hint, Type, Autocomplete string
	// Optional fields may stay empty.
	Optional bool
	// Live fields are checked while the person types. The check sends the
	// field itself and, in this list of names, what its rule looks at beside
	// it; never the rest of the form.
	Live bool
	With []string

	// Value is what was typed. It is drawn again, unless Type is password.
	Value string
	// Refusal is the sentence that says what is wrong, Praise one that says
	// what is well, Note one that says neither. At most one is set.
	Refusal, Praise, Note string

	// rule refuses a value; praise, where set, comments on an accepted one.
	rule   func(value string) error
	praise func(value string) string
}

// Nobody stands in a form that was drawn for nobody in particular and acts for no
// one who is signed in.
const Nobody = "nobody"

// Form is what all forms share. The types of single forms embed it and name
// their fields.
type Form struct {
	// ID is the id of the form element, Action the address it posts to, with
	// and without script.
	ID, Action string
	// Title heads the page; Submit labels the button.
	Title, Submit string
	// Next is the page to go to afterwards, or empty.
	Next string
	// Account and Link say whom the form acts for: the FormID of the person it is
	// drawn for, or the digest of the link that its page is about. A form that is
	// sent for anybody else is refused.
	Account, Link string
	// ForUsername is the username that a form with passwords is about, for password
	// managers, where no field asks for it.
	ForUsername string
	// Danger marks a form whose effect is hard to undo.
	Danger bool
	// Problem is a refusal that no single field explains.
	Problem string
	// Fields in the order they are drawn.
	Fields []*Field
}

// Fill takes over what was sent. Names that the form does not state are
// ignored, so nothing can be assigned that no input exists for.
func (f *Form) Fill(values url.Values) {
	for _, field := range f.Fields {
		field.Value = values.Get(field.Name)
	}
	f.Next = values.Get("next")
}

// Check applies every rule and says whether none refused.
func (f *Form) Check() bool {
	for _, field := range f.Fields {
		field.Check()
	}
	return !f.IsRefused()
}

// Field returns the field with that name, or nil.
func (f *Form) Field(name string) *Field {
	for _, field := range f.Fields {
		if field.Name == name {
			return field
		}
	}
	return nil
}

// TakeRefusal takes over a refusal from the store, at its field or for the whole
// form, and says whether err was one.
func (f *Form) TakeRefusal(err error) bool {
	refusal, ok := rules.AsRefusal(err)
	if !ok {
		return false
	}
	if field := f.Field(refusal.Field); field != nil {
		field.Refusal, field.Praise = refusal.Sentence, ""
	} else {
		f.Problem = refusal.Sentence
	}
	return true
}

// IsRefused says whether anything is wrong with the form as it stands.
func (f *Form) IsRefused() bool {
	if f.Problem != "" {
		return true
	}
	for _, field := range f.Fields {
		if field.Refusal != "" {
			return true
		}
	}
	return false
}

// padded is the field with something invisible at its ends, or nil. Its person is
// told: it may be why they cannot see what is wrong.
func (f *Form) padded() *Field {
	for _, field := range f.Fields {
		if (field.Name == "username" || field.Name == "email") && rules.Padded(field.Value) {
			return field
		}
	}
	return nil
}

// Check applies the rule of the field and says whether it was accepted.
func (f *Field) Check() bool {
	f.Refusal, f.Praise, f.Note = "", "", ""
	if f.rule == nil || f.Optional && f.Value == "" {
		return true
	}
	if err := f.rule(f.Value); err != nil {
		f.Refusal = err.Error()
		return false
	}
	return true
}

// CheckLive is the check while the person types: an empty field is left in
// peace, and an accepted value may be praised.
func (f *Field) CheckLive() bool {
	if f.Value == "" {
		return false
	}
	accepted := f.Check()
	if accepted && f.praise != nil {
		f.Praise = f.praise(f.Value)
	}
	return accepted
}

// CheckLater says that the field is not checked before the form is sent.
func (f *Field) CheckLater() { f.Note = "We will check this when you send the form." }

// required is the rule of a field that only must not be empty.
func required(sentence string) func(string) error {
	return func(value string) error {
		if strings.TrimSpace(value) == "" {
			return rules.Refusal{Sentence: sentence}
		}
		return nil
	}
}

// checked says whether a checkbox was ticked.
func (f *Field) checked() bool { return f.Value == "on" }

// message is what is said about the field as it stands.
func (f *Field) message() string { return cmp.Or(f.Refusal, f.Praise, f.Note) }

// described lists the ids of what is said about the input.
func (s fieldShape) described() string {
	ids := s.name + "-message"
	if s.hinted {
		ids = s.name + "-hint " + ids
	}
	return ids
}

// returns says whether the form leads anywhere but the front page.
func (f *Form) returns() bool { return f.Next != "" && f.Next != "/" }

// WithNext adds the page to return to to the address of the other entry form.
func (f *Form) WithNext(path string) string {
	if !f.returns() {
		return path
	}
	return path + "?" + url.Values{"next": {f.Next}}.Encode()
}

// problemAnchor is where the summary links for a problem of the whole form.
func (f *Form) problemAnchor() string {
	if len(f.Fields) == 0 {
		return "#" + f.ID
	}
	return "#" + f.Fields[0].Name
}
