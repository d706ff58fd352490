package main

import (
	"strings"
	"testing"
)

// What is meant for PostgreSQL never names a file, and no error repeats its password.
func TestAMistypedDatabaseIsRefusedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	for _, place := range []string{
		"postgres://anna:hunter@2secret@127.0.0.1:1/gh",
		"host=db port=5432 user=gh password=2secret dbname=gh",
		"dbname=gh password=2secret",
		"postgres:/anna:2secret@h/gh", "postgres:anna:2secret@h/gh", "postgresql:anna:2secret", "Postgres://anna:2secret@h/gh",
	} {
		if _, err := databasePlace(place); err == nil || strings.Contains(err.Error(), "2secret") {
			t.Errorf("%s: %v", place, err)
		}
	}
	for _, place := range []string{"postgres://anna:hunter%402@h1,h2/gh?sslmode=disable", "gatehouse.db", "sqlite:x.db", "/var/lib/a b/house.db"} {
		if _, err := databasePlace(place); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
}
