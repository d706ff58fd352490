package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"gatehouse/store"
)

const (
	checkForeignKeys = `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`
	countUserTables  = `SELECT count(*) FROM sqlite_master WHERE name = 'users'`
	countUsers       = `SELECT count(*) FROM users`
)

// PartEnding stands behind the name of a file that is not whole yet.
const PartEnding = ".part"

// Backup writes the database at a path, as it is at one moment, into a new file that its owner alone
// can read, while others go on using it. The copy has no log, and nothing in it of what was erased. It
// is checked before it gets its name; a file of that name is an error. When ctx ends nothing is left.
func Backup(ctx context.Context, from, to string, products ...fs.FS) (err error) {
	part := to + PartEnding
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already", to)
	}
	// SQLite would make it readable for others.
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: another backup is under way, or was broken off; remove it then", part)
	}
	if err != nil {
		return err
	}
	defer func() {
		if file.Close(); err != nil {
			os.Remove(part)
		}
	}()
	db, err := openOnly(from, "mode=ro&_busy_timeout=5000")
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, `VACUUM INTO $1`, part); err != nil {
		return fmt.Errorf("copy the database: %w", errors.Join(ctx.Err(), err))
	}
	if err := Verify(ctx, part, products...); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("write the backup: %w", err)
	}
	return Rename(part, to)
}

// openOnly opens a file on one connection. The caller says how.
func openOnly(path, how string) (*sql.DB, error) {
	db, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+how)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// errDamaged says that a file is no sound database.
var errDamaged = errors.New("is damaged")

// Verify checks that a file is a sound database of this program, which nobody has open, and writes
// nothing. It returns store.ErrNewer for one of a later version; an older one is fine. It reads all of it.
func Verify(ctx context.Context, path string, products ...fs.FS) error {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("there is no file %s", path)
	}
	db, err := openOnly(path, "mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer db.Close()
	// Not integrity_check, which takes twice as long: VACUUM has just built every index.
	var said string
	if err := db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&said); err != nil {
		return fmt.Errorf("%s %w: %w", path, errDamaged, errors.Join(ctx.Err(), err))
	}
	if said != "ok" {
		return fmt.Errorf("%s %w: %s", path, errDamaged, said)
	}
	var table string
	err = db.QueryRowContext(ctx, checkForeignKeys).Scan(&table)
	if err == nil {
		return fmt.Errorf("%s %w: rows of %s belong to nobody", path, errDamaged, table)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("check %s: %w", path, errors.Join(ctx.Err(), err))
	}
	all, err := store.Migrations("sqlite", products...)
	if err != nil {
		return err
	}
	if err := store.CheckSchema(ctx, db, all, noTable); err != nil && !errors.Is(err, store.ErrOlder) {
		return err
	}
	var users int
	if err := db.QueryRowContext(ctx, countUserTables).Scan(&users); err != nil || users == 0 {
		return fmt.Errorf("%s is no database of this program", path)
	}
	return nil
}

// CountUsers counts the accounts in a file that nobody has open.
func CountUsers(ctx context.Context, path string) (n int64, err error) {
	db, err := openOnly(path, "mode=ro&immutable=1")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	return n, db.QueryRowContext(ctx, countUsers).Scan(&n)
}

// Rename gives a file another name, so that it has it after a power cut as well.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(to))
}

// SyncFolder has the names in a folder reach the disk.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("write the folder %s: %w", path, err)
	}
	return nil
}

// ErrInUse says that somebody has the database open.
var ErrInUse = errors.New("the database is in use")

// Leave writes the log of a database back into its file and removes it. ErrInUse says that somebody has
// it open; any other error that it cannot be read, as after damage.
func Leave(ctx context.Context, path string) error {
	if err := unheld(path); err != nil {
		return err
	}
	db, err := openOnly(path, "mode=rw&_busy_timeout=100")
	if err != nil {
		return err
	}
	defer db.Close()
	var mode string
	err = db.QueryRowContext(ctx, `PRAGMA journal_mode = DELETE`).Scan(&mode)
	switch {
	case isLocked(err), err == nil && mode != "delete":
		return ErrInUse
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", path, err)
	}
	return nil
}
