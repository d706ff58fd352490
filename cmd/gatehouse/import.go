package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// oldDays is how long passwords of earlier systems are good unless the import says otherwise.
const oldDays = 180

type userImport struct {
	File             string            `arg:"" help:"A SQLite file, CSV with a header, or JSON Lines."`
	From             string            `env:"-" enum:"flask,csv,jsonl," default:"" placeholder:"KIND" help:"What the file is, where how it begins does not tell: flask (a SQLite file), csv or jsonl."`
	Table            string            `env:"-" placeholder:"NAME" help:"The table of a SQLite file, by default Users."`
	Map              map[string]string `env:"-" mapsep:"," placeholder:"FIELD=COLUMN" help:"Columns that are not found by their names, such as username=login,email=mail."`
	Hash             string            `env:"-" enum:"bcrypt,bcrypt-sha256,bcrypt-pepper" default:"bcrypt" placeholder:"SCHEME" help:"What bcrypt hashes are of: the password (bcrypt), its SHA-256 in hexadecimal digits (bcrypt-sha256), or the password and the pepper of --old-pepper (bcrypt-pepper)."`
	Rename           bool              `env:"-" help:"Make usernames that fit of those that do not."`
	Skip             bool              `env:"-" help:"Take the good rows where others are bad."`
	Rejects          string            `env:"-" type:"path" placeholder:"FILE" help:"Write bad rows there, as CSV with the reason. It has their hashes: keep it private."`
	Roles            bool              `env:"-" help:"Take roles over."`
	WithoutPasswords bool              `env:"-" help:"Leave passwords behind: people choose one by link."`
	PasswordAlone    bool              `env:"-" help:"Take the passwords of people with a second step over as well; the password alone signs them in then."`
	OldUntil         string            `env:"-" placeholder:"DATE" help:"When passwords of the earlier system end that nobody signed in with, such as 2027-05-31; by default in 180 days."`
	Prove            string            `env:"-" placeholder:"USER" help:"Ask for the password of USER, and import nothing unless it is right."`
	DryRun           bool              `env:"-" help:"Say what would be done, and do nothing."`
	JSON             bool              `name:"json" env:"-" help:"Print JSON."`
}

// Run imports people from the file of another system.
func (c userImport) Run(inv *invocation) error {
	until, err := c.oldUntil(inv.clock())
	if err != nil {
		return err
	}
	return withAccounts(inv, func(a *accounts) (err error) {
		from, err := openSource(c.File, c.From, c.Table)
		if err != nil {
			return err
		}
		columns, err := from.columns(inv.ctx)
		if err != nil {
			return err
		}
		mapping, err := mapColumns(columns, c.Map)
		if err != nil {
			return err
		}
		if _, has := mapping["username"]; !has && !c.Rename {
			return usageError{fmt.Errorf("no column is for the username; name it with --map username=COLUMN, or let --rename make usernames of email addresses; there are %s", strings.Join(columns, ", "))}
		}
		i := &importing{userImport: c, inv: inv, accounts: a, rows: mapping.rows(inv.ctx, from, inv.clock().UTC()), unused: mapping.unused(columns)}
		_, hashes := mapping["password_hash"]
		i.report.NoHashes = !hashes && !c.WithoutPasswords
		if i.options, err = c.options(until); err != nil {
			return err
		}
		return i.run()
	})
}

// oldUntil is when old passwords end.
func (c userImport) oldUntil(now time.Time) (time.Time, error) {
	if c.OldUntil == "" {
		return now.UTC().Add(oldDays * day), nil
	}
	until, err := time.Parse(time.DateOnly, c.OldUntil)
	if err != nil || !until.After(now) {
		return until, usageError{fmt.Errorf("--old-until %q is no day to come; write it as %s", c.OldUntil, now.UTC().Add(oldDays*day).Format(time.DateOnly))}
	}
	return until, nil
}

func (c userImport) options(until time.Time) (store.ImportOptions, error) {
	sum, err := sumOf(c.File)
	scheme := map[string]string{"bcrypt": secret.SchemeBcrypt, "bcrypt-sha256": secret.SchemeBcryptSHA256, "bcrypt-pepper": secret.SchemeBcryptPepper}[c.Hash]
	return store.ImportOptions{
		Rename: c.Rename, Skip: c.Skip, Roles: c.Roles, WithoutPasswords: c.WithoutPasswords, PasswordAlone: c.PasswordAlone,
		Scheme: scheme, OldUntil: until, Name: filepath.Base(c.File), Sum: sum,
	}, err
}

// importing is one import under way.
type importing struct {
	userImport
	*accounts
	inv     *invocation
	rows    store.ImportRows
	unused  []string
	options store.ImportOptions
	report  importReport
	rejects *rejects
}

// importMemory is what the heap of an import may take, in bytes: beyond it garbage is collected more
// often.
const importMemory = 64 << 20

// limitMemory bounds the heap. Only main sets it: other programs, such as one that tests this one, do
// more at a time.
var limitMemory = func(int64) {}

func (i *importing) run() (err error) {
	limitMemory(importMemory)
	if i.Hash == "bcrypt-pepper" && i.inv.settings.OldPepper == "" {
		return usageError{errors.New("--hash bcrypt-pepper needs the pepper of that system: give it with --old-pepper, here and to the running site")}
	}
	if i.Rejects != "" {
		if i.rejects, err = newRejects(i.Rejects); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, i.rejects.end()) }()
	}
	i.options.Renamed = func(line int, from, to string) {
		i.report.Renamed = append(i.report.Renamed, renamed{line, from, to})
	}
	i.options.Rejected = func(row store.ImportRow, why string) {
		if i.rejects != nil {
			i.rejects.add(row, why)
		}
	}
	if i.Prove != "" {
		if err := i.prove(); err != nil {
			return err
		}
	}
	plan, err := i.store.CheckImport(i.inv.ctx, i.rows, i.options)
	if err != nil {
		return err
	}
	refused := plan.Bad > 0 && !i.Skip
	bad := plan.Bad
	if !refused && !i.DryRun {
		shown := newProgress(i.inv.term, plan.Rows, i.inv.clock)
		plan.Tell(shown.at)
		i.report.Added, err = i.store.Import(i.inv.ctx, i.rows, plan, operator())
		shown.end()
		i.report.Done = true
		if err != nil {
			return i.brokenOff(err)
		}
	}
	i.report.of(plan, i)
	if err := i.report.print(i.inv, i.JSON); err != nil {
		return err
	}
	switch {
	case refused:
		return fmt.Errorf("%d of %d rows are bad, so nothing was imported; mend them, or take the others with --skip", bad, plan.Rows)
	case plan.Bad > bad && !i.Skip:
		return fmt.Errorf("%d rows were left out, because somebody took their username or address meanwhile", plan.Bad-bad)
	}
	return nil
}

// brokenOff says how to go on.
func (i *importing) brokenOff(err error) error {
	if errors.Is(err, context.Canceled) {
		err = errors.New("stopped")
	}
	if i.report.Added == 0 {
		return err
	}
	return fmt.Errorf("%w; %d people are here by now, and the same command goes on with the others", err, i.report.Added)
}

// prove compares the password of one person with the row of the file.
func (i *importing) prove() error {
	for row, err := range i.rows() {
		if err != nil {
			return err
		}
		if row.Bad != "" || rules.CanonicalUsername(row.Username) != rules.CanonicalUsername(i.Prove) && !strings.EqualFold(row.Email, i.Prove) {
			continue
		}
		stored, why := secret.ReadForeign(row.Hash, i.options.Scheme)
		if stored.Hash == "" {
			if why == "" {
				why = "it is empty"
			}
			return fmt.Errorf("the password of %s in line %d can't be compared: %s", i.Prove, row.Line, why)
		}
		password, err := askOnce(i.inv.term, fmt.Sprintf("Password of %s in the earlier system", i.Prove))
		if err != nil {
			return err
		}
		match, err := i.hasher.Matches(i.inv.ctx, stored, password)
		if err != nil {
			return err
		}
		if !match {
			return fmt.Errorf("that is not the password of %s in line %d, so nothing was imported; look at --hash, --old-pepper and the column of the password", i.Prove, row.Line)
		}
		return nil
	}
	return fmt.Errorf("there is no %s in %s", i.Prove, i.File)
}

// askOnce asks for a password that exists already.
func askOnce(t terminal, prompt string) (string, error) {
	file, ok := attended(t)
	if !ok {
		return readLine(t)
	}
	return askHidden(t, file, prompt)
}
