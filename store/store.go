// Package store is the language of accounts: the types, the rules with the
// sentences a person reads, the verbs that the web and the command line share,
// and the one SQL text that runs on every database. It imports no driver.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"gatehouse/store/rules"
	"gatehouse/store/secret"

	"golang.org/x/sync/singleflight"
)

// ErrNotFound says that what was asked for does not exist, or no longer.
var ErrNotFound = errors.New("not found")

// Database is what a dialect package opens: two pools on the same data and the
// translation of what its driver says. All fields are required.
type Database struct {
	// Read serves queries. Write serves everything else; on SQLite it is a
	// single connection whose transactions take the write lock when they begin.
	Read, Write *sql.DB
	// Probe serves Ready alone.
	Probe *sql.DB
	// ReadContext is applied to the context of every query on Read but those that count.
	// Its result has ended already where reading would end the program.
	ReadContext func(context.Context) context.Context
	// Pools are those on which Read and Write draw.
	Pools []Pool
	// Prepare says that statements which run often are worth preparing once,
	// because the driver does not do so itself.
	Prepare bool
	// Conflict names the unique column that err complains of, as
	// "table.column", or is empty for every other error.
	Conflict func(err error) string
	// Retryable says whether err means that another transaction was in the way, so
	// that the same may succeed when it is done again.
	Retryable func(err error) bool
	// LockWait is how long the same is done again while another transaction is in
	// the way. It is done a few times in any case; 0 is for a database that waits
	// for locks by itself.
	LockWait time.Duration
	// Trouble says in a few words why the database takes no work for now, as in
	// "it is read-only". It is empty for an error that means something else. What
	// it says may be shown to anybody. inPart says that only some tables or pages may be
	// concerned, which a probe does not touch.
	Trouble func(err error) (why string, inPart bool)
	// SkipIDs leaves a gap behind the ids that were given, in a transaction of Write.
	SkipIDs func(ctx context.Context, tx *sql.Tx, gap int64) error
	// InPlace returns an error where a commit does not reach the file that the next start
	// will open. It runs before each transaction, and before and after each commit.
	InPlace func() error
}

// Rules are what whoever runs the site may decide about accounts.
type Rules struct {
	Limits Limits
	// Reopen is how long a closed account can be opened again before it is
	// erased; 0 erases at once.
	Reopen time.Duration
	// EventRetention is how long events are stored.
	EventRetention time.Duration
	// AuditRetention is how long the audit is stored.
	AuditRetention time.Duration
	// NoNotices leaves out the letters that only tell: of a changed password, a
	// new device, a closed account, too many wrong passwords.
	NoNotices bool
	// Mails says that the site sends mail, which needs Keys.
	Mails bool
	// Keys are what the site's secret is used for. Without it nobody can have a second
	// step.
	Keys *secret.Keys
	// RelyingParty is the site to passkeys. Without it, or without Keys, nobody can have one.
	RelyingParty *RelyingParty
	// SecondStepRequired says that everybody must have a second step.
	SecondStepRequired bool
	// SecondStepStaff says that staff must have one.
	SecondStepStaff bool
	// Trust is how long somebody may trust a browser, at most TrustMax; 0 is not at all.
	Trust time.Duration
}

// DefaultRules are what a site begins with.
var DefaultRules = Rules{Limits: DefaultLimits, Reopen: 14 * 24 * time.Hour, EventRetention: 180 * 24 * time.Hour, AuditRetention: 730 * 24 * time.Hour, Trust: 30 * 24 * time.Hour}

// Store offers the verbs. Each is one transaction, safe for concurrent use.
type Store struct {
	db        Database
	passwords *rules.Passwords
	hasher    *secret.Hasher
	rules     Rules
	clock     func() time.Time
	log       *slog.Logger
	written   chan struct{} // holds at most one, when there are new letters
	tally     tally
	probes    singleflight.Group
	troubled  atomic.Bool // the last transaction failed because of the database
	partly    atomic.Pointer[partTrouble]
	product   Product
	failures  tally        // of jobs
	quiet     bool         // password managers are not told of passkeys that are unknown here
	kindsAt   atomic.Int64 // when the kinds of passwords in use were read, in Unix nanoseconds

	userByUsername  *statement
	userByEmail     *statement
	holders         *statement
	currentSignIn   *statement
	currentOverview *statement
	seen            *statement
}

// New prepares the hot statements on a database whose schema is in step. The
// clock is the only source of time for what is stored; tests move it. Events
// are logged to log.
func New(ctx context.Context, db Database, passwords *rules.Passwords, hasher *secret.Hasher, rules Rules, clock func() time.Time, log *slog.Logger) (*Store, error) {
	s := &Store{db: db, passwords: passwords, hasher: hasher, rules: rules, clock: clock, log: log, written: make(chan struct{}, 1), tally: newTally(), failures: tally{}}
	for _, hot := range []struct {
		statement **statement
		pool      *sql.DB
		text      string
	}{
		{&s.userByUsername, db.Read, selectUserByUsername},
		{&s.userByEmail, db.Read, selectUserByEmail},
		{&s.holders, db.Read, selectHolders},
		{&s.currentSignIn, db.Read, selectCurrentSignIn},
		{&s.currentOverview, db.Read, selectCurrentOverview},
		{&s.seen, db.Write, updateSeen},
	} {
		ready, err := prepare(ctx, hot.pool, hot.text, db.Prepare)
		if err != nil {
			return nil, err
		}
		*hot.statement = ready
	}
	if err := s.findHighestCost(ctx); err != nil {
		return nil, err
	}
	if err := s.findKinds(ctx); err != nil {
		return nil, err
	}
	if err := s.findSignals(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Unavailable says whether err means that the database cannot be reached, or takes no
// work for now. The web answers 503.
func (s *Store) Unavailable(err error) bool { return s.Trouble(err) != "" }

// Trouble says in a few words why the database takes no work for now, and is
// empty for an error that means something else.
func (s *Store) Trouble(err error) string {
	if trouble, _ := s.db.Trouble(err); trouble != "" || !errors.Is(err, context.DeadlineExceeded) {
		return trouble
	}
	return "it does not answer in time"
}

// isFault says whether err is for the log: an error that is no refusal.
func isFault(err error) bool {
	_, refused := rules.AsRefusal(err)
	return err != nil && !refused
}

// fault says of a fault what failed. A refusal, or nil, stays what it is.
func fault(what string, err error) error {
	if isFault(err) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return err
}

// Conflict names the unique column that err complains of, as "table.column", or is empty
// for every other error.
func (s *Store) Conflict(err error) string { return s.db.Conflict(err) }

// Now is the store's time: UTC and cut to microseconds, because PostgreSQL
// stores no more and SQLite compares times as text.
func (s *Store) Now() time.Time {
	return s.clock().UTC().Truncate(time.Microsecond)
}

// All reads every row of a query; into says where the columns of a row go. It reads what
// is committed: a query within a transaction is the transaction's own.
func All[T any](ctx context.Context, s *Store, query string, args []any, into func(*T) []any) ([]T, error) {
	rows, err := s.db.Read.QueryContext(s.db.ReadContext(ctx), query, args...)
	return collect(rows, err, into)
}

// collect reads every row that a query returned.
func collect[T any](rows *sql.Rows, err error, into func(*T) []any) ([]T, error) {
	if err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	defer rows.Close()
	var list []T
	for rows.Next() {
		var row T
		if err := rows.Scan(into(&row)...); err != nil {
			return nil, fmt.Errorf("list: %w", err)
		}
		list = append(list, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list: %w", err)
	}
	return list, nil
}

// UTC reads a time in UTC into Time. NULL is the zero time.
type UTC struct{ Time *time.Time }

// Scan implements sql.Scanner.
func (u UTC) Scan(value any) error {
	var t sql.NullTime
	err := t.Scan(value)
	*u.Time = t.Time.UTC()
	return err
}
