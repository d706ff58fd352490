package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/postgres"
	"gatehouse/store/sqlite"
)

type copyCommand struct {
	From     string `env:"-" required:"" placeholder:"PLACE" help:"The database that is copied: a file, or postgres://user:password@host/name."`
	To       string `env:"-" required:"" placeholder:"PLACE" help:"The one that is copied into. It has no rows; a file is made."`
	Rehearse bool   `env:"-" help:"For trying alone: copy a site that is served, as it is at one moment."`
	JSON     bool   `name:"json" env:"-" help:"Print JSON."`
}

// copying is a copy under way.
type copying struct {
	inv      *invocation
	from, to string
	rehearse bool
	// secret is that of the source as text, or empty where nobody here knows it.
	secret string
}

// Run copies everything from one database into another, in one transaction on each side.
func (c copyCommand) Run(inv *invocation) error {
	if _, err := inv.settings.check(); err != nil {
		return err
	}
	ctx, stop := inv.untilStopped()
	defer stop()
	interruptible := *inv
	interruptible.ctx = ctx
	d := copying{inv: &interruptible, rehearse: c.Rehearse}
	var err error
	if d.from, err = placeOf("--from", c.From); err != nil {
		return err
	}
	if d.to, err = placeOf("--to", c.To); err != nil {
		return err
	}
	if d.from == d.to {
		return usageError{errors.New("--from and --to are the same")}
	}
	err = d.prepare()
	var done store.Copied
	if err == nil {
		done, err = d.run()
	}
	if ctx.Err() != nil && err != nil {
		return errors.New("interrupted: nothing was copied")
	}
	if err != nil {
		return err
	}
	if err := inv.print(c.JSON, done, "copied %s rows in %d tables and compared each\n", thousands(int(done.Rows)), done.Tables); err != nil || c.JSON {
		return err
	}
	return d.sayWhatNext()
}

// placeOf reads a place that a flag names.
func placeOf(flag, value string) (string, error) {
	place, err := databasePlace(value)
	if err != nil {
		return "", usageError{errors.New(strings.Replace(err.Error(), "--database", flag, 1))}
	}
	return place, nil
}

// prepare brings the target up to this version where it is new, has the secret beside a file, and notes
// in the audit of the source that all of it leaves.
func (d *copying) prepare() error {
	source := *d.inv
	settings := *d.inv.settings
	settings.Database, source.settings = d.from, &settings
	err := withExisting(&source, func(a *accounts) error {
		return a.store.NoteExport(d.inv.ctx, "copy", operator())
	})
	if err != nil {
		return err
	}
	if d.secret, err = d.sourceSecret(); err != nil {
		return err
	}
	if err := d.prepareTarget(); err != nil {
		return fmt.Errorf("the target: %w", err)
	}
	if d.secret == "" || postgres.IsURL(d.to) || d.inv.settings.Secret != "" {
		return nil
	}
	path := d.to + identity.SecretEnding
	there, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeDurably(path, []byte(d.secret+"\n"))
	case err != nil:
		return err
	case strings.TrimSpace(string(there)) != d.secret:
		return fmt.Errorf("%s has another secret than the source: put it aside", path)
	}
	return nil
}

// sourceSecret is what stands in the settings or beside the source.
func (d *copying) sourceSecret() (string, error) {
	if d.inv.settings.Secret != "" || postgres.IsURL(d.from) {
		return d.inv.settings.Secret, nil
	}
	text, err := os.ReadFile(d.from + identity.SecretEnding)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(text)), err
}

// prepareTarget migrates a target that is empty. One that is not must be of this version.
func (d *copying) prepareTarget() (err error) {
	ctx, products := d.inv.ctx, d.inv.site.Product.Migrations
	db, err := openDatabase(ctx, d.to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	fresh, err := db.Empty(ctx)
	if err != nil {
		return err
	}
	if fresh {
		_, err = db.Migrate(ctx, products)
		return err
	}
	return db.CheckSchema(ctx, products)
}

func (d *copying) run() (done store.Copied, err error) {
	ctx := d.inv.ctx
	from, err := d.openSource(ctx)
	if err != nil {
		return done, d.inUse(d.from, err)
	}
	defer from.Close() //nolint:errcheck // nothing was written
	to, err := openCopyTarget(ctx, d.to)
	if err != nil {
		return done, d.inUse(d.to, err)
	}
	defer to.Close() //nolint:errcheck // what matters was committed
	var bar *progress
	stage := ""
	done, err = store.Copy(ctx, from, to, func(what string, n, total int64) {
		if what != stage {
			if bar != nil {
				bar.end()
			}
			stage, bar = what, newProgress(d.inv.term, int(total), d.inv.clock)
		}
		if bar.watched {
			bar.at(int(n))
		}
	})
	if bar != nil {
		bar.end()
	}
	return done, err
}

// openSource begins to read the source, which nobody may write to meanwhile: what they write would be
// lost.
func (d *copying) openSource(ctx context.Context) (store.CopyEnd, error) {
	if postgres.IsURL(d.from) {
		return postgres.OpenCopySource(ctx, d.from, d.rehearse)
	}
	if !d.rehearse {
		if err := sqlite.Leave(ctx, d.from); err != nil {
			return nil, err
		}
	}
	return sqlite.OpenCopySource(ctx, d.from)
}

func openCopyTarget(ctx context.Context, place string) (store.CopyEnd, error) {
	if postgres.IsURL(place) {
		return postgres.OpenCopyTarget(ctx, place)
	}
	if err := sqlite.Leave(ctx, place); err != nil {
		return nil, err
	}
	return sqlite.OpenCopyTarget(ctx, place)
}

// inUse says what to do where a database is in use.
func (d *copying) inUse(place string, err error) error {
	if !errors.Is(err, sqlite.ErrInUse) && !errors.Is(err, postgres.ErrInUse) {
		return err
	}
	if place == d.from {
		return fmt.Errorf("%s is in use: stop %s first, or try with --rehearse", placeShown(place), identity.Program)
	}
	return fmt.Errorf("%s is in use: stop whatever uses it first", placeShown(place))
}

// placeShown is a place without a password.
func placeShown(place string) string {
	if u, err := url.Parse(place); err == nil && postgres.IsURL(place) {
		return withoutPassword(u)
	}
	return place
}

func (d *copying) sayWhatNext() error {
	if d.rehearse {
		return d.inv.print(false, nil, "this is for trying only: what is written from now on is not in it\n")
	}
	place := placeShown(d.to)
	switch {
	case d.secret == "":
		return d.inv.print(false, nil, "serve it with --database %s and the secret that the source had\n", place)
	case !postgres.IsURL(d.to) && d.inv.settings.Secret == "":
		return d.inv.print(false, nil, "serve it with --database %s; its secret lies beside it\n", place)
	case d.inv.settings.Secret != "":
		return d.inv.print(false, nil, "serve it with --database %s and the same %s_SECRET\n", place, identity.Environment)
	}
	return d.inv.print(false, nil, "serve it with --database %s and %s_SECRET set to what stands in %s\n", place, identity.Environment, d.from+identity.SecretEnding)
}
