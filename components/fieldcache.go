package components

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"
	lru "github.com/hashicorp/golang-lru/v2"
)

// The slots of a field, as the template writes them. A NUL stands in no text of the template, so the markup is cut
// there.
const (
	labelSlot   = "\x00label\x00"
	hintSlot    = "\x00hint\x00"
	valueSlot   = "\x00value\x00"
	messageSlot = "\x00message\x00"
	actionSlot  = "\x00action\x00"
	optionsSlot = "\x00options\x00"
)

// slots say what each is filled with.
var slots = map[string]slotFill{
	labelSlot: escaped(func(_ *Form, f *Field) string { return f.Label }),
	valueSlot: escaped(func(_ *Form, f *Field) string { return f.Value }),
	hintSlot: func(ctx context.Context, w io.Writer, _ *Form, f *Field) error {
		if f.HintName != "" {
			return namingHint(f).Render(ctx, w)
		}
		_, err := io.WriteString(w, templ.EscapeString(f.Hint))
		return err
	},
	messageSlot: func(ctx context.Context, w io.Writer, _ *Form, f *Field) error {
		if _, err := io.WriteString(w, templ.EscapeString(f.message())); err != nil || f.Refusal == "" {
			return err
		}
		return ways(f.Ways).Render(ctx, w)
	},
	actionSlot: escaped(func(form *Form, _ *Field) string { return form.Action }),
	optionsSlot: func(ctx context.Context, w io.Writer, form *Form, f *Field) error {
		return options(form, f).Render(ctx, w)
	},
}

type slotFill func(ctx context.Context, w io.Writer, form *Form, field *Field) error

// escaped fills a slot with a text, whether it stands between tags or in an attribute.
func escaped(text func(*Form, *Field) string) slotFill {
	return func(_ context.Context, w io.Writer, form *Form, field *Field) error {
		_, err := io.WriteString(w, templ.EscapeString(text(form, field)))
		return err
	}
}

// fieldMarkup is a shape as drawn: each part is markup and the slot behind it, and the tail is what is left.
type fieldMarkup struct {
	parts []markupPart
	tail  string
}

type markupPart struct {
	markup string
	fill   slotFill
}

// fieldCacheMax is far above the number of shapes that the forms of a site have.
const fieldCacheMax = 128

var fieldCache, _ = lru.New[fieldShape, fieldMarkup](fieldCacheMax) // fails for a size below 1

// Input draws one field of a form with its label, hint and message. It is also the whole answer to an inline check.
func Input(form *Form, field *Field) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		m, err := markupOf(ctx, field.shape(form))
		if err != nil {
			return err
		}
		for _, p := range m.parts {
			if _, err := io.WriteString(w, p.markup); err != nil {
				return err
			}
			if err := p.fill(ctx, w, form, field); err != nil {
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
