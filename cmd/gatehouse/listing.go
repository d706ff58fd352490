package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// listing prints rows page by page, however many there are: a table for people, or a JSON array as
// writeJSON writes one. What fails before the first page is whole leaves stdout empty.
type listing struct {
	to      io.Writer
	waiting bytes.Buffer
	// table is nil for JSON.
	table *tabwriter.Writer
	rows  int
}

func (inv *invocation) listing(asJSON bool, heads ...string) *listing {
	l := &listing{to: inv.term.out}
	if !asJSON {
		l.table = tabwriter.NewWriter(&l.waiting, 0, 0, 2, ' ', 0)
		fmt.Fprintln(l.table, strings.Join(heads, "\t"))
	}
	return l
}

// add prints a value as JSON, or its cells as a row.
func (l *listing) add(value any, cells ...string) error {
	l.rows++
	if l.table != nil {
		_, err := fmt.Fprintln(l.table, strings.Join(cells, "\t"))
		return err
	}
	element, err := json.MarshalIndent(value, "  ", "  ")
	if err != nil {
		return err
	}
	before := ",\n  "
	if l.rows == 1 {
		before = "[\n  "
	}
	l.waiting.WriteString(before)
	l.waiting.Write(element)
	return nil
}

// page writes what was added. A table aligns each page by itself.
func (l *listing) page() error {
	if l.table != nil {
		if err := l.table.Flush(); err != nil {
			return err
		}
	}
	_, err := l.waiting.WriteTo(l.to)
	return err
}

// end writes what is left, once nothing failed.
func (l *listing) end() error {
	switch {
	case l.table != nil:
	case l.rows == 0:
		l.waiting.WriteString("[]\n")
	default:
		l.waiting.WriteString("\n]\n")
	}
	return l.page()
}
