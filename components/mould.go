package components

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"
)

// A mould is a field as it is drawn but for what was typed into it and what is
// said about it. Fields that are checked while people type are drawn more often
// than anything else and differ in nothing more, so each is drawn by its template
// once and then only filled in: a tenth of the time and of the allocations.
type mould struct{ head, middle, tail string }

// mouldKey is all that the template of a field looks at, but for those two.
type mouldKey struct {
	action, name, label, hint, kind, autocomplete, with string
	optional, refused, praised                          bool
}

// mouldsMax is far above the number of such fields, each in three states.
const mouldsMax = 128

var moulds, _ = lru.New[mouldKey, mould](mouldsMax) // fails for a size below 1

// Marks of the places to fill. No text of ours and nothing that was typed stands
// beside them: a mould is drawn from an empty field.
const (
	valueMark   = "\x00value\x00"
	messageMark = "\x00message\x00"
)

// Input draws one field of a form with its label, hint and message. It is also
// the whole answer to an inline check.
func Input(f *Form, field *Field) templ.Component {
	if !field.Live {
		return input(f, field)
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		m, err := mouldOf(ctx, f, field)
		if err != nil {
			return err
		}
		value := field.Value
		if field.Type == "password" {
			value = ""
		}
		for _, part := range [...]string{m.head, templ.EscapeString(value), m.middle, templ.EscapeString(field.message()), m.tail} {
			if _, err := io.WriteString(w, part); err != nil {
				return err
			}
		}
		return nil
	})
}

func mouldOf(ctx context.Context, f *Form, field *Field) (mould, error) {
	key := mouldKey{
		f.Action, field.Name, field.Label, field.Hint, field.Type, field.Autocomplete, strings.Join(field.With, " "),
		field.Optional, field.Refusal != "", field.Praise != "",
	}
	if m, drawn := moulds.Get(key); drawn {
		return m, nil
	}
	blank := *field
	blank.Value, blank.Refusal, blank.Praise, blank.Note = valueMark, "", "", ""
	switch {
	case key.refused:
		blank.Refusal = messageMark
	case key.praised:
		blank.Praise = messageMark
	default:
		blank.Note = messageMark
	}
	var drawn strings.Builder
	if err := input(f, &blank).Render(ctx, &drawn); err != nil {
		return mould{}, err
	}
	head, rest, shows := strings.Cut(drawn.String(), valueMark)
	if !shows { // a password
		head, rest = "", head
	}
	middle, tail, says := strings.Cut(rest, messageMark)
	if !says {
		return mould{}, fmt.Errorf("the field %s has no place for its message", field.Name)
	}
	m := mould{head, middle, tail}
	moulds.Add(key, m)
	return m, nil
}
