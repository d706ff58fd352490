package components

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"
)

// A mould is a field as it is drawn but for its hint, what was typed into it and
// what is said about it. Fields of one form differ in nothing more from one person
// to the next, so each is drawn by its template once and then only filled in: a
// tenth of the time and of the allocations.
type fieldMarkup struct {
	parts []markupPart
	tail  string
}

// markupPart is markup and what comes behind it.
type markupPart struct {
	markup string
	filled func(*Field) string
}

// fieldKey is all that the template of a field looks at, but for those three.
type fieldKey struct {
	action, name, label, kind, autocomplete, with string
	optional, live, hinted, refused, praised      bool
}

// fieldCacheMax is far above the number of fields, each in three states.
const fieldCacheMax = 128

var fieldCache, _ = lru.New[fieldKey, fieldMarkup](fieldCacheMax) // fails for a size below 1

// The places to fill, in their order, and the marks they are found by. No text of
// ours and nothing that was typed stands beside a mark: a mould is drawn from an
// empty field.
const (
	hintMark    = "\x00hint\x00"
	valueMark   = "\x00value\x00"
	messageMark = "\x00message\x00"
)

var slots = []struct {
	mark   string
	filled func(*Field) string
}{
	{hintMark, func(f *Field) string { return f.Hint }},
	{valueMark, func(f *Field) string { return f.Value }},
	{messageMark, (*Field).message},
}

// Input draws one field of a form with its label, hint and message. It is also
// the whole answer to an inline check.
func Input(f *Form, field *Field) templ.Component {
	if field.Type == "checkbox" {
		return input(f, field)
	}
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		m, err := markupOf(ctx, f, field)
		if err != nil {
			return err
		}
		for _, p := range m.parts {
			if _, err := io.WriteString(w, p.markup); err != nil {
				return err
			}
			if _, err := io.WriteString(w, templ.EscapeString(p.filled(field))); err != nil {
				return err
			}
		}
		_, err = io.WriteString(w, m.tail)
		return err
	})
}

func markupOf(ctx context.Context, f *Form, field *Field) (fieldMarkup, error) {
	key := fieldKey{
		f.Action, field.Name, field.Label, field.Type, field.Autocomplete, strings.Join(field.With, " "),
		field.Optional, field.Live, field.Hint != "", field.Refusal != "", field.Praise != "",
	}
	if m, drawn := fieldCache.Get(key); drawn {
		return m, nil
	}
	blank := *field
	blank.Value, blank.Refusal, blank.Praise, blank.Note = valueMark, "", "", ""
	if key.hinted {
		blank.Hint = hintMark
	}
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
		return fieldMarkup{}, err
	}
	m := fieldMarkup{tail: drawn.String()}
	for _, place := range slots {
		// A password has no place for what was typed, and not every field a hint.
		if before, after, found := strings.Cut(m.tail, place.mark); found {
			m.parts, m.tail = append(m.parts, markupPart{before, place.filled}), after
		}
	}
	fieldCache.Add(key, m)
	return m, nil
}
