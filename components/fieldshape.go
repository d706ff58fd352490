package components

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/a-h/templ"
)

// fieldShape is everything that the template of a field draws from. What differs from one person to the next is no part
// of it: the template leaves a slot there. A shape is therefore drawn once and cached, and a field is its markup with the
// slots filled. BenchmarkField compares the two ways.
type fieldShape struct {
	name, kind, autocomplete, with  string
	inputMode, minLength, strength  string
	optional, live, checked         bool
	prose, hinted, refused, praised bool
	focused, last                   bool
}

// shape is the part of a field of a form that its template draws from.
func (f *Field) shape(form *Form) fieldShape {
	return fieldShape{
		name: f.Name, kind: f.Type, autocomplete: f.Autocomplete, with: strings.Join(f.With, " "),
		optional: f.Optional, live: f.Live, checked: f.Type == "checkbox" && f.checked(),
		prose: f.Prose, hinted: f.Hint != "", refused: f.Refusal != "", praised: f.Praise != "",
		inputMode: f.InputMode, focused: form.begins(f), last: form.ends(f), strength: counted(f.Strength), minLength: counted(f.MinLength),
	}
}

// counted is a number, or nothing for none.
func counted(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// class tells the style sheet what the field is and how it stands.
func (s fieldShape) class() string {
	classes := []string{"field"}
	switch {
	case s.kind == "checkbox":
		classes = append(classes, "field-check")
	case !s.hinted:
		classes = append(classes, "field-bare")
	}
	switch {
	case s.refused:
		classes = append(classes, "field-refused")
	case s.praised:
		classes = append(classes, "field-fine")
	}
	if s.strength != "" {
		classes = append(classes, "strength-"+s.strength)
	}
	return strings.Join(classes, " ")
}

// described lists the ids of what is said about the input.
func (s fieldShape) described() string {
	var ids []string
	if s.hinted {
		ids = append(ids, s.name+"-hint")
	}
	if s.kind != "checkbox" || s.refused {
		ids = append(ids, s.name+"-message")
	}
	return strings.Join(ids, " ")
}

// attributes are those of an input, a textarea or a select.
func (s fieldShape) attributes() templ.OrderedAttributes {
	list := attributes("class", "form-control", "id", s.name, "name", s.name)
	list = append(list, s.typeAttributes()...)
	if s.autocomplete != "" {
		list = append(list, attributes("autocomplete", s.autocomplete)...)
	}
	list = append(list, attributes("aria-describedby", s.described())...)
	if s.hasValueAttribute() {
		list = append(list, attributes("value", valueSlot)...)
	}
	if !s.optional {
		list = append(list, attributes("required", true)...)
	}
	if s.refused {
		list = append(list, attributes("aria-invalid", "true")...)
	}
	if s.isTyped() && !s.prose {
		list = append(list, attributes("autocapitalize", "none", "autocorrect", "off", "spellcheck", "false")...)
	}
	list = append(list, s.keyboardAttributes()...)
	if s.focused {
		list = append(list, attributes("autofocus", true)...)
	}
	if s.live {
		list = append(list, s.liveAttributes(actionSlot)...)
	}
	return list
}

func (s fieldShape) typeAttributes() templ.OrderedAttributes {
	switch s.kind {
	case "select":
		return nil
	case "textarea":
		return attributes("rows", "5")
	case "number":
		return attributes("type", "text", "inputmode", "decimal")
	}
	return attributes("type", s.kind)
}

// keyboardAttributes are for what fills the field: the keyboard of a telephone, or a password manager.
func (s fieldShape) keyboardAttributes() (list templ.OrderedAttributes) {
	if s.inputMode != "" {
		list = append(list, attributes("inputmode", s.inputMode)...)
	}
	if s.last && s.isTyped() && s.kind != "textarea" {
		list = append(list, attributes("enterkeyhint", "go")...)
	}
	if s.minLength != "" {
		list = append(list, attributes("passwordrules", fmt.Sprintf("minlength: %s;", s.minLength))...)
	}
	return list
}

// hasValueAttribute says whether what was typed stands in an attribute. A password stands nowhere.
func (s fieldShape) hasValueAttribute() bool {
	return s.kind != "password" && s.kind != "textarea" && s.kind != "select"
}

// isTyped says whether letters are typed into it.
func (s fieldShape) isTyped() bool { return s.kind != "select" && s.kind != "date" }

// liveAttributes have htmx check the field by itself; action is the address of its form. All radio buttons of a group
// share one check.
func (s fieldShape) liveAttributes(action string) templ.OrderedAttributes {
	trigger, sync := "change changed, input changed delay:500ms", "this:replace"
	if s.kind == "radio" {
		trigger, sync = "change", "closest .field:replace"
	}
	return attributes(
		"data-check", s.with, "hx-post", action+"/check/"+s.name, "hx-trigger", trigger,
		"hx-target", "closest .field", "hx-swap", "outerMorph", "hx-sync", sync,
	)
}

// attributes takes names and values in turn.
func attributes(pairs ...any) templ.OrderedAttributes {
	var list templ.OrderedAttributes
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, templ.KV(pairs[i].(string), pairs[i+1]))
	}
	return list
}
