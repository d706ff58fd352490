package components

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"gatehouse/store"
	"gatehouse/store/rules"
)

func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// uncached draws a field by its template, whatever is in the cache.
func uncached(t *testing.T, form *Form, field *Field) string {
	t.Helper()
	var texts []string
	for slot, fill := range slots {
		var text strings.Builder
		if err := fill(t.Context(), &text, form, field); err != nil {
			t.Fatal(err)
		}
		texts = append(texts, slot, text.String())
	}
	return strings.NewReplacer(texts...).Replace(drawn(t, input(field.shape(form))))
}

func TestFieldsFromTheCacheAreThoseOfTheTemplate(t *testing.T) {
	t.Parallel()
	passwords := &rules.Passwords{Min: 12}
	forms := []*Form{
		&NewLoginForm(true).Form, &NewRegisterForm(passwords, true).Form, &NewPasswordForm(passwords, store.User{Username: "ada"}).Form,
		&NewProfileForm(store.User{Username: "ada"}).Form, &NewClosingForm(store.User{Username: "ada"}).Form,
		&NewClosingForm(store.User{Username: hintSlot + valueSlot}).Form,
	}
	texts := []string{"", "ada", `<b title="x">&'`, hintSlot, valueSlot, messageSlot, valueSlot + messageSlot, "\x00", "日本語 \u202e"}
	for _, f := range forms {
		for _, field := range f.Fields {
			for _, value := range texts {
				for _, said := range texts {
					for _, say := range []func(*Field){
						func(field *Field) { field.Refusal = said },
						func(field *Field) { field.Praise = said },
						func(field *Field) { field.Note = said },
					} {
						one := *field
						one.Value, one.Refusal, one.Praise, one.Note = value, "", "", ""
						say(&one)
						if got, want := drawn(t, Input(f, &one)), uncached(t, f, &one); got != want {
							t.Fatalf("%s of %s with %q and %q:\n%s\nis not\n%s", one.Name, f.ID, value, said, got, want)
						}
					}
				}
			}
		}
	}
}

// Whatever a later template may draw from, a field that differs in it is drawn as if the cache were empty.
func TestNoFieldIsDrawnFromTheShapeOfAnother(t *testing.T) {
	for _, kind := range []string{"text", "password", "number", "date", "textarea", "select", "radio", "checkbox"} {
		form := Form{Action: "/here"}
		field := Field{Name: "one", Type: kind, Live: true}
		changed := 0
		try := func(of string, holder any, i int) {
			value := reflect.ValueOf(holder).Elem().Field(i)
			name := reflect.TypeOf(holder).Elem().Field(i).Name
			if !value.CanSet() || name == "Type" {
				return
			}
			for _, other := range others(value) {
				fieldCache.Purge()
				drawn(t, Input(&form, &field))
				before := reflect.New(value.Type()).Elem()
				before.Set(value)
				value.Set(other)
				warm := drawn(t, Input(&form, &field))
				fieldCache.Purge()
				cold := drawn(t, Input(&form, &field))
				value.Set(before)
				changed++
				if warm != cold {
					t.Errorf("%s: with another %s.%s the cache has\n%s\nand the template\n%s", kind, of, name, warm, cold)
				}
			}
		}
		for i := range reflect.TypeFor[Field]().NumField() {
			try("Field", &field, i)
		}
		for i := range reflect.TypeFor[Form]().NumField() {
			try("Form", &form, i)
		}
		if changed < 15 {
			t.Errorf("%s: %d changes were tried, so this test shows little", kind, changed)
		}
	}
}

// others are values that a field of a struct may have instead of none.
func others(value reflect.Value) []reflect.Value {
	switch value.Kind() {
	case reflect.String:
		return []reflect.Value{reflect.ValueOf("on"), reflect.ValueOf("name")}
	case reflect.Int:
		return []reflect.Value{reflect.ValueOf(3)}
	case reflect.Bool:
		return []reflect.Value{reflect.ValueOf(!value.Bool())}
	case reflect.Slice:
		switch value.Type() {
		case reflect.TypeFor[[]string]():
			return []reflect.Value{reflect.ValueOf([]string{"two"})}
		case reflect.TypeFor[[]Option]():
			return []reflect.Value{reflect.ValueOf([]Option{{"on", "On"}, {"off", "Off"}})}
		}
	}
	return nil
}

// A template that took more than a shape, or a shape that held more than words and facts, could draw from what is no
// part of the key.
func TestTheTemplateOfAFieldTakesItsKeyAlone(t *testing.T) {
	t.Parallel()
	for _, template := range []any{input, labelled, labelText, said, hint, message, control, radioGroup, checkbox, checkboxNotes} {
		if f := reflect.TypeOf(template); f.NumIn() != 1 || f.In(0) != reflect.TypeFor[fieldShape]() {
			t.Errorf("a template of a field is %v, want one of fieldShape alone", f)
		}
	}
	for i := range reflect.TypeFor[fieldShape]().NumField() {
		if f := reflect.TypeFor[fieldShape]().Field(i); f.Type.Kind() != reflect.String && f.Type.Kind() != reflect.Bool {
			t.Errorf("%s of fieldShape is a %v, want a string or a bool", f.Name, f.Type)
		}
	}
}

func TestTheCacheHoldsNothingOfAPerson(t *testing.T) {
	f := NewRegisterForm(&rules.Passwords{Min: 12}, true)
	fieldCache.Purge()
	f.Username.Value, f.Username.Refusal = "typed-by-ada", "said-to-ada"
	f.Password.Value = "typed-by-ada"
	f.Username.Label, f.Username.Hint = "label-for-ada", "hint-for-ada"
	drawn(t, Input(&f.Form, f.Username))
	if page := drawn(t, Input(&f.Form, f.Password)); strings.Contains(page, "typed-by-ada") {
		t.Errorf("the password is in the page: %s", page)
	}
	for _, shape := range fieldCache.Keys() {
		m, _ := fieldCache.Peek(shape)
		all := m.tail
		for _, p := range m.parts {
			all += p.markup
		}
		if strings.Contains(all, "-ada") {
			t.Errorf("the markup of %s holds what was typed: %s", shape.name, all)
		}
	}
	if fieldCache.Len() != 2 {
		t.Errorf("%d shapes, want 2", fieldCache.Len())
	}
}

// A product has a form for each of its things, at an address of its own.
func TestFormsAtManyAddressesShareTheirShapes(t *testing.T) {
	fieldCache.Purge()
	for book := range fieldCacheMax {
		form := &Form{Action: fmt.Sprintf("/books/%d/edit", book)}
		if got, want := drawn(t, Input(form, usernameField())), fmt.Sprintf(`hx-post="/books/%d/edit/check/username"`, book); !strings.Contains(got, want) {
			t.Fatalf("%s is missing in %s", want, got)
		}
	}
	if fieldCache.Len() != 1 {
		t.Errorf("%d shapes, want 1", fieldCache.Len())
	}
}

func BenchmarkField(b *testing.B) {
	form, field := &Form{Action: "/register"}, usernameField()
	field.Value, field.Refusal = "ada", "This username is taken."
	b.Run("from the cache", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			Input(form, field).Render(context.Background(), io.Discard) //nolint:errcheck // nothing fails here
		}
	})
	b.Run("by the template", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			input(field.shape(form)).Render(context.Background(), io.Discard) //nolint:errcheck // nothing fails here
		}
	})
}
