package sqlite

import (
	"database/sql"
	"fmt"
	"net/url"
)

// OpenForeign opens the file of another program for reading alone, which may go on using it. What is
// read is what was committed.
func OpenForeign(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_query_only=on&_busy_timeout=5000")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}
