package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"gatehouse/store"
)

// connectTimeout is how long a new connection may take, unless the connection
// string has a connect_timeout.
const connectTimeout = 5 * time.Second

// sessionSettings are asked for when a connection begins, unless the connection
// string has others. A statement that is its own transaction has no other way to
// ask for its isolation. The timeout is in milliseconds.
var sessionSettings = map[string]string{
	"statement_timeout":             "5000",
	"default_transaction_isolation": "read committed",
}

// encoding is how text is sent and read, whatever the server, the role or the
// database says by default. Poolers take it as well.
const encoding = "client_encoding"

// configure reads a URL and adds what it does not say.
func configure(place string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(place)
	if err != nil {
		return nil, unreadable(place, err)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	for name, value := range sessionSettings {
		if !says(place, name) {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	if !says(place, encoding) {
		config.ConnConfig.RuntimeParams[encoding] = "UTF8"
	}
	if !says(place, "pool_max_conns") {
		config.MaxConns = int32(max(8, 4*runtime.NumCPU()))
	}
	return config, nil
}

// execMode is the parameter of a connection string that says whether statements
// are prepared. A pooler may send the next statement of a connection to another
// server, which knows nothing of what was prepared.
const execMode = "default_query_exec_mode"

func says(place, name string) bool { return strings.Contains(place, name+"=") }

// refusesParameters says whether the other side takes no settings when a
// connection begins, as poolers such as PgBouncer do.
func refusesParameters(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unsupported startup parameter")
}

// suitPooler leaves out what a pooler does not take. What the connection string
// itself says stays. It returns false where nothing was to be left out.
func suitPooler(config *pgxpool.Config, place string) (changed bool) {
	for name := range sessionSettings {
		if !says(place, name) {
			delete(config.ConnConfig.RuntimeParams, name)
			changed = true
		}
	}
	if !says(place, execMode) {
		config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	return changed
}

// How connections are looked after that nobody used for a while.
const (
	idleAfter = time.Second
	checkWait = 500 * time.Millisecond
)

// watch drops all idle connections as soon as one shows that they lead nowhere,
// or to a server that takes no changes: a new one may find what took over.
func (db *DB) watch(config *pgxpool.Config) {
	wait := cmp.Or(config.PingTimeout, checkWait)
	config.ShouldPing = func(ctx context.Context, p pgxpool.ShouldPingParams) bool {
		if idle(ctx, p) <= db.idleAfter {
			return false
		}
		// Whoever hangs up meanwhile says nothing about the connection.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
		defer cancel()
		if p.Conn.Ping(ctx) == nil {
			return false
		}
		p.Conn.PgConn().Conn().Close() //nolint:errcheck // or its place in the pool is taken until it says goodbye
		db.dropIdle()
		return true // the pool asks this one, finds it closed and takes another
	}
	config.BeforeConnect = func(_ context.Context, config *pgx.ConnConfig) error {
		if db.unprepared.Load() {
			config.DefaultQueryExecMode = pgx.QueryExecModeExec
		}
		return nil
	}
	before := config.ConnConfig.OnPgError
	config.ConnConfig.OnPgError = func(conn *pgconn.PgConn, err *pgconn.PgError) bool {
		switch {
		case err.Code == readOnly, strings.HasPrefix(err.Code, ended):
			db.dropIdle()
		case err.Code == noStatement, err.Code == sameStatement:
			db.unprepared.Store(true) // there is a pooler in between
			db.dropIdle()
		}
		return before(conn, err)
	}
}

// lastAsked is where a connection keeps when somebody last used it who waited.
const lastAsked = "last asked"

// idle is for how long nobody used a connection but what comes back every
// second. That always gets the one used last, so a page would take it unseen,
// and wait for a server that has gone meanwhile.
func idle(ctx context.Context, p pgxpool.ShouldPingParams) time.Duration {
	kept, now, idle := p.Conn.PgConn().CustomData(), time.Now(), p.IdleDuration
	asked, known := kept[lastAsked].(time.Time)
	if known {
		idle = now.Sub(asked)
	}
	if !store.IsBackground(ctx) {
		kept[lastAsked] = now
	} else if !known {
		kept[lastAsked] = time.Time{}
	}
	return idle
}

// dropIdle closes the connections that nobody uses, and each of the others once
// it is given back.
func (db *DB) dropIdle() {
	if pool := db.pool.Load(); pool != nil {
		pool.Reset()
	}
}

// unreadable says why a URL cannot be used, without what may be a password in
// it.
func unreadable(place string, err error) error {
	const shape = "the database URL cannot be read; it must be like postgres://user:password@host:5432/name, special characters of user and password percent-encoded"
	_, cause, found := strings.Cut(err.Error(), "`: ")
	cause, _, _ = strings.Cut(cause, " (strconv.") // the name of what is wrong says enough
	u, broken := url.Parse(place)
	if !found || broken != nil || strings.HasPrefix(cause, "failed to parse as URL") {
		return errors.New(shape)
	}
	secrets := []string{u.Query().Get("password"), u.Query().Get("sslpassword")}
	if password, set := u.User.Password(); set {
		secrets = append(secrets, password)
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(cause, secret) {
			return errors.New(shape)
		}
	}
	return fmt.Errorf("the database URL cannot be used: %s", cause)
}

// unreachable puts what pgx says, a line for every address and way that it
// tried, into one sentence.
func unreachable(config *pgx.ConnConfig, err error) error {
	var failed *pgconn.ConnectError
	if errors.As(err, &failed) {
		err = failed.Unwrap()
	}
	var causes []string
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		if _, cause, found := strings.Cut(line, "): "); found { // behind the address
			line = cause
		}
		line = strings.TrimPrefix(line, "hostname resolving error: ")
		if line != "" && !slices.Contains(causes, line) {
			causes = append(causes, line)
		}
	}
	// Unless it was asked for, it was then tried without.
	if refused := "tls error: server refused TLS connection"; len(causes) > 1 {
		causes = slices.DeleteFunc(causes, func(cause string) bool { return cause == refused })
	}
	return fmt.Errorf("open the database %s at %s: %s", config.Database, config.Host, strings.Join(causes, "; "))
}
