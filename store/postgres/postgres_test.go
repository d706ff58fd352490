package postgres_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/storetest"
)

func open(t *testing.T, url string) *postgres.DB {
	t.Helper()
	db, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

// use has several connections at once do something, and gives them back.
func use(t *testing.T, db *postgres.DB, connections int) {
	t.Helper()
	for range connections {
		conn, err := db.Write.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
}

// A server that died or a network that forgot closes nothing: whoever waits for
// the answer waits for good.
func TestOneSilentConnectionTakesAllIdleOnesWithIt(t *testing.T) {
	t.Parallel()
	proxy := storetest.Postgres(t).NewProxy(t)
	db := open(t, proxy.NewDatabase(t))
	sessions, err := db.Sessions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	use(t, db, 6)
	db.CheckAlways()
	before := proxy.Opened()
	proxy.Silence()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, _, err := sessions.FindCtx(ctx, "none"); err != nil {
		t.Errorf("a session is looked for: %v", err)
	}
	if got := db.Pools[0].Stats().OpenConnections; got > 2 {
		t.Errorf("%d connections are left, want the new one and at most the one that was checked", got)
	}
	if _, err := db.Write.ExecContext(ctx, `UPDATE migrations SET name = name`); err != nil {
		t.Errorf("something is changed: %v", err)
	}
	if got := proxy.Opened() - before; got > 3 { // with one that cancels
		t.Errorf("%d new connections", got)
	}
}

func TestOnlyWhoWaitsKeepsAConnectionFresh(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), storetest.Postgres(t).URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	const long = time.Hour
	just := pgxpool.ShouldPingParams{Conn: conn}
	page, poll := t.Context(), store.Background(t.Context())
	if got := postgres.Idle(page, pgxpool.ShouldPingParams{Conn: conn, IdleDuration: long}); got != long {
		t.Errorf("a new connection was idle for %v, want what the pool says", got)
	}
	if got := postgres.Idle(page, just); got > long/2 {
		t.Errorf("after a page it was idle for %v", got)
	}
	conn.PgConn().CustomData()["last asked"] = time.Now().Add(-long)
	for range 2 {
		if got := postgres.Idle(poll, just); got < long {
			t.Errorf("asked every second for nobody it was idle for %v, want %v", got, long)
		}
	}
	if got := postgres.Idle(page, just); got < long {
		t.Errorf("the first page finds it idle for %v, want %v", got, long)
	}
	if got := postgres.Idle(page, just); got > long/2 {
		t.Errorf("the second page finds it idle for %v", got)
	}
}

func TestAPoolerThatTakesNoSettingsGetsNone(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{"statement_timeout", "default_transaction_isolation"} {
		db := open(t, storetest.Postgres(t).NewProxy(t, refused).NewDatabase(t))
		var timeout string
		if err := db.Read.QueryRow(`SHOW statement_timeout`).Scan(&timeout); err != nil || timeout != "0" {
			t.Errorf("statement_timeout is %s, %v; want the server's own", timeout, err)
		}
		prepared(t, db, 0)
	}
	proxy := storetest.Postgres(t).NewProxy(t, "statement_timeout", "search_path")
	_, err := postgres.Open(t.Context(), proxy.NewDatabase(t)+"&statement_timeout=1000")
	if err == nil || !strings.Contains(err.Error(), "unsupported startup parameter: ") {
		t.Errorf("what the connection string asks for: %v, want to hear that the pooler takes it not", err)
	}
}

// prepared requires how many statements the server has prepared for one
// connection.
func prepared(t *testing.T, db *postgres.DB, want int) {
	t.Helper()
	conn, err := db.Read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var got, one int
	if err := conn.QueryRowContext(t.Context(), `SELECT $1::int`, 1).Scan(&one); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_prepared_statements`).Scan(&got); err != nil || got != want {
		t.Errorf("%d statements are prepared, %v; want %d", got, err, want)
	}
}

// A pooler that hands a connection to another server after each transaction
// loses what was prepared.
func TestWhatAPoolerForgotIsNotPreparedAgain(t *testing.T) {
	t.Parallel()
	db := open(t, storetest.PostgreSQL.New(t)+"&pool_max_conns=1")
	s := storetest.New(t, db.Accounts(), storetest.NewClock())
	ada := storetest.Register(t, s, storetest.Ada())
	if err := s.Disable(t.Context(), ada, storetest.Operator); err != nil {
		t.Fatal(err)
	}
	forget(t, db.Write)
	if err := s.Disable(t.Context(), ada, storetest.Operator); err != nil {
		t.Errorf("a change fails: %v", err)
	}
	prepared(t, db, 0)
	forget(t, db.Write)
	if _, err := s.Find(t.Context(), "ada"); err != nil {
		t.Errorf("Find = %v", err)
	}
}

func forget(t *testing.T, db *sql.DB) {
	t.Helper()
	if _, err := db.Exec(`DEALLOCATE ALL`); err != nil {
		t.Fatal(err)
	}
}

// Where text is stored one way and read another, names come out garbled.
func TestTextIsUTF8WhateverIsSetByDefault(t *testing.T) {
	t.Parallel()
	const name = "Žofie Łukasz 👩‍🚀" // not one of them is in LATIN1
	cluster := storetest.Postgres(t)
	role := cluster.NewRole(t, `client_encoding = 'LATIN1'`)
	for _, place := range []string{cluster.NewDatabase(t), cluster.NewProxy(t, "statement_timeout").NewDatabase(t)} {
		db := open(t, place+"&user="+role)
		var got string
		if err := db.Read.QueryRow(`SELECT $1::text || '' FROM migrations LIMIT 1`, name).Scan(&got); err != nil || got != name {
			t.Errorf("%q comes back as %q, %v", name, got, err)
		}
		var letters int
		if err := db.Read.QueryRow(`SELECT length($1::text)`, "é").Scan(&letters); err != nil || letters != 1 {
			t.Errorf("the database sees %d letters in é, %v", letters, err)
		}
	}
}

// A server that ends one connection has mostly ended them all.
func TestAConnectionThatTheServerEndedTakesAllIdleOnesWithIt(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"57P01", "57P02", "57P03", "57P04", "57P05"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			db := open(t, storetest.PostgreSQL.New(t))
			use(t, db, 6)
			if got := db.Pools[0].Stats().OpenConnections; got != 6 {
				t.Fatalf("%d connections are open, want 6", got)
			}
			if _, err := db.Write.ExecContext(t.Context(), `DO $$ BEGIN RAISE EXCEPTION 'as it would be' USING ERRCODE = '`+code+`'; END $$`); err == nil {
				t.Fatal("nothing was raised")
			}
			left := func() int { return db.Pools[0].Stats().OpenConnections }
			for end := time.Now().Add(20 * time.Second); left() > 1 && time.Now().Before(end); { // each is closed by itself
				runtime.Gosched()
			}
			if got := left(); got > 1 {
				t.Errorf("%d connections are left, want at most the one that said it", got)
			}
		})
	}
}

func TestSaysWhyItCannotBeOpened(t *testing.T) {
	t.Parallel()
	cluster := storetest.Postgres(t)
	there := cluster.URL("postgres")
	folder := t.TempDir()
	broken := filepath.Join(folder, "broken.pem")
	if err := os.WriteFile(broken, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"postgres://app:geheim@db.example.com/gh?sslmode=verify-full&sslrootcert=/nowhere/ca.pem": "/nowhere/ca.pem: no such file",
		"postgres://app:geheim@db.example.com/gh?sslcert=/nowhere/a.pem&sslkey=/nowhere/b.pem":    "/nowhere/b.pem: no such file",
		"postgres://app:geheim@db.example.com/gh?sslmode=verify-full&sslrootcert=" + broken:       "CA",
		"postgres://app:geheim@db.example.com/gh?sslmode=sometimes":                               "sslmode is invalid",
		"postgres://app:geheim@db.example.com:port/gh":                                            "it must be like",
		"postgres://app:gehe/im@db.example.com/gh":                                                "it must be like",
		"postgres://app:gehe%zzim@db.example.com/gh":                                              "it must be like",
		"postgres://app:geheim@db.example.com/gh?pool_max_conns=many":                             "pool_max_conns",
		"postgres://app@db.example.com/gh?geheim":                                                 "it must be like",
		"postgres://app:geheim@db.example.com/gh?target_session_attrs=geheim":                     "it must be like",
		"postgres://app@db.example.com/gh?password=geheim&target_session_attrs=geheim":            "it must be like",
		"postgres://app:geheim@db.example.com/gh?connect_timeout=long":                            "connect_timeout",
		"postgres://app:geheim@127.0.0.1:1/gh":                                                    "connection refused",
		"postgres://app:geheim@127.0.0.1:1,127.0.0.1:2/gh":                                        "127.0.0.1:2: connect: connection refused",
		"postgres://app:geheim@nowhere.invalid/gh":                                                "lookup nowhere.invalid",
		"postgres:///gh?host=" + folder + "&user=app&password=geheim":                             "no such file",
		cluster.URL("nowhere"):                             `database "nowhere" does not exist`,
		there + "&user=nobody&password=geheim":             `role "nobody" does not exist`,
		there + "&statement_timeout=soon&password=geheim":  "statement_timeout",
		there + "&target_session_attrs=standby":            "standby",
		there + "&sslmode=disable&password=geheim&nope=no": `unrecognized configuration parameter "nope"`,
	} {
		db, err := postgres.Open(t.Context(), url)
		if err == nil {
			db.Close()
			t.Errorf("%s was opened", url)
			continue
		}
		said := err.Error()
		if !strings.Contains(said, want) {
			t.Errorf("%s: %q, want %q in it", url, said, want)
		}
		for _, secret := range []string{"geheim", "gehe"} {
			if strings.Contains(said, secret) {
				t.Errorf("%s: %q repeats the password", url, said)
			}
		}
		if strings.Contains(said, "\n") {
			t.Errorf("%s: %q is more than a sentence", url, said)
		}
	}
}
