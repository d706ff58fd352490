// Package components draws the pages: forms beside their markup, the page around a body, and every state they can be
// in. Everything a component needs is a parameter.
package components

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"gatehouse/store/rules"
)

// Nobody is the Account of a form that acts for no user.
const Nobody = "nobody"

// Form is what all forms share. The types of single forms embed it and name their fields.
type Form struct {
	// ID is the id of the form element, Action the address it posts to, with and without script.
	ID, Action string
	// Title heads the page; Submit labels the button, and Busy does while the form is on its way, such as "Saving…".
	Title, Submit, Busy string
	// Next is the page to go to afterwards, or empty.
	Next string
	// Account and Link say whom the form acts for: the FormID of the person it is drawn for, or the digest of the link
	// that its page is about. A form that is sent for anybody else is refused.
	Account, Link string
	// Ticket names the unfinished sign-in that the form continues, or is empty.
	Ticket string
	// ForUsername is the username that a form with passwords is about, for password managers, where no field asks for
	// it.
	ForUsername string
	// Focus puts the cursor into the first empty field when the page opens. It is for pages that are their form alone.
	Focus bool
	// Passkey makes it a form that a passkey answers: "create" or "get", as the browser calls what site.js then asks it
	// for. It is empty for every other form. Autofill has the browser name the passkeys there are in the field for the
	// username.
	Passkey  string
	Autofill bool
	// Taken are the names of checkboxes of the form beside it, whose state it takes along.
	Taken []string
	// Beside says that another form of the page is the first choice.
	Beside bool
	// Without labels a second button, which sends the form without a password. It is empty for most forms.
	Without string
	// Danger marks a form whose effect is hard to undo.
	Danger bool
	// Problem is a refusal that no single field explains. Ways lead on from it.
	Problem string
	Ways    []Link
	// Fields in the order they are drawn.
	Fields []*Field
}

// Fill takes over what was sent. Names that the form does not state are ignored, so nothing can be assigned that no
// input exists for.
func (f *Form) Fill(values url.Values) {
	for _, field := range f.Fields {
		field.take(values.Get(field.Name))
	}
	f.Next = values.Get("next")
}

// TakeWithout takes over that the person wants no password, where the form offers that.
func (f *Form) TakeWithout(sent url.Values, password *Field) (without bool) {
	if f.Without == "" || sent.Get("without") != "password" {
		return false
	}
	password.Value, password.Rule = "", nil
	return true
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

// TakeRefusal takes over a refusal from the store, at its field or for the whole form, and says whether err was one.
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

// padded is a field with something invisible at its ends, or nil. The summary names it, because people cannot see what
// is wrong.
func (f *Form) padded() *Field {
	for _, field := range f.Fields {
		if (field.Name == "username" || field.Name == "email") && rules.Padded(field.Value) {
			return field
		}
	}
	return nil
}

// mistake is one thing that is wrong with a form, with the link to where it is mended and the ways that lead on.
type mistake struct {
	Link
	ways []Link
}

// wrong lists what is wrong with the form.
func (f *Form) wrong() (list []mistake) {
	if !f.IsRefused() {
		return nil
	}
	if f.Problem != "" {
		list = append(list, mistake{Link{Label: f.Problem, Path: f.problemAnchor()}, f.Ways})
	}
	if field := f.padded(); field != nil {
		sentence := fmt.Sprintf("%s: an invisible character was pasted with it and left out.", field.Label)
		list = append(list, mistake{Link: Link{Label: sentence, Path: "#" + field.Name}})
	}
	for _, field := range f.Fields {
		if field.Refusal != "" {
			list = append(list, mistake{Link{Label: field.Refusal, Path: "#" + field.Name}, field.Ways})
		}
	}
	return list
}

// What buttons of several forms say while the form is on its way.
const (
	creating = "Creating your account…"
	saving   = "Saving…"
	checking = "Checking…"
	waiting  = "Waiting…"

	usePasskey      = "Use a passkey"
	createAPasskey  = "Create a passkey"
	withoutPassword = "Continue without a password"
	sending         = "Sending…"
)

// busy is what the button says while the form is on its way.
func (f *Form) busy() string { return cmp.Or(f.Busy, "One moment…") }

// buttonClass tells the style sheet what the button is.
func (f *Form) buttonClass() string {
	switch {
	case f.Danger:
		return "btn btn-danger submit"
	case f.Beside:
		return "btn btn-outline-secondary submit"
	}
	return "btn btn-primary submit"
}

// begins says whether the cursor is in the field when the page opens. A refused form has it in its summary.
func (f *Form) begins(field *Field) bool {
	if !f.Focus || field.Value != "" || field.Type == "checkbox" || f.IsRefused() {
		return false
	}
	for _, other := range f.Fields {
		if other.Value == "" {
			return other == field
		}
	}
	return false
}

// ends says whether the field is the last into which something is typed, so that Enter is the end of it.
func (f *Form) ends(field *Field) bool {
	for _, other := range slices.Backward(f.Fields) {
		if other.Type != "checkbox" {
			return other == field
		}
	}
	return false
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
