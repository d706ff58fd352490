package main

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// logger writes to stderr in the format that the settings ask for.
func (j *job) logger() *slog.Logger {
	asJSON := j.settings.LogFormat == "json"
	options := &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch {
		case a.Key == slog.TimeKey && len(groups) == 0:
			a.Value = slog.TimeValue(a.Value.Time().UTC())
		case asJSON && a.Value.Kind() == slog.KindString:
			a.Value = slog.StringValue(visible(a.Value.String()))
		}
		return a
	}}
	if asJSON {
		return slog.New(slog.NewJSONHandler(j.term.err, options))
	}
	return slog.New(slog.NewTextHandler(j.term.err, options))
}

// visible writes out what JSON leaves as it is but a terminal acts upon: the
// higher control characters and the marks that turn the direction of text.
func visible(text string) string {
	hidden := func(r rune) bool { return r >= 0x7f && !unicode.IsPrint(r) }
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
