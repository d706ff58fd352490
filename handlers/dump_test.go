package handlers

import "testing"

// rows counts the rows of a table.
func (h *house) rows(t testing.TB, table string) int {
	t.Helper()
	var n int
	if err := h.data.Read.QueryRow(`SELECT count(*) FROM ` + table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// dump is everything in the database but some tables, to compare before and after.
func (h *house) dump(t testing.TB, without ...string) string {
	t.Helper()
	return h.kind.Dump(t, h.data, without...)
}
