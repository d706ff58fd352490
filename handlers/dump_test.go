package handlers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// rows counts the rows of a table.
func (h *house) rows(t testing.TB, table string) int {
	t.Helper()
	var n int
	if err := h.data.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// dump is everything in the database but some tables, to compare before and
// after.
func (h *house) dump(t testing.TB, without ...string) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"users", "signins", "sessions", "devices", "events", "throttles", "reserved_usernames", "tokens", "pending", "letters"} {
		if slices.Contains(without, table) {
			continue
		}
		rows, err := h.data.Read.Query(`SELECT * FROM ` + table + ` ORDER BY 1`)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(columns))
			for i := range values {
				values[i] = new(sqlText)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			for i, name := range columns {
				all.WriteString(table + "." + name + "=" + string(*values[i].(*sqlText)) + "\n")
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

// sqlText scans anything into text.
type sqlText string

func (s *sqlText) Scan(value any) error {
	switch value := value.(type) {
	case []byte:
		*s = sqlText(value)
	default:
		*s = sqlText(fmt.Sprint(value))
	}
	return nil
}
