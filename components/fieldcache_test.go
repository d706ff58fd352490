package components

import (
	"context"
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

// Whatever is hinted, typed and said, a field from its mould is the field of its template.
func TestMouldsAreTheTemplate(t *testing.T) {
	t.Parallel()
	passwords := &rules.Passwords{Min: 12}
	forms := []*Form{
		&NewLoginForm().Form, &NewRegisterForm(passwords).Form, &NewPasswordForm(passwords, store.User{Username: "ada"}).Form,
		&NewProfileForm(store.User{Username: "ada"}).Form, &NewClosingForm(store.User{Username: "ada"}).Form,
		&NewClosingForm(store.User{Username: hintMark + valueMark}).Form,
	}
	texts := []string{"", "ada", `<b title="x">&'`, hintMark, valueMark, messageMark, valueMark + messageMark, "\x00", "日本語 \u202e"}
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
						if got, want := drawn(t, Input(f, &one)), drawn(t, input(f, &one)); got != want {
							t.Fatalf("%s of %s with %q and %q:\n%s\nis not\n%s", one.Name, f.ID, value, said, got, want)
						}
					}
				}
			}
		}
	}
	if fieldCache.Len() < 20 {
		t.Errorf("%d moulds were used, so this test shows little", fieldCache.Len())
	}
}

// What somebody typed is in no mould.
func TestMouldsKeepNothing(t *testing.T) {
	f := NewRegisterForm(&rules.Passwords{Min: 12})
	fieldCache.Purge()
	f.Username.Value, f.Username.Refusal = "typed-by-ada", "said-to-ada"
	f.Password.Value = "typed-by-ada"
	f.Username.Hint = "hint-for-ada"
	drawn(t, Input(&f.Form, f.Username))
	if page := drawn(t, Input(&f.Form, f.Password)); strings.Contains(page, "typed-by-ada") {
		t.Errorf("the password is in the page: %s", page)
	}
	for _, key := range fieldCache.Keys() {
		m, _ := fieldCache.Peek(key)
		all := m.tail
		for _, p := range m.parts {
			all += p.markup
		}
		if strings.Contains(all, "-ada") {
			t.Errorf("the mould of %s keeps what was typed: %s", key.name, all)
		}
	}
	if fieldCache.Len() != 2 {
		t.Errorf("%d moulds, want 2", fieldCache.Len())
	}
}
