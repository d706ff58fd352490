package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"gatehouse/store/rules"
)

// csvSource is a file of comma-separated values with a header (RFC 4180), in UTF-8.
type csvSource struct {
	path  string
	names []string
}

// cellMax is the longest cell that is read, in bytes: longer than anything that could be a person's.
const cellMax = 64 << 10

func (s *csvSource) columns(context.Context) ([]string, error) {
	if s.names != nil {
		return s.names, nil
	}
	file, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	names, err := newCSV(file).Read()
	if err != nil {
		return nil, fmt.Errorf("read the first line of %s: %w", s.path, err)
	}
	if !utf8.ValidString(strings.Join(names, "")) {
		return nil, fmt.Errorf("the first line of %s is not UTF-8", s.path)
	}
	s.names = names
	return names, nil
}

// newCSV reads records from a file, without the mark that stands before them.
func newCSV(file io.Reader) *csv.Reader {
	buffered := bufio.NewReader(file)
	if mark, err := buffered.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		buffered.Discard(len(byteOrderMark)) //nolint:errcheck // they are in the buffer
	}
	r := csv.NewReader(buffered)
	r.ReuseRecord, r.FieldsPerRecord = false, -1
	return r
}

func (s *csvSource) records(ctx context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		names, err := s.columns(ctx)
		if err != nil {
			yield(record{}, err)
			return
		}
		file, err := os.Open(s.path)
		if err != nil {
			yield(record{}, err)
			return
		}
		defer file.Close()
		r := newCSV(file)
		_, err = r.Read() // the header
		for err == nil {
			var cells []string
			cells, err = r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			var wrong *csv.ParseError
			row := record{cells: cells}
			if errors.As(err, &wrong) {
				// The reader goes on behind it.
				row, err = record{line: wrong.StartLine, cells: make([]string, len(names)), bad: "the line has a quote where none may be"}, nil
			} else if err == nil {
				row.line, _ = r.FieldPos(0)
				row.check(len(names))
				row.unguard()
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// check says why the cells of a record are of no use.
func (r *record) check(columns int) {
	switch {
	case len(r.cells) != columns:
		r.bad = fmt.Sprintf("the line has %d cells and the first line %d", len(r.cells), columns)
	case !utf8.ValidString(strings.Join(r.cells, "")):
		r.bad = "the line is not UTF-8"
	}
	for _, cell := range r.cells {
		if len(cell) > cellMax {
			r.bad = fmt.Sprintf("a cell has more than %d bytes", cellMax)
		}
	}
	if r.bad != "" {
		r.cells = make([]string, columns)
	}
}

// unguard takes off the apostrophe that our own files have before what a spreadsheet would take for a
// formula.
func (r *record) unguard() {
	for i, cell := range r.cells {
		r.cells[i] = rules.UnguardCell(cell)
	}
}
