package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/bcrypt"

	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	"gatehouse/store/sqlite"
	"gatehouse/store/storetest"
)

// fillCommand makes accounts to which nobody can sign in, because their hashes match no
// password. Only their number matters. Each has a sign-in, and each sign-in a session.
type fillCommand struct {
	Database string `arg:"" help:"A SQLite file or postgres:// URL."`
	Accounts int    `default:"1000000" help:"How many."`
	Expired  bool   `help:"All that they have has expired, and waits to be pruned."`
}

// Run migrates the database and fills it.
func (c fillCommand) Run(ctx context.Context) error {
	begun := time.Now()
	if err := fill(ctx, c.Database, c.Accounts, c.Expired); err != nil {
		return err
	}
	fmt.Printf("%d accounts with a sign-in, a device, an event and a session each, in %.0f s\n", c.Accounts, time.Since(begun).Seconds())
	return nil
}

func open(ctx context.Context, place string) (storetest.DB, error) {
	if postgres.IsURL(place) {
		return postgres.Open(ctx, place)
	}
	return sqlite.Open(ctx, place)
}

// filler inserts rows into one table, many at a time.
type filler struct {
	insert string
	// row is the values of one row as SQL, args their parameters for a person.
	row  string
	args func(name string, at time.Time) []any
}

// fillers are the tables that grow with the number of people. Rows that refer to a person find
// it by the new username.
func fillers(place string, hash []byte) []filler {
	expiry := "julianday(?)"
	if postgres.IsURL(place) {
		expiry = "?"
	}
	const person = "(SELECT id FROM users WHERE username = ?)"
	return []filler{
		{
			"users (username, email, email_key, name, name_key, name_turned, password_scheme, password_hash, password_cost, created_at, confirmed_at, disabled_at, closed_at, role)",
			"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?",
			func(name string, at time.Time) []any {
				address := name + "@load.example"
				// All kinds of beginnings are shared by everybody.
				common, number, _ := strings.Cut(name, "-")
				full := common + " Person " + number + " " + common
				key, turned := rules.NameKeys(full)
				s := stateOf(number, at)
				return []any{name, address, address, full, key, turned, secret.SchemeHMAC, string(hash), cost, at, s.confirmed, s.disabled, s.closed, s.role}
			},
		},
		{
			"signins (id, handle, device, kind, kept, address, agent, created_at, proved_at, seen_at, ends_at, idle_at, user_id)", "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, " + person,
			func(name string, at time.Time) []any {
				end := at.Add(store.AbsoluteRemembered)
				return []any{rand.Text(), rand.Text(), rand.Text(), store.KindPassword, true, "192.0.2.1", "Mozilla/5.0 (made up)", at, at, at, end, at.Add(store.IdleRemembered), name}
			},
		},
		{
			"devices (device, created_at, seen_at, user_id)", "?, ?, ?, " + person,
			func(name string, at time.Time) []any { return []any{rand.Text(), at, at, name} },
		},
		{
			"events (at, name, operator, address, agent, request, detail, user_id)", "?, ?, ?, ?, ?, ?, ?, " + person,
			func(name string, at time.Time) []any {
				return []any{at, store.EventSignedIn, false, "192.0.2.1", "Mozilla/5.0 (made up)", rand.Text()[:16], "", name}
			},
		},
		{
			"sessions (token, data, expiry)", "?, ?, " + expiry,
			func(_ string, at time.Time) []any {
				return []any{rand.Text() + rand.Text(), []byte(rand.Text() + rand.Text()), at.Add(store.AbsoluteRemembered)}
			},
		},
		{
			"throttles (bucket, failures, failed_at, waits_until)", "?, ?, ?, ?",
			func(name string, at time.Time) []any { return []any{"name:" + name, 1, at, at} },
		},
	}
}

// state is what lists of people are made of.
type state struct {
	confirmed, disabled, closed sql.NullTime
	role                        string
}

// stateOf spreads states over the accounts: of twenty-five one is disabled, one closed, one not
// confirmed. So even a thousand have more of each than a page shows. Of the first thousand one of
// twenty-five is of staff, and nobody else.
func stateOf(number string, at time.Time) (s state) {
	n, _ := strconv.Atoi(number) // the number is of our own making
	s.disabled = sql.NullTime{Time: at, Valid: n%25 == 1}
	s.closed = sql.NullTime{Time: at, Valid: n%25 == 2 && time.Since(at) < store.DefaultRules.Reopen} // or it is pruned
	s.confirmed = sql.NullTime{Time: at, Valid: n%25 != 3}
	if n%25 == 4 && n < 1000 {
		s.role = "support"
	}
	return s
}

// Rows per statement, and statements per transaction.
const (
	fillRows  = 200
	fillBatch = 50
)

func fill(ctx context.Context, place string, accounts int, expired bool) (err error) {
	db, err := open(ctx, place)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.Migrate(ctx); err != nil {
		return err
	}
	hash, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), bcrypt.MinCost)
	if err != nil {
		return err
	}
	hash = []byte(strings.Replace(string(hash), "$04$", fmt.Sprintf("$%02d$", cost), 1))
	at := time.Now().UTC().Truncate(time.Microsecond)
	if expired {
		at = at.AddDate(-1, 0, 0)
	}
	prefix := strings.ToLower(rand.Text()[:6])
	for done := 0; done < accounts; {
		tx, err := db.Accounts().Write.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		for range fillBatch {
			rows := min(fillRows, accounts-done)
			for _, f := range fillers(place, hash) {
				if err := f.fill(ctx, tx, prefix, done, rows, at); err != nil {
					return errors.Join(err, tx.Rollback())
				}
			}
			done += rows
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	if postgres.IsURL(place) {
		_, err = db.Accounts().Write.ExecContext(ctx, "SET LOCAL statement_timeout = 0; ANALYZE") // autovacuum would do so later
	}
	return err
}

// fill inserts the given number of rows. Each ? of a row becomes the next numbered parameter.
func (f filler) fill(ctx context.Context, tx *sql.Tx, prefix string, first, rows int, at time.Time) error {
	if rows == 0 {
		return nil
	}
	var text strings.Builder
	var args []any
	text.WriteString("INSERT INTO " + f.insert + " VALUES ")
	for i := range rows {
		if i > 0 {
			text.WriteString(", ")
		}
		text.WriteString("(")
		for j, part := range strings.Split(f.row, "?") {
			if j > 0 {
				fmt.Fprintf(&text, "$%d", len(args)+j)
			}
			text.WriteString(part)
		}
		text.WriteString(")")
		args = append(args, f.args(fmt.Sprintf("%s-%d", prefix, first+i), at)...)
	}
	_, err := tx.ExecContext(ctx, text.String(), args...)
	return err
}
