package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/postgres"
	"gatehouse/store/sqlite"
)

type backupCommand struct {
	To       string `arg:"" optional:"" help:"A folder, which is made where it ends with a slash, or a new file; by default the folder of --backup-to."`
	Keep     int    `env:"-" default:"${backup_keep}" help:"How many backups stay in the folder; 0 keeps all."`
	NoSecret bool   `env:"-" help:"Leave the secret out."`
	JSON     bool   `name:"json" env:"-" help:"Print JSON."`
}

// Run makes a backup while the site is served, or not.
func (c backupCommand) Run(inv *invocation) error {
	if c.Keep < 0 {
		return usageError{errors.New("--keep must be 0 or more")}
	}
	checked, err := inv.settings.check()
	if err != nil {
		return err
	}
	if postgres.IsURL(checked.database) {
		return usageError{fmt.Errorf("backup is for SQLite; PostgreSQL has pg_dump -Fc")}
	}
	to := c.To
	if to == "" {
		to = inv.settings.BackupTo
	}
	if to == "" {
		return usageError{errors.New("name a folder or a new file, or set --backup-to")}
	}
	if strings.HasSuffix(to, "/") {
		if err := os.MkdirAll(to, 0o700); err != nil {
			return fmt.Errorf("make the folder %s: %w", to, errors.Unwrap(err))
		}
	}
	if to, err = filepath.Abs(to); err != nil {
		return err
	}
	return withExisting(inv, func(a *accounts) error {
		b := backup{database: checked.database, to: to, keep: c.Keep, noSecret: c.NoSecret || inv.settings.Secret != "", products: []fs.FS{inv.site.Product.Migrations}}
		ctx, stop := inv.untilStopped()
		defer stop()
		done, err := b.run(ctx, a.store, inv.clock)
		if ctx.Err() != nil && err != nil {
			return errors.New("interrupted: nothing was backed up")
		}
		if err != nil {
			return err
		}
		if err := inv.print(c.JSON, done, "%s\n", done.inWords()); err != nil || c.JSON {
			return err
		}
		switch {
		case inv.settings.Secret != "":
			return inv.print(false, nil, "the secret comes from %s_SECRET and is not in the backup: keep it somewhere else\n", identity.Environment)
		case c.NoSecret:
			return inv.print(false, nil, "without its secret nobody with an authenticator app can sign in by it after a restore\n")
		}
		return nil
	})
}

// backup is one that is to be made.
type backup struct {
	database string
	// to is a folder, or a new file.
	to       string
	keep     int
	noSecret bool
	products []fs.FS
}

// backedUp is a backup that was made.
type backedUp struct {
	File     string `json:"file"`
	Secret   string `json:"secret,omitempty"`
	Accounts int64  `json:"accounts"`
	Bytes    int64  `json:"bytes"`
	Seconds  int64  `json:"seconds"`
}

func (d backedUp) inWords() string {
	return fmt.Sprintf("backed up %s accounts to %s, %s, checked, in %d s", thousands(int(d.Accounts)), d.File, inBytes(d.Bytes), d.Seconds)
}

// inBytes is a size for people.
func inBytes(n int64) string {
	switch {
	case n >= 1e9:
		return fmt.Sprintf("%.1f GB", float64(n)/1e9)
	case n >= 1e6:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%d kB", (n+999)/1000)
}

// backupShape is what backups in a folder are called: by when they were made, in UTC.
var backupShape = regexp.MustCompile(`^` + regexp.QuoteMeta(identity.Program) + `-([0-9]{8}T[0-9]{6}Z)\.db$`)

const backupTime = "20060102T150405Z"

// run makes the backup and its secret, and then removes the oldest of the folder.
func (b backup) run(ctx context.Context, accounts *store.Store, clock func() time.Time) (done backedUp, err error) {
	begun := clock()
	folder := ""
	done.File = b.to
	if info, err := os.Stat(b.to); err == nil && info.IsDir() {
		if err := removeParts(b.to, begun); err != nil {
			return done, err
		}
		folder, done.File = b.to, filepath.Join(b.to, identity.Program+"-"+begun.UTC().Format(backupTime)+".db")
	}
	if err := b.hasRoom(filepath.Dir(done.File)); err != nil {
		return done, err
	}
	// Whoever has it has everything, so that it is made known first.
	if err := accounts.NoteExport(ctx, "backup", operator()); err != nil {
		return done, err
	}
	if err := sqlite.Backup(ctx, b.database, done.File, b.products...); err != nil {
		return done, fmt.Errorf("back up: %w", err)
	}
	if done.Secret, err = b.copySecret(done.File); err != nil {
		os.Remove(done.File)
		return done, fmt.Errorf("back up: %w", err)
	}
	if err := b.keepOwner(done.File, done.Secret); err != nil {
		return done, err
	}
	info, err := os.Stat(done.File)
	if err != nil {
		return done, err
	}
	if done.Accounts, err = sqlite.CountUsers(ctx, done.File); err != nil {
		return done, err
	}
	done.Bytes, done.Seconds = info.Size(), int64(clock().Sub(begun).Round(time.Second)/time.Second)
	if folder != "" && b.keep > 0 {
		return done, removeOldest(folder, b.keep)
	}
	return done, nil
}

// hasRoom refuses a backup for which the disk has no room: one that fails half way would fill it.
func (b backup) hasRoom(folder string) error {
	free, known := freeOn(folder)
	if !known {
		if _, err := os.Stat(folder); err != nil {
			return fmt.Errorf("there is no folder %s", folder)
		}
		return nil
	}
	var size int64
	for _, name := range []string{b.database, b.database + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			size += info.Size()
		}
	}
	if free < uint64(size) {
		return fmt.Errorf("the disk of %s has %s left, and the backup may take %s", folder, inBytes(int64(free)), inBytes(size))
	}
	return nil
}

// copySecret copies the secret beside a backup, so that both are a pair like the live one.
func (b backup) copySecret(file string) (path string, err error) {
	if b.noSecret {
		return "", nil
	}
	text, err := os.ReadFile(b.database + identity.SecretEnding)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	path = file + identity.SecretEnding
	return path, writeDurably(path, text)
}

// writeDurably makes a new file that only its owner can read, and that survives a power cut.
func writeDurably(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		os.Remove(path)
		return err
	}
	return sqlite.SyncFolder(filepath.Dir(path))
}

// keepOwner gives files the owner of their folder, where the administrator of the machine makes them
// for another user.
func (b backup) keepOwner(paths ...string) error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		if err := ownedLike(path, filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}

// backups are those of a folder, the oldest first.
func backups(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	for _, entry := range entries {
		if backupShape.MatchString(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	slices.Sort(names)
	return names, err
}

// partLasts is longer than any backup takes.
const partLasts = 6 * time.Hour

// removeParts removes what backups that were killed left in a folder.
func removeParts(folder string, now time.Time) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name, part := strings.CutSuffix(entry.Name(), sqlite.PartEnding)
		info, err := entry.Info()
		if !part || !backupShape.MatchString(name) || err != nil || now.Sub(info.ModTime()) < partLasts {
			continue
		}
		if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// removeOldest removes all but the newest backups of a folder, each with its secret.
func removeOldest(folder string, keep int) error {
	names, err := backups(folder)
	if err != nil {
		return err
	}
	for _, name := range names[:max(0, len(names)-keep)] {
		path := filepath.Join(folder, name)
		if err := os.Remove(path); err != nil {
			return err
		}
		if err := os.Remove(path + identity.SecretEnding); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
