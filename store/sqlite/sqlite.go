// Package sqlite is the SQLite dialect of the store: opening, migrations, the
// session store and the translation of driver errors.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"

	"gatehouse/store"
)

// DB is one SQLite file, opened with one writing connection and a pool of
// reading ones.
type DB struct {
	store.Database
	file   *file
	saving sync.Once
	saved  sync.WaitGroup
}

// lockWait is how long a change waits for a lock of another program. connectionWait, in
// milliseconds, is how much of that it may occupy the one connection that writes:
// everybody else who has something to write would wait behind it.
const (
	lockWait       = 5 * time.Second
	connectionWait = "10"
)

// openWait is how long Open waits for other programs that open or close the same file.
const openWait = 10 * time.Second

// Open opens or makes the file at path, readable by its owner alone. The
// journal is a write-ahead log and every commit reaches the disk before it is
// acknowledged (synchronous=FULL). A log that is not the file's own is refused.
func Open(ctx context.Context, path string) (*DB, error) {
	return OpenWith(ctx, path, "sqlite3")
}

// OpenWith is Open with another driver that is registered with database/sql,
// such as one that wraps mattn's to see what it is asked.
func OpenWith(ctx context.Context, path, driver string) (*DB, error) {
	named, err := sql.Open(driver, "")
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	defer named.Close()
	file, err := openFile(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	db := &DB{file: file}
	// mode=rw, or SQLite would make a new file where this one has just been removed.
	name := "file:" + (&url.URL{Path: path}).EscapedPath() + "?mode="
	pool := func(more string) *sql.DB {
		return newPool(named.Driver(), name+"rw&_foreign_keys=on&_synchronous=FULL"+more, db.inPlace)
	}
	db.Write = pool("&_busy_timeout=" + connectionWait + "&_txlock=immediate")
	db.Probe = pool("&_busy_timeout=" + connectionWait + "&_txlock=immediate")
	db.Read = pool("&_query_only=on")
	db.Write.SetMaxOpenConns(1)
	db.Probe.SetMaxOpenConns(1)
	readers := max(4, 2*runtime.NumCPU())
	db.Read.SetMaxOpenConns(readers)
	db.Read.SetMaxIdleConns(readers)
	db.Pools = []store.Pool{{Name: "read", Stats: db.Read.Stats}, {Name: "write", Stats: db.Write.Stats}}
	db.ReadContext, db.Prepare = db.readContext, true
	db.Conflict, db.Trouble, db.InPlace, db.SkipIDs = conflict, trouble, db.inPlace, skipIDs
	// A transaction has the lock from its beginning: one that did not get it did nothing.
	db.Retryable, db.LockWait = isLocked, lockWait
	// Closing a connection that may write would write the log back.
	sound := func(how string) error {
		looking := newPool(named.Driver(), name+how, db.inPlace)
		return errors.Join(db.patiently(ctx, func() error { return look(ctx, looking, path) }), looking.Close())
	}
	switch {
	case file.doubtful && file.journaled:
		// A connection that may only read could not roll the journal back, and one that may write
		// does so unasked. So the file is looked at without it, and once more when it is gone.
		err = sound("ro&immutable=1")
	case file.doubtful:
		err = sound("ro")
	}
	if err == nil {
		err = db.patiently(ctx, func() error { return db.beginLog(ctx) })
	}
	if err == nil && file.doubtful && file.journaled {
		err = sound("ro")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database %s: %w", path, explain(err)), db.close())
	}
	return db, nil
}

// errNoLog says that the file has no log although one was begun: another program has
// just closed it, or it can have none.
var errNoLog = errors.New("no write-ahead log can be kept beside the file")

// readContext is the context of a query. It has ended already where the query would end
// the program.
func (db *DB) readContext(ctx context.Context) context.Context {
	if err := db.file.usable(); err != nil {
		return endedContext{ctx, err}
	}
	// With a context that can be cancelled mattn starts a goroutine for each query.
	return context.WithoutCancel(ctx)
}

// patiently repeats a step of opening. While another program opens or closes the same
// file SQLite gives up at once, whatever its busy_timeout.
func (db *DB) patiently(ctx context.Context, do func() error) error {
	for end := time.Now().Add(openWait); ; {
		err := do()
		if !isLocked(err) && !errors.Is(err, errNoLog) || ctx.Err() != nil || time.Now().After(end) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (db *DB) beginLog(ctx context.Context) error {
	if db.file.start.fresh() {
		if err := db.leaveLog(ctx); err != nil && !isLocked(err) {
			return err
		}
	}
	// The first read opens the log and its index. From then on no other program removes
	// them by closing the file.
	var mode string
	for _, statement := range []string{`PRAGMA journal_mode = WAL`, `PRAGMA schema_version`, `PRAGMA journal_mode`} {
		if err := db.Write.QueryRowContext(ctx, statement).Scan(&mode); err != nil {
			return err
		}
	}
	if mode != "wal" {
		return errNoLog
	}
	return db.file.opened()
}

// leaveLog writes the log back into the file and removes it. It fails while
// another program has the file open.
func (db *DB) leaveLog(ctx context.Context) error {
	if _, err := db.Write.ExecContext(ctx, `PRAGMA busy_timeout = 0`); err != nil {
		return err
	}
	_, err := db.Write.ExecContext(ctx, `PRAGMA journal_mode = DELETE`)
	_, after := db.Write.ExecContext(ctx, `PRAGMA busy_timeout = `+connectionWait)
	return errors.Join(err, after)
}

// inPlace is asked before and after every commit.
func (db *DB) inPlace() error {
	err := db.file.inPlace()
	if err != nil && db.file.lostLog() {
		db.saving.Do(func() { db.saved.Go(db.save) })
	}
	return err
}

// save writes a log that was removed back into its file, once the writer is
// free: nothing else contains what was acknowledged last.
func (db *DB) save() {
	// A checkpoint waits for readers.
	wait := fmt.Sprintf(`PRAGMA busy_timeout = %d; `, lockWait.Milliseconds())
	db.Write.Exec(wait + `PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout = ` + connectionWait) //nolint:errcheck // the request that met the trouble is told
}

// Migrate brings the schema up to this version, with the migrations of products, and
// returns what it applied.
func (db *DB) Migrate(ctx context.Context, products ...fs.FS) ([]string, error) {
	all, err := store.Migrations("sqlite", products...)
	if err != nil {
		return nil, err
	}
	var applied []string
	err = db.Retry(ctx, func() (err error) {
		applied, err = store.Migrate(ctx, db.Write, all, "")
		return err
	})
	return applied, err
}

// CheckSchema returns an error when the schema is not that of this version, with the
// migrations of products.
func (db *DB) CheckSchema(ctx context.Context, products ...fs.FS) error {
	all, err := store.Migrations("sqlite", products...)
	if err != nil {
		return err
	}
	return store.CheckSchema(ctx, db.Read, all, noTable)
}

const countMigrations = `SELECT count(*) FROM sqlite_master WHERE name = 'migrations'`

// Empty says whether nobody has migrated the database yet.
func (db *DB) Empty(ctx context.Context) (bool, error) {
	var n int
	if err := db.Read.QueryRowContext(ctx, countMigrations).Scan(&n); err != nil {
		return false, fmt.Errorf("look for tables: %w", err)
	}
	return n == 0, nil
}

// Accounts is what the store works on.
func (db *DB) Accounts() store.Database { return db.Database }

// Close closes all pools and leaves the file without a log, unless another program has
// it open. The file then says that it has no log, by which a copy of it can be told from
// what a killed program leaves. A database whose file was removed or replaced is left
// as it is: SQLite removes the log by its name, under which there may be another one.
func (db *DB) Close() error {
	db.saved.Wait()
	if err := db.file.inPlace(); err != nil && !db.file.lostLog() {
		return fmt.Errorf("close the database: %w", err)
	}
	closed := errors.Join(db.Read.Close(), db.Probe.Close())
	db.leaveLog(context.Background()) //nolint:errcheck // then it stays as a killed program leaves it
	return errors.Join(closed, db.close())
}

func (db *DB) close() error {
	return errors.Join(db.Read.Close(), db.Probe.Close(), db.Write.Close(), db.file.main.Close())
}

// conflict reads SQLite's own words, as in "UNIQUE constraint failed:
// users.username".
func conflict(err error) string {
	var failed sqlite3.Error
	if !errors.As(err, &failed) || failed.ExtendedCode != sqlite3.ErrConstraintUnique && failed.ExtendedCode != sqlite3.ErrConstraintPrimaryKey {
		return ""
	}
	_, column, _ := strings.Cut(failed.Error(), "failed: ")
	return column
}

// noTable says whether err means that a table does not exist, for which SQLite has
// words but no code.
func noTable(err error) bool { return strings.Contains(err.Error(), "no such table") }

// trouble says what is the matter with the file, where err is about that and
// not about the query.
func trouble(err error) (why string, inPart bool) {
	if errors.Is(err, errMoved) {
		return "its file was removed, replaced or written over while it was open", false
	}
	var failed sqlite3.Error
	if !errors.As(err, &failed) {
		return "", false
	}
	switch failed.SystemErrno {
	case syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG:
		return "the disk is full", false
	}
	switch failed.Code {
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return "another program holds it locked", false
	case sqlite3.ErrReadonly, sqlite3.ErrPerm:
		return "it is read-only", false
	case sqlite3.ErrFull:
		return "the disk is full", false
	case sqlite3.ErrCantOpen:
		return "its file cannot be read or written", false
	case sqlite3.ErrIoErr:
		return "its file cannot be read or written", true
	case sqlite3.ErrCorrupt, sqlite3.ErrNotADB:
		return "its file is damaged", true
	}
	if otherTables(err) {
		return "its tables are not those of this version", true
	}
	return "", false
}

// otherTables says whether err means that a table or a column is not there, for
// which SQLite has words but no code.
func otherTables(err error) bool {
	for _, words := range []string{"no such column", "has no column named"} {
		if strings.Contains(err.Error(), words) {
			return true
		}
	}
	return noTable(err)
}

// explain adds what SQLite does not say about a file that it cannot write.
func explain(err error) error {
	var failed sqlite3.Error
	if errors.As(err, &failed) && (failed.Code == sqlite3.ErrReadonly || failed.Code == sqlite3.ErrCantOpen) {
		return fmt.Errorf("%w; its folder must be writable as well, for the log beside it", err)
	}
	return err
}

func isLocked(err error) bool {
	var failed sqlite3.Error
	return errors.As(err, &failed) && (failed.Code == sqlite3.ErrBusy || failed.Code == sqlite3.ErrLocked)
}
