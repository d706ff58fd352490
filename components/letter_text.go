package components

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// Text is the letter as plain text, lines of at most 72 characters where words allow it.
func (l Letter) Text() string {
	var b strings.Builder
	paragraph := func(text string) { b.WriteString(wrap(text, 72) + "\n\n") }
	paragraph(l.Hello)
	for _, line := range l.Lines {
		paragraph(line)
	}
	for _, f := range l.Facts {
		fmt.Fprintf(&b, "%s: %s\n", f.Term, f.Text)
	}
	if len(l.Facts) > 0 {
		b.WriteString("\n")
	}
	if l.Action != "" {
		fmt.Fprintf(&b, "%s:\n%s\n", l.Action, l.Link)
		if l.Deadline != "" {
			b.WriteString(l.Deadline + "\n")
		}
		b.WriteString("\n")
	}
	for _, line := range l.After {
		paragraph(line)
	}
	if l.Unsubscribe != "" {
		fmt.Fprintf(&b, "%s:\n%s\n\n", UnsubscribeTitle, l.Unsubscribe)
	}
	fmt.Fprintf(&b, "-- \n%s\n%s\n", l.Site, l.Home)
	return b.String()
}

// wrap breaks a paragraph at spaces, never inside a word.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		length := len([]rune(word))
		switch {
		case i == 0:
		case column+1+length > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += length
	}
	return b.String()
}

// A sentence of ours may end in an address of the site.

func beforeLink(line string) string { return strings.TrimSuffix(line, linkOf(line)) }

func linkOf(line string) string {
	last := line[strings.LastIndexByte(line, ' ')+1:]
	if strings.HasPrefix(last, "https://") || strings.HasPrefix(last, "http://") {
		return last
	}
	return ""
}

// breakable is an address whose lines end behind the slashes of its path rather than inside words. It is written by hand
// because a template would put spaces into it.
func breakable(address string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		scheme, rest, _ := strings.Cut(address, "://")
		_, err := io.WriteString(w, templ.EscapeString(scheme)+"://"+strings.ReplaceAll(templ.EscapeString(rest), "/", "/<wbr>"))
		return err
	})
}
