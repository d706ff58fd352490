package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"github.com/alexedwards/scs/sqlite3store"
	"github.com/alexedwards/scs/v2"
	_ "github.com/mattn/go-sqlite3" // stores the sessions of the honest page
)

// pageBytes is the size of the yardsticks' pages.
const pageBytes = 6000

// yardstickCommand serves one of two pages. "bare" is what net/http can do: the same bytes for
// everybody. "honest" is the least that a signed-in page must do: find the session and the
// person.
type yardstickCommand struct {
	Kind string `arg:"" enum:"bare,honest"`
}

// Run serves until the process is ended.
func (y yardstickCommand) Run(context.Context) error {
	handler, err := bare(), error(nil)
	if y.Kind == "honest" {
		if handler, err = honest(); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("%s listening on http://%s\n", y.Kind, listener.Addr())
	return http.Serve(listener, handler)
}

func page(name string) []byte {
	head := "<!DOCTYPE html><html lang=\"en\"><head><title>Yardstick</title></head><body><h1>Hello, " + name + "</h1><p>"
	const tail = "</p></body></html>\n"
	return append(append([]byte(head), bytes.Repeat([]byte("x"), pageBytes-len(head)-len(tail))...), tail...)
}

func bare() http.Handler {
	text := page("you")
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(text)
	})
}

// honest is scs as documented, on plain sqlite3store, and one SELECT for the person. /enter
// signs in. Its database is created in the working directory.
func honest() (http.Handler, error) {
	db, err := sql.Open("sqlite3", "file:honest.db?_journal_mode=WAL&_busy_timeout=5000")
	if err != nil {
		return nil, err
	}
	db.SetMaxIdleConns(8)
	for _, text := range []string{
		`CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL, name TEXT NOT NULL)`,
		`INSERT INTO users (id, username, name) VALUES (1, 'ada', 'Ada Lovelace')`,
		`CREATE TABLE sessions (token TEXT PRIMARY KEY, data BLOB NOT NULL, expiry REAL NOT NULL)`,
		`CREATE INDEX sessions_expiry ON sessions (expiry)`,
	} {
		if _, err := db.Exec(text); err != nil {
			return nil, err
		}
	}
	sessions := scs.New()
	sessions.Store = sqlite3store.New(db)
	mux := http.NewServeMux()
	mux.HandleFunc("/enter", func(_ http.ResponseWriter, r *http.Request) { sessions.Put(r.Context(), "user", 1) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var username, name string
		err := db.QueryRow(`SELECT username, name FROM users WHERE id = $1`, sessions.GetInt(r.Context(), "user")).Scan(&username, &name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		text := page(name)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
		w.Write(text)
	})
	return sessions.LoadAndSave(mux), nil
}
