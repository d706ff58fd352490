package components

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"
)

// fieldShape is everything that the template of a field draws from. What differs from one person to the next is no part of
// it: the template leaves a slot there. A shape is therefore drawn once and kept, and a field is its markup with the slots
// filled. BenchmarkField compares the two ways.
type fieldShape struct {
	name, kind, autocomplete, with  string
	optional, live, checked         bool
	prose, hinted, refused, praised bool
}

// shape is the part of a field that its template draws from.
func (f *Field) shape() fieldShape {
	return fieldShape{
		name: f.Name, kind: f.Type, autocomplete: f.Autocomplete, with: strings.Join(f.With, " "),
		optional: f.Optional, live: f.Live, checked: f.Type == "checkbox" && f.checked(),
		prose: f.Name == "name", hinted: f.Hint != "", refused: f.Refusal != "", praised: f.Praise != "",
	}
}

// The slots of a field, as the template writes them. A NUL stands in no text of the template, so the markup is cut there.
const (
	labelSlot   = "\x00label\x00"
	hintSlot    = "\x00hint\x00"
	valueSlot   = "\x00value\x00"
	messageSlot = "\x00message\x00"
	actionSlot  = "\x00action\x00"
)

// slots say what each is filled with. It is escaped as text and as the value of an attribute.
var slots = map[string]func(*Form, *Field) string{
	labelSlot:   func(_ *Form, f *Field) string { return f.Label },
	hintSlot:    func(_ *Form, f *Field) string { return f.Hint },
	valueSlot:   func(_ *Form, f *Field) string { return f.Value },
	messageSlot: func(_ *Form, f *Field) string { return f.message() },
	actionSlot:  func(form *Form, _ *Field) string { return form.Action },
}

// fieldMarkup is a shape as drawn: each part is markup and the slot behind it, and the tail is what is left.
type fieldMarkup struct {
	parts []markupPart
	tail  string
}

type markupPart struct {
	markup string
	fill   func(*Form, *Field) string
}

// fieldCacheMax is far above the number of shapes that the forms of a site have.
const fieldCacheMax = 128

var fieldCache, _ = lru.New[fieldShape, fieldMarkup](fieldCacheMax) // fails for a size below 1

// Input draws one field of a form with its label, hint and message. It is also the whole answer to an inline check.
func Input(form *Form, field *Field) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		m, err := markupOf(ctx, field.shape())
		if err != nil {
			return err
		}
		for _, p := range m.parts {
			if _, err := io.WriteString(w, p.markup); err != nil {
				return err
			}
			if _, err := io.WriteString(w, templ.EscapeString(p.fill(form, field))); err != nil {
				return err
			}
		}
		_, err = io.WriteString(w, m.tail)
		return err
	})
}

func markupOf(ctx context.Context, shape fieldShape) (fieldMarkup, error) {
	if m, ok := fieldCache.Get(shape); ok {
		return m, nil
	}
	var drawn strings.Builder
	if err := input(shape).Render(ctx, &drawn); err != nil {
		return fieldMarkup{}, err
	}
	m, err := cutSlots(drawn.String())
	if err == nil {
		fieldCache.Add(shape, m)
	}
	return m, err
}

// cutSlots cuts markup at its slots.
func cutSlots(drawn string) (fieldMarkup, error) {
	m := fieldMarkup{}
	cut := strings.Split(drawn, "\x00")
	for i := 0; i+2 < len(cut); i += 2 {
		fill, ok := slots["\x00"+cut[i+1]+"\x00"]
		if !ok {
			return fieldMarkup{}, fmt.Errorf("draw a field: there is no slot %q", cut[i+1])
		}
		m.parts = append(m.parts, markupPart{cut[i], fill})
	}
	m.tail = cut[len(cut)-1]
	return m, nil
}
