package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"

	"gatehouse/assets"
	"gatehouse/store"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
	"gatehouse/store/sqlite"
)

// database is what both dialects open.
type database interface {
	Accounts() store.Database
	Sessions(ctx context.Context) (store.Sessions, error)
	Migrate(ctx context.Context) ([]string, error)
	CheckSchema(ctx context.Context) error
	Close() error
}

func openDatabase(ctx context.Context, place string) (database, error) {
	if postgres.IsURL(place) {
		return postgres.Open(ctx, place)
	}
	return sqlite.Open(ctx, place)
}

// accounts is an open database with everything that works on it.
type accounts struct {
	db        database
	store     *store.Store
	passwords *rules.Passwords
	hasher    *secret.Hasher
}

// openAccounts opens the database for serving or for a command. Serving brings it up to
// this version unless --no-migrate says otherwise; a command does so only with a file
// that it makes, because an older program may be serving what is there.
func openAccounts(j *job, c checked, log *slog.Logger, serving bool) (*accounts, error) {
	migrate := isMissing(c.database)
	if serving {
		migrate = !j.settings.NoMigrate
	}
	db, err := openDatabase(j.ctx, c.database)
	if err != nil {
		return nil, err
	}
	a := &accounts{db: db}
	if migrate {
		_, err = db.Migrate(j.ctx)
	} else {
		err = db.CheckSchema(j.ctx)
	}
	if err == nil {
		err = a.open(j, c, log, serving)
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *accounts) open(j *job, c checked, log *slog.Logger, serving bool) error {
	words := []string{j.settings.Name}
	if c.base != nil {
		words = append(words, c.base.Hostname())
	}
	a.passwords = &rules.Passwords{
		Min: j.settings.PasswordMin, Common: assets.Passwords(), Words: words,
	}
	a.hasher = &secret.Hasher{Cost: j.settings.BcryptCost, Gate: secret.NewGate(slots, secret.GateWait)}
	a.hasher.Gate.Busy = widen
	rules := j.settings.rules()
	var err error
	if rules.Letters, err = j.settings.seal(c, serving); err != nil {
		return err
	}
	a.store, err = store.New(j.ctx, a.db.Accounts(), a.passwords, a.hasher, rules, j.clock, log)
	return err
}

// warnTooCostly says how many accounts have a hash that is never compared. Whoever
// brought them should hear of it before the people do.
func (a *accounts) warnTooCostly(ctx context.Context, log *slog.Logger) error {
	n, err := a.store.CountTooCostly(ctx)
	if n > 0 {
		log.Warn("accounts have a password hash above the highest cost; they can only sign in after a reset by link",
			"accounts", n, "highest", secret.BcryptCostMax)
	}
	return err
}

func (a *accounts) close() error {
	if a.hasher != nil {
		a.hasher.Gate.Close()
	}
	return a.db.Close()
}

// withExisting runs a command on the accounts of a database that exists: a
// mistyped name must not make an empty one.
func withExisting(j *job, do func(a *accounts) error) error {
	c, err := j.settings.check()
	if err != nil {
		return err
	}
	if isMissing(c.database) {
		return fmt.Errorf("there is no database at %s; name it with --database", c.database)
	}
	return withAccounts(j, do)
}

// isMissing says whether a place is that of a file which does not exist.
func isMissing(place string) bool {
	if postgres.IsURL(place) {
		return false
	}
	_, err := os.Stat(place)
	return errors.Is(err, fs.ErrNotExist)
}

// withAccounts runs a command on the accounts and closes them after it.
func withAccounts(j *job, do func(a *accounts) error) (err error) {
	c, err := j.settings.check()
	if err != nil {
		return err
	}
	// What a command does is recorded with the account; its stderr is for people.
	a, err := openAccounts(j, c, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	return do(a)
}

type migrateCommand struct{}

// Run brings the database up to this version and says what it did.
func (migrateCommand) Run(j *job) (err error) {
	c, err := j.settings.check()
	if err != nil {
		return err
	}
	db, err := openDatabase(j.ctx, c.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := db.Migrate(j.ctx)
	if err != nil {
		return err
	}
	for _, name := range applied {
		fmt.Fprintln(j.term.out, "applied", name)
	}
	if len(applied) == 0 {
		fmt.Fprintln(j.term.out, "the database is up to date")
	}
	return nil
}
