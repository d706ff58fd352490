package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
)

// logger writes to w in the format of the settings.
func (s *settings) logger(w io.Writer) *slog.Logger {
	if s.LogFormat != "json" {
		return slog.New(inUTC{slog.NewTextHandler(w, nil)})
	}
	return slog.New(inUTC{slog.NewJSONHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Value.Kind() == slog.KindString {
			a.Value = slog.StringValue(visible(a.Value.String()))
		}
		return a
	}})})
}

// inUTC logs times in UTC.
type inUTC struct{ slog.Handler }

// Handle implements slog.Handler.
func (h inUTC) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h inUTC) WithAttrs(attrs []slog.Attr) slog.Handler { return inUTC{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h inUTC) WithGroup(name string) slog.Handler { return inUTC{h.Handler.WithGroup(name)} }

// visible escapes what JSON leaves as it is but a terminal interprets: C1 control characters
// and marks that change the direction of text.
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
