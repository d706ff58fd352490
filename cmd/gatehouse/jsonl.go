package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"unicode/utf8"
)

// jsonlSource is a file with a JSON object on each line.
type jsonlSource struct {
	path  string
	names []string
}

// jsonLineMax is the longest line that is read, in bytes.
const jsonLineMax = 1 << 20

// namedBy is how many lines say which names there are: an object may leave out what is empty.
const namedBy = 1000

func (s *jsonlSource) columns(ctx context.Context) ([]string, error) {
	if s.names != nil {
		return s.names, nil
	}
	seen, lines := map[string]bool{}, 0
	err := s.objects(ctx, func(_ int, object map[string]any, _ string) bool {
		for name := range object {
			if !seen[name] {
				seen[name], s.names = true, append(s.names, name)
			}
		}
		lines++
		return lines < namedBy
	})
	return s.names, err
}

func (s *jsonlSource) records(ctx context.Context) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		names, err := s.columns(ctx)
		if err == nil {
			err = s.objects(ctx, func(line int, object map[string]any, bad string) bool {
				r := record{line: line, cells: make([]string, len(names)), bad: bad}
				for i, name := range names {
					r.cells[i] = jsonCell(object[name])
				}
				return yield(r, nil)
			})
		}
		if err != nil {
			yield(record{}, err)
		}
	}
}

// objects reads one object after the other. bad says why a line is none.
func (s *jsonlSource) objects(ctx context.Context, take func(line int, object map[string]any, bad string) bool) error {
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewReaderSize(file, 64<<10)
	for n := 1; ctx.Err() == nil; n++ {
		text, long, err := readJSONLine(lines)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", s.path, err)
		}
		text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte(byteOrderMark)))
		if len(text) > 0 || long {
			object, bad := readObject(text, long)
			if !take(n, object, bad) {
				return nil
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	return ctx.Err()
}

// readJSONLine reads a line. Of one that is too long nothing is kept.
func readJSONLine(lines *bufio.Reader) (text []byte, long bool, err error) {
	for {
		part, err := lines.ReadSlice('\n')
		if long = long || len(text)+len(part) > jsonLineMax; !long {
			text = append(text, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return text, long, err
		}
	}
}

func readObject(text []byte, long bool) (object map[string]any, bad string) {
	switch {
	case long:
		return nil, fmt.Sprintf("the line has more than %d bytes", jsonLineMax)
	case !utf8.Valid(text):
		return nil, "the line is not UTF-8"
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil || object == nil || decoder.More() {
		return nil, "the line is no JSON object"
	}
	return object, ""
}

// jsonCell is a value as text. null, a list or an object is none.
func jsonCell(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case bool, json.Number:
		return fmt.Sprint(value)
	}
	return ""
}
