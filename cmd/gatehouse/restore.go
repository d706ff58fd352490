package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/postgres"
	"gatehouse/store/secret"
	"gatehouse/store/sqlite"
)

type restoreCommand struct {
	File        string `arg:"" optional:"" type:"path" help:"The backup. It may be left away to finish a restore that was broken off."`
	KeepSignins bool   `env:"-" help:"Leave people signed in who were when the backup was made."`
	Yes         bool   `env:"-" help:"Do it without asking."`
}

// Run puts a backup in the place of the database. Until all of it is ready beside that, nothing of the
// database is touched; from then on a run that is broken off is finished by the next.
func (c restoreCommand) Run(inv *invocation) error {
	checked, err := inv.settings.check()
	if err != nil {
		return err
	}
	if postgres.IsURL(checked.database) {
		return usageError{fmt.Errorf("restore is for SQLite; PostgreSQL has pg_restore, and then %s settle", identity.Program)}
	}
	r := restoring{inv: inv, checked: checked, database: checked.database}
	if moved, err := r.finish(); err != nil || moved != "" {
		if err != nil {
			return err
		}
		return inv.print(false, nil, "finished the restore that was broken off; what was there is in %s\n", moved)
	}
	if c.File == "" {
		return usageError{errors.New("name the backup")}
	}
	if err := sqlite.Verify(inv.ctx, c.File, inv.site.Product.Migrations); err != nil {
		return err
	}
	if err := r.unused(); err != nil {
		return err
	}
	if _, err := os.Stat(r.database); err == nil && !c.Yes {
		typed, err := askLine(inv.term, fmt.Sprintf("Type yes to put %s in the place of %s: ", c.File, r.database))
		if err != nil {
			return err
		}
		if typed != "yes" {
			return errors.New("nothing was restored")
		}
	}
	settled, err := r.prepare(c.File, c.KeepSignins)
	if err != nil {
		return errors.Join(err, r.clear())
	}
	moved, err := r.replace()
	if err != nil {
		return err
	}
	fmt.Fprint(inv.term.out, settledInWords("restored", settled, c.KeepSignins))
	if moved != "" {
		fmt.Fprintf(inv.term.out, "what was there is in %s\n", moved)
	}
	return nil
}

// settledInWords says what was put back, and what nobody can undo.
func settledInWords(verb string, done store.Settled, kept bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s accounts as they were on %s\n", verb, thousands(int(done.Accounts)), done.Until.UTC().Format("2 January 2006, 15:04 UTC"))
	if !kept {
		b.WriteString("everybody signs in anew\n")
	}
	if done.Letters > 0 {
		fmt.Fprintf(&b, "%s letters that waited are given up\n", thousands(int(done.Letters)))
	}
	b.WriteString("what was done since is undone: accounts closed, disabled or erased, passwords changed, recovery codes used, apps and passkeys added or removed are as they were\n")
	fmt.Fprintf(&b, "password managers keep passkeys that are unknown here until you run %s factor signals on\n", identity.Program)
	return b.String()
}

// Endings of files beside a database that is restored.
const (
	restoringEnding = ".restoring"
	beforeEnding    = ".before-"
)

// errRestoring says that a restore was broken off.
func errRestoring(database string) error {
	return fmt.Errorf("a restore of %s was broken off; finish it with %s restore", database, identity.Program)
}

// restoring is a restore under way.
type restoring struct {
	inv      *invocation
	checked  checked
	database string
}

func (r restoring) part() string   { return r.database + sqlite.PartEnding }
func (r restoring) marker() string { return r.database + restoringEnding }
func (r restoring) secret() string { return r.database + identity.SecretEnding }

// newSecret is where the secret of the backup waits.
func (r restoring) newSecret() string { return r.secret() + sqlite.PartEnding }

// unused refuses to go on while somebody has the database open, and leaves it without a log. One that
// cannot be read is moved aside as it is.
func (r restoring) unused() error {
	if _, err := os.Stat(r.database); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := sqlite.Leave(r.inv.ctx, r.database)
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("%s is in use: stop %s first", r.database, identity.Program)
	}
	if err != nil {
		fmt.Fprintf(r.inv.term.err, "%v; it is put aside as it is\n", err)
	}
	return nil
}

// keys are those of the secret that the site will have.
func (r restoring) keys() (*secret.Keys, error) {
	text, err := os.ReadFile(r.newSecret())
	if r.inv.settings.Secret != "" || errors.Is(err, fs.ErrNotExist) {
		return r.inv.settings.keys(r.checked)
	}
	if err != nil {
		return nil, err
	}
	key, err := readSecret(string(text))
	if err != nil {
		return nil, fmt.Errorf("the secret of the backup: %w", err)
	}
	return secret.NewKeys(key)
}

// clear removes what waits beside the database.
func (r restoring) clear() error {
	var failed error
	for _, path := range []string{r.part(), r.part() + "-wal", r.part() + "-shm", r.part() + "-journal", r.newSecret()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// prepare makes a copy of the backup beside the database that is ready to be served.
func (r restoring) prepare(file string, keepSignIns bool) (done store.Settled, err error) {
	if err := r.clear(); err != nil {
		return done, err
	}
	if err := copyFile(file, r.part()); err != nil {
		return done, err
	}
	c := r.checked
	if text, err := os.ReadFile(file + identity.SecretEnding); err == nil {
		if err := writeDurably(r.newSecret(), text); err != nil {
			return done, err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return done, err
	}
	keys, err := r.keys()
	if err != nil {
		return done, err
	}
	db, err := sqlite.Open(r.inv.ctx, r.part())
	if err != nil {
		return done, err
	}
	a := &accounts{db: db}
	defer func() { err = errors.Join(err, a.close()) }()
	if _, err := db.Migrate(r.inv.ctx, r.inv.site.Product.Migrations); err != nil {
		return done, err
	}
	c.database = r.part()
	if err := a.openWith(r.inv, c, slog.New(slog.DiscardHandler), keys); err != nil {
		return done, err
	}
	if a.store.SecondSteps() {
		if err := a.store.CheckSecret(r.inv.ctx); errors.Is(err, store.ErrOtherSecret) {
			return done, fmt.Errorf("the authenticator apps in %s were sealed with another secret than the one at hand: put that of the backup at %s, or set --secret", file, file+identity.SecretEnding)
		} else if err != nil {
			return done, err
		}
	}
	return a.store.Settle(r.inv.ctx, keepSignIns, operator())
}

// replace gives the new files the names of the old ones, which stay beside them.
func (r restoring) replace() (moved string, err error) {
	if err := r.unused(); err != nil {
		return "", err
	}
	stamp := r.inv.clock().UTC().Format(backupTime)
	text, err := json.Marshal(stamp)
	if err != nil {
		return "", err
	}
	if err := writeDurably(r.marker(), text); err != nil {
		return "", err
	}
	return r.finish()
}

// finish does what is left of a restore that has its marker, however often it is broken off. It returns
// where the old database is, or nothing where there is no marker.
func (r restoring) finish() (moved string, err error) {
	text, err := os.ReadFile(r.marker())
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var stamp string
	if err == nil {
		err = json.Unmarshal(text, &stamp)
	}
	if err != nil {
		return "", fmt.Errorf("read %s: %w", r.marker(), err)
	}
	before := r.database + beforeEnding + stamp
	// The log of a database that could not be read goes with it.
	for _, ending := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Stat(r.part()); err != nil {
			break // the file at the name is the new one
		}
		if err := moveAside(r.database+ending, before+ending); err != nil {
			return "", err
		}
	}
	for _, pair := range [][3]string{{r.newSecret(), r.secret(), before + identity.SecretEnding}, {r.part(), r.database, before}} {
		if err := swap(pair[0], pair[1], pair[2]); err != nil {
			return "", err
		}
	}
	if err := os.Remove(r.marker()); err != nil {
		return "", err
	}
	if err := sqlite.SyncFolder(filepath.Dir(r.database)); err != nil {
		return "", err
	}
	if _, err := os.Stat(before); errors.Is(err, fs.ErrNotExist) {
		return "nothing", nil
	}
	return before, nil
}

// moveAside gives a file another name, if it is there.
func moveAside(from, to string) error {
	if err := os.Rename(from, to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// swap puts a new file in the place of an old one, which keeps another name. Done twice it does nothing
// more.
func swap(fresh, place, before string) error {
	if _, err := os.Lstat(fresh); errors.Is(err, fs.ErrNotExist) {
		return nil // done before
	}
	// A second name first, so that there is no moment at which the old one has none.
	if err := os.Link(place, before); err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return sqlite.Rename(fresh, place)
}

// copyFile makes a new file with the content of another, which reaches the disk.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		os.Remove(to)
	}
	return err
}

type settleCommand struct {
	KeepSignins bool `env:"-" help:"Leave people signed in who were when the copy was taken."`
	Yes         bool `env:"-" help:"Do it without asking."`
}

// Run settles a database that was put back by other means.
func (c settleCommand) Run(inv *invocation) error {
	return withExisting(inv, func(a *accounts) error {
		if !c.Yes {
			typed, err := askLine(inv.term, "Type yes to end all sign-ins, links and letters that wait: ")
			if err != nil {
				return err
			}
			if typed != "yes" {
				return errors.New("nothing was settled")
			}
		}
		done, err := a.store.Settle(context.WithoutCancel(inv.ctx), c.KeepSignins, operator())
		if err != nil {
			return err
		}
		return inv.print(false, nil, "%s", settledInWords("settled", done, c.KeepSignins))
	})
}
