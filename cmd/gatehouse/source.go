package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
)

// source is a file with people.
type source interface {
	// columns are the names of what each record has.
	columns(ctx context.Context) ([]string, error)
	// records reads the file from its beginning: the cells of each record in the order of columns.
	records(ctx context.Context) iter.Seq2[record, error]
}

// record is one row of a source as it stands there. bad says why it cannot be read, or is empty.
type record struct {
	line  int
	cells []string
	bad   string
}

// Kinds of sources.
const (
	fromSQLite = "flask"
	fromCSV    = "csv"
	fromJSONL  = "jsonl"
)

// sqliteMagic is how a SQLite file begins.
const sqliteMagic = "SQLite format 3\x00"

// openSource opens a file of a kind, which is told by how it begins where it is not said.
func openSource(path, kind, table string) (source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("there is no file %s that can be read: %w", path, errors.Unwrap(err))
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.IsDir() {
		return nil, fmt.Errorf("%s is no file", path)
	}
	begin := make([]byte, 512)
	n, err := io.ReadFull(file, begin)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	begin = bytes.TrimPrefix(begin[:n], []byte(byteOrderMark))
	isSQLite := bytes.HasPrefix(begin, []byte(sqliteMagic))
	switch {
	case n == 0:
		return nil, fmt.Errorf("%s is empty", path)
	case isSQLite && (kind == "" || kind == fromSQLite):
		return &sqliteSource{path: path, table: table}, nil
	case isSQLite != (kind == fromSQLite):
		return nil, usageError{fmt.Errorf("%s is no file for --from %s", path, kind)}
	case kind == fromJSONL || kind == "" && bytes.HasPrefix(bytes.TrimSpace(begin), []byte("{")):
		return &jsonlSource{path: path}, nil
	}
	return &csvSource{path: path}, nil
}

// byteOrderMark is what some programs put before UTF-8.
const byteOrderMark = "\ufeff"

// sumOf is the SHA-256 of a file.
func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// columnName is how names of columns are compared: full_name, fullName and "Full name" are one.
func columnName(heading string) string {
	var b strings.Builder
	small := false
	for _, r := range heading {
		switch {
		case r >= 'A' && r <= 'Z':
			if small {
				b.WriteByte('_')
			}
			b.WriteRune(r + 'a' - 'A')
			small = false
			continue
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
			small = true
			continue
		}
		if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
		small = false
	}
	return strings.TrimSuffix(b.String(), "_")
}

// has says whether a column is among those, by columnName.
func indexOf(columns []string, name string) int {
	return slices.IndexFunc(columns, func(c string) bool { return columnName(c) == columnName(name) })
}
