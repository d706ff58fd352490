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

// sessionSettings are set when a connection begins, unless the connection string has
// others. A statement that is its own transaction can get its isolation in no other way.
// The timeout is in milliseconds.
var sessionSettings = map[string]string{
	"statement_timeout":             "5000",
	"default_transaction_isolation": "read committed",
}

// encoding is how text is sent and read, whatever the server, the role or the
// database says by default. Poolers take it as well.
const encoding = "client_encoding"

// configure reads a URL and adds the settings that it leaves out.
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
// connection begins, as is so for poolers such as PgBouncer.
func refusesParameters(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unsupported startup parameter")
}

// suitPooler removes the settings that a pooler does not take, but for those in the
// connection string itself. It returns false where there was none to remove.
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

// idleAfter is how long a connection may be unused before it is checked, and checkWait
// how long that may take.
const (
	idleAfter = time.Second
	checkWait = 500 * time.Millisecond
)

// watch drops all idle connections as soon as one of them turns out to be dead, or to
// lead to a read-only server: new ones may find the server that took over.
func (db *DB) watch(config *pgxpool.Config) {
	wait := cmp.Or(config.PingTimeout, checkWait)
	config.ShouldPing = func(ctx context.Context, p pgxpool.ShouldPingParams) bool {
		if idle(ctx, p) <= db.idleAfter {
			return false
		}
		// A caller who leaves meanwhile says nothing about the connection.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wait)
		defer cancel()
		if p.Conn.Ping(ctx) == nil {
			return false
		}
		p.Conn.PgConn().Conn().Close() //nolint:errcheck // otherwise it would occupy the pool until the server answers its goodbye
		db.dropIdle()
		return true // the pool pings it, finds it closed and takes another
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

// lastAsked is the key under which a connection stores when a page last used it.
const lastAsked = "last asked"

// idle is how long no page has used a connection. Background work does not count. It
// runs every second and always gets the connection used last, so that one would never
// be checked, and a page could wait for a server that is gone.
func idle(ctx context.Context, p pgxpool.ShouldPingParams) time.Duration {
	data, now, idle := p.Conn.PgConn().CustomData(), time.Now(), p.IdleDuration
	asked, known := data[lastAsked].(time.Time)
	if known {
		idle = now.Sub(asked)
	}
	if !store.IsBackground(ctx) {
		data[lastAsked] = now
	} else if !known {
		data[lastAsked] = time.Time{}
	}
	return idle
}

// dropIdle closes the connections that are not in use, and each of the others once
// it is given back.
func (db *DB) dropIdle() {
	if pool := db.pool.Load(); pool != nil {
		pool.Reset()
	}
}

// unreadable says why a URL cannot be used, and leaves out anything that may be a
// password.
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

// unreachable puts what pgx says into one sentence. pgx has a line for each address and
// for each try with and without TLS.
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
	// Unless TLS is required, pgx then tries without it.
	if refused := "tls error: server refused TLS connection"; len(causes) > 1 {
		causes = slices.DeleteFunc(causes, func(cause string) bool { return cause == refused })
	}
	return fmt.Errorf("open the database %s at %s: %s", config.Database, config.Host, strings.Join(causes, "; "))
}
