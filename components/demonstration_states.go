package components

import (
	"strconv"
	"strings"

	"gatehouse/store/rules"
)

func demonstrationStates() []State {
	return []State{
		demonstrationState("demonstration", nil),
		demonstrationState("demonstration-filled", map[string]string{
			"title": "The Waves", "genre": "novel", "pages": "324", "read": "2026-11-23", "rating": "good", "notes": "\nSix voices.\n\nOne friend.", "lent": "on",
		}),
		demonstrationState("demonstration-praised", map[string]string{"title": "The Waves", "genre": "novel", "rating": "good", "notes": "Six voices."}),
		demonstrationState("demonstration-refused", map[string]string{
			"title": "", "genre": "map", "pages": "many", "read": "", "rating": "", "notes": strings.Repeat("W", 201), "lent": "",
		}),
		demonstrationState("demonstration-long", map[string]string{"title": sampleLong.Name, "genre": sampleLong.Name, "rating": sampleLong.Name}),
	}
}

// demonstrationState shows the form as it answers to what was sent. Praise comes while the person types, refusals when
// the form is sent.
func demonstrationState(name string, sent map[string]string) State {
	f := demonstrationForm()
	for _, field := range f.Fields {
		field.take(sent[field.Name])
		switch {
		case strings.HasSuffix(name, "praised"):
			field.CheckLive()
		case strings.HasSuffix(name, "refused"):
			field.Check()
		}
	}
	return State{name, formPage(memberPage(sampleUser, ""), f), Demonstration(f)}
}

// demonstrationForm states a field of every kind, with options as long as they get.
func demonstrationForm() *Form {
	long := Option{sampleLong.Name, strings.Repeat("W", rules.NameMax)}
	return &Form{ID: "demonstration", Action: "/demonstration", Title: "A field of every kind", Submit: "Save", Fields: []*Field{
		{
			Name: "title", Label: "Title", Type: "text", Autocomplete: "off", Prose: true, Live: true, Hint: "As it stands on the cover.",
			Rule: required("Enter the title."), PraiseFor: sampleComment("A fine title."),
		},
		{
			Name: "genre", Label: "Genre", Type: "select", Autocomplete: "off", Live: true, Hint: "The nearest one.",
			Options: []Option{{"", "Choose one"}, {"novel", "Novel"}, {"poems", "Poems"}, long},
			Rule:    required("Choose a genre."), PraiseFor: sampleComment("We have others of this genre."),
		},
		{Name: "pages", Label: "Pages", Type: "number", Autocomplete: "off", Optional: true, Live: true, Rule: sampleNumber},
		{Name: "read", Label: "Read on", Type: "date", Autocomplete: "off", Live: true, Rule: required("Enter the day on which you finished it.")},
		{
			Name: "rating", Label: "How was it?", Type: "radio", Live: true, Hint: "Only you see it.",
			Options: []Option{{"good", "Good"}, {"fair", "Fair, but I wouldn't read it again"}, long}, PraiseFor: sampleComment("Thank you."),
		},
		{
			Name: "notes", Label: "Notes", Type: "textarea", Autocomplete: "off", Prose: true, Optional: true, Live: true, With: []string{"title"},
			Hint: "At most 200 characters.", Rule: sampleNotes, PraiseFor: sampleComment("Well said."),
		},
		{Name: "lent", Label: "I have permission to show this", Type: "checkbox", Hint: "Ask whoever lent it to you.", Rule: required("Tick the box to go on.")},
	}}
}

func sampleComment(sentence string) func(string) string {
	return func(string) string { return sentence }
}

func sampleNumber(value string) error {
	if _, err := strconv.Atoi(value); err != nil {
		return rules.Refuse("", "Enter a number, such as 324.")
	}
	return nil
}

func sampleNotes(value string) error {
	if len([]rune(value)) > 200 {
		return rules.Refuse("", "Use at most 200 characters.")
	}
	return nil
}
