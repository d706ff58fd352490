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

// database is implemented by both dialects.
type database interface {
	Accounts() store.Database
	Sessions(ctx context.Context) (store.Sessions, error)
	Migrate(ctx context.Context, products ...fs.FS) ([]string, error)
	CheckSchema(ctx context.Context, products ...fs.FS) error
	Empty(ctx context.Context) (bool, error)
	Close() error
}

func openDatabase(ctx context.Context, place string) (database, error) {
	if postgres.IsURL(place) {
		return postgres.Open(ctx, place)
	}
	if _, err := os.Stat(place + restoringEnding); err == nil {
		return nil, errRestoring(place)
	}
	return sqlite.Open(ctx, place)
}

// accounts is an open database and everything that uses it.
type accounts struct {
	db        database
	store     *store.Store
	passwords *rules.Passwords
	hasher    *secret.Hasher
	// party is the site as passkeys know it. noPasskeys says why there is none.
	party      *store.RelyingParty
	noPasskeys error
}

// openAccounts opens the database for serving or for a command. Serving migrates it unless
// --no-migrate is set. A command migrates only a file that it creates, because an older program
// may be serving an existing database.
func openAccounts(inv *invocation, c checked, log *slog.Logger, serving bool) (*accounts, error) {
	migrate := isMissing(c.database)
	if serving {
		migrate = !inv.settings.NoMigrate
	}
	db, err := openDatabase(inv.ctx, c.database)
	if err != nil {
		return nil, err
	}
	a := &accounts{db: db}
	if migrate {
		_, err = db.Migrate(inv.ctx, inv.site.Product.Migrations)
	} else {
		err = db.CheckSchema(inv.ctx, inv.site.Product.Migrations)
	}
	if err == nil {
		err = a.open(inv, c, log, serving)
	}
	if err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

func (a *accounts) open(inv *invocation, c checked, log *slog.Logger, serving bool) error {
	keys, err := inv.settings.keys(c)
	if err != nil {
		return err
	}
	if err := a.openWith(inv, c, log, keys); err != nil {
		return err
	}
	if serving {
		if err := a.prepareSecret(inv, c, log); err != nil {
			return err
		}
	}
	inv.site.Store = a.store
	return a.store.Extend(inv.site.Product.ForStore())
}

// openWith prepares everything that uses the database, with keys or without.
func (a *accounts) openWith(inv *invocation, c checked, log *slog.Logger, keys *secret.Keys) error {
	words := []string{inv.settings.Name}
	if c.base != nil {
		words = append(words, c.base.Hostname())
	}
	a.passwords = &rules.Passwords{
		Min: inv.settings.PasswordMin, Common: assets.Passwords(), Words: words,
	}
	a.hasher = &secret.Hasher{
		Cost: inv.settings.BcryptCost, Gate: secret.NewGate(slots, secret.GateWait),
		OldPepper: inv.settings.OldPepper, Derive: deriveElsewhere,
	}
	a.hasher.Gate.Busy = addProcessors
	return a.openStore(inv, c, log, keys)
}

func (a *accounts) openStore(inv *invocation, c checked, log *slog.Logger, keys *secret.Keys) (err error) {
	rules := inv.settings.rules(c.base)
	rules.Keys = keys
	// Where nobody can have one, staff would be shut out. Who asked for it is refused by checkSecret.
	rules.SecondStepStaff = rules.SecondStepStaff && keys != nil
	// A command that has no secret cannot seal a letter.
	rules.Mails = inv.settings.sendsMail(c.base) && keys != nil
	a.party, a.noPasskeys = inv.settings.relyingParty(c)
	rules.RelyingParty = a.party
	a.store, err = store.New(inv.ctx, a.db.Accounts(), a.passwords, a.hasher, rules, inv.clock, log)
	return err
}

// warnTooCostly logs how many accounts have a hash that is never compared. The operator should
// learn of imported ones before their owners do.
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

// withExisting runs a command on the accounts of an existing database. A mistyped name must not
// create an empty one.
func withExisting(inv *invocation, do func(a *accounts) error) error {
	c, err := inv.settings.check()
	if err != nil {
		return err
	}
	if isMissing(c.database) {
		return fmt.Errorf("there is no database at %s; name it with --database", c.database)
	}
	return withAccounts(inv, do)
}

// isMissing says whether the database is a file that does not exist.
func isMissing(place string) bool {
	if postgres.IsURL(place) {
		return false
	}
	_, err := os.Stat(place)
	return errors.Is(err, fs.ErrNotExist)
}

// withAccounts runs a command on the accounts and closes them afterwards.
func withAccounts(inv *invocation, do func(a *accounts) error) (err error) {
	c, err := inv.settings.check()
	if err != nil {
		return err
	}
	// Commands record events with the account; their stderr is for people.
	a, err := openAccounts(inv, c, slog.New(slog.DiscardHandler), false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	return do(a)
}

type migrateCommand struct{}

// Run migrates the database to this version and lists the migrations.
func (migrateCommand) Run(inv *invocation) (err error) {
	c, err := inv.settings.check()
	if err != nil {
		return err
	}
	db, err := openDatabase(inv.ctx, c.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	applied, err := db.Migrate(inv.ctx, inv.site.Product.Migrations)
	if err != nil {
		return err
	}
	for _, name := range applied {
		fmt.Fprintf(inv.term.out, "applied %s\n", name)
	}
	if len(applied) == 0 {
		fmt.Fprintln(inv.term.out, "the database is up to date")
	}
	return nil
}
