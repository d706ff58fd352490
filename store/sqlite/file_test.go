package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"gatehouse/store"
	"gatehouse/store/sqlite"
	"gatehouse/store/storetest"
)

// site is an open database with a store on it.
type site struct {
	*store.Store
	db   *sqlite.DB
	path string
}

func newSite(t *testing.T, path string) site {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return site{storetest.New(t, db.Accounts(), storetest.NewClock()), db, path}
}

func registration(name string) store.Registration {
	return store.Registration{Username: name, Email: name + "@example.com", Password: storetest.Password}
}

// accounts are the usernames in a database.
func accounts(t *testing.T, s *store.Store) string {
	t.Helper()
	users, err := s.Users(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, user := range users {
		names = append(names, user.Username)
	}
	return strings.Join(names, " ")
}

// killed copies a database as it is on the disk now, which is what a killed
// program leaves, and returns where to.
func killed(t *testing.T, path string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "gatehouse.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		cp(t, path+end, to+end)
	}
	return to
}

func cp(t *testing.T, from, to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// put replaces a file by another one, under its name.
func put(t *testing.T, from, to string) {
	t.Helper()
	cp(t, from, from+".new")
	if err := os.Rename(from+".new", to); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func cut(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // so that the next use looks, as it does after 10
}

// copies are ways to copy a database, beginning with the open one.
var copies = map[string]func(t *testing.T, s site, to string){
	"VACUUM INTO": func(t *testing.T, s site, to string) {
		if _, err := s.db.Write.Exec(`VACUUM INTO '` + to + `'`); err != nil {
			t.Fatal(err)
		}
	},
	"backup interface": func(t *testing.T, s site, to string) {
		target, err := sql.Open("sqlite3", to)
		if err != nil {
			t.Fatal(err)
		}
		defer target.Close()
		err = raw(t, target, func(into *sqlite3.SQLiteConn) error {
			return raw(t, s.db.Write, func(from *sqlite3.SQLiteConn) error {
				backup, err := into.Backup("main", from, "main")
				if err != nil {
					return err
				}
				_, err = backup.Step(-1)
				return errors.Join(err, backup.Finish())
			})
		})
		if err != nil {
			t.Fatal(err)
		}
	},
	"file, while nobody has it open": func(t *testing.T, s site, to string) {
		at := killed(t, s.path)
		closed := newSite(t, at)
		if err := closed.db.Close(); err != nil {
			t.Fatal(err)
		}
		cp(t, at, to)
	},
}

func raw(t *testing.T, db *sql.DB, do func(conn *sqlite3.SQLiteConn) error) error {
	t.Helper()
	conn, err := db.Conn(t.Context())
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(driver any) error { return do(driver.(*sqlite3.SQLiteConn)) })
}

// A copy is put back after a kill, by the steps and without the first of them.
func TestACopyIsNotMixedWithWhatCameAfterIt(t *testing.T) {
	t.Parallel()
	for how, take := range copies {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
			storetest.Register(t, s.Store, registration("early"))
			backup := filepath.Join(t.TempDir(), "copy.db")
			take(t, s, backup)
			storetest.Register(t, s.Store, registration("later"))
			for name, back := range map[string]func(t *testing.T, from, to string){"written over": cp, "renamed": put} {
				t.Run(name, func(t *testing.T) {
					path := killed(t, s.path)
					back(t, backup, path)
					log := text(t, path+"-wal")
					for range 2 {
						if db, err := sqlite.Open(t.Context(), path); err == nil {
							db.Close()
							t.Fatal("it was opened beside the log of another one")
						} else if !strings.Contains(err.Error(), "remove "+path+"-wal and "+path+"-shm") {
							t.Errorf("%v does not say what to do", err)
						}
					}
					if text(t, path+"-wal") != log || text(t, path) != text(t, backup) {
						t.Error("something was written by a start that was refused")
					}
					remove(t, path+"-wal", path+"-shm")
					if got := accounts(t, newSite(t, path).Store); got != "early" {
						t.Errorf("put back by the steps it has %q, want those of the copy", got)
					}
				})
			}
			t.Run("served and killed", func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "gatehouse.db")
				cp(t, backup, path)
				again := newSite(t, path)
				if got := accounts(t, newSite(t, killed(t, path)).Store); got != "early" {
					t.Errorf("killed at once it has %q, want those of the copy", got)
				}
				storetest.Register(t, again.Store, registration("newer"))
				if got := accounts(t, newSite(t, killed(t, path)).Store); got != "early newer" {
					t.Errorf("killed later it has %q, want all", got)
				}
			})
		})
	}
}

func text(t *testing.T, path string) string {
	t.Helper()
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// Whatever a killed program leaves is taken: from the first moment on, once a
// part of the log is written back, and wherever it was moved to.
func TestWhatAKilledProgramLeftIsTaken(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	want := ""
	taken := func(when string) {
		t.Helper()
		if got := accounts(t, newSite(t, killed(t, s.path)).Store); got != want {
			t.Errorf("killed %s it has %q, want %q", when, got, want)
		}
	}
	taken("at once")
	storetest.Register(t, s.Store, registration("early"))
	want = "early"
	taken("after a registration")
	for _, mode := range []string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"} {
		if _, err := s.db.Write.Exec(`PRAGMA wal_checkpoint(` + mode + `)`); err != nil {
			t.Fatal(err)
		}
		taken("after a checkpoint " + mode)
		storetest.Register(t, s.Store, registration("after-"+strings.ToLower(mode)))
		want += " after-" + strings.ToLower(mode)
		taken("and a registration after " + mode)
	}
	if _, err := s.db.Write.Exec(`CREATE TABLE product (id INTEGER)`); err != nil {
		t.Fatal(err)
	}
	taken("after a change of the schema")
	older := killed(t, s.path)
	if err := newSite(t, older).db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(older + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a closed database has a log: %v", err)
	}
}

// What versions left that closed a file with its log.
func TestAFileThatSaysItHasALogIsTaken(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	db, err := sql.Open("sqlite3", "file:"+path+"?_journal_mode=WAL")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`CREATE TABLE old (id INTEGER)`); err != nil {
		t.Fatal(err)
	}
	left := killed(t, path)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	newSite(t, left)
	newSite(t, path)
}

// Who is killed while the file gets its log, or gives it up, leaves a journal with the first page.
func TestAJournalThatAKilledProgramLeftIsRolledBack(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, journal byte }{
		"getting a log": {2, 1}, "about to get one": {1, 1}, "giving it up": {1, 2}, "about to give it up": {2, 2},
	} {
		path := filepath.Join(t.TempDir(), "gatehouse.db")
		s := newSite(t, path)
		storetest.Register(t, s.Store, registration("ada"))
		if err := s.db.Close(); err != nil {
			t.Fatal(err)
		}
		content := []byte(text(t, path))
		page := slices.Clone(content[:4096])
		page[18], page[19] = c.journal, c.journal
		content[18], content[19] = c.file, c.file
		for file, bytes := range map[string][]byte{path: content, path + "-journal": journalOf(page, len(content)/len(page))} {
			if err := os.WriteFile(file, bytes, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s = newSite(t, path)
		if got := accounts(t, s.Store); got != "ada" {
			t.Errorf("%s: there is %q", name, got)
		}
		if err := s.db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// journalOf is a rollback journal with the first page of a file
// (https://www.sqlite.org/fileformat2.html, "The Rollback Journal").
func journalOf(page []byte, pages int) []byte {
	const nonce, sector = 7, 512
	journal := []byte{0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7}
	for _, n := range []uint32{1, nonce, uint32(pages), sector, uint32(len(page))} {
		journal = binary.BigEndian.AppendUint32(journal, n)
	}
	journal = append(journal, make([]byte, sector-len(journal))...)
	journal = binary.BigEndian.AppendUint32(journal, 1)
	sum := uint32(nonce)
	for i := len(page) - 200; i > 0; i -= 200 {
		sum += uint32(page[i])
	}
	return binary.BigEndian.AppendUint32(append(journal, page...), sum)
}

func TestALogWithoutItsFileIsKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	for name, gone := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		path := killed(t, s.path)
		log := text(t, path+"-wal")
		if err := gone(path); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if db, err := sqlite.Open(t.Context(), path); err == nil {
				db.Close()
				t.Errorf("%s: a new database was made beside the log of another one", name)
			}
		}
		if text(t, path+"-wal") != log {
			t.Errorf("%s: the log was changed", name)
		}
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) != (name == "removed") {
			t.Errorf("%s: the file: %v", name, err)
		}
	}
}

// What is acknowledged is in the file that the next start opens.
func TestNothingIsAcknowledgedThatTheNextStartDoesNotFind(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, s site, backup string){
		"removed, all of it": func(t *testing.T, s site, _ string) { remove(t, s.path, s.path+"-wal", s.path+"-shm") },
		"removed":            func(t *testing.T, s site, _ string) { remove(t, s.path) },
		"log removed":        func(t *testing.T, s site, _ string) { remove(t, s.path+"-wal") },
		"index removed":      func(t *testing.T, s site, _ string) { remove(t, s.path+"-shm") },
		"index cut short":    func(t *testing.T, s site, _ string) { cut(t, s.path+"-shm", 0) },
		"index cut in half":  func(t *testing.T, s site, _ string) { cut(t, s.path+"-shm", 16<<10) },
		"log replaced":       func(t *testing.T, s site, _ string) { put(t, s.path+"-wal", s.path+"-wal") },
		"replaced":           func(t *testing.T, s site, backup string) { put(t, backup, s.path) },
		"replaced by itself": func(t *testing.T, s site, _ string) { put(t, s.path, s.path) },
		"written over":       func(t *testing.T, s site, backup string) { cp(t, backup, s.path) },
		"emptied":            func(t *testing.T, s site, _ string) { cut(t, s.path, 0) },
		"in a folder that moved": func(t *testing.T, s site, _ string) {
			folder := filepath.Dir(s.path)
			if err := os.Rename(folder, folder+"-moved"); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Rename(folder+"-moved", folder) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
			ada := storetest.Register(t, s.Store, storetest.Ada())
			sessions, err := s.db.Sessions(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n, err := s.SignIn(t.Context(), store.ByPassword(ada), store.Origin{})
			if err != nil {
				t.Fatal(err)
			}
			backup := filepath.Join(t.TempDir(), "copy.db")
			copies["VACUUM INTO"](t, s, backup)
			change(t, s, backup)
			for what, do := range map[string]func(ctx context.Context) error{
				"a registration": func(ctx context.Context) error {
					_, err := s.Register(ctx, registration("late"), storetest.From)
					return err
				},
				"a sign-out":          func(ctx context.Context) error { return s.SignOut(ctx, n, storetest.From) },
				"a statement":         func(ctx context.Context) error { _, err := storetest.Prune(ctx, s.Store, "tokens", 1); return err },
				"a probe":             s.Ready,
				"a session":           func(ctx context.Context) error { return sessions.CommitCtx(ctx, "a", nil, time.Now()) },
				"the end of one":      func(ctx context.Context) error { return sessions.DeleteCtx(ctx, "a") },
				"a session, no limit": func(context.Context) error { return sessions.Commit("a", nil, time.Now()) },
				"its end, no limit":   func(context.Context) error { return sessions.Delete("a") },
			} {
				if err := do(t.Context()); err == nil || !strings.Contains(s.Trouble(err), "removed, replaced or written over") {
					t.Errorf("%s: %v, want that the file is another one", what, err)
				}
			}
		})
	}
}

// A file that is back is taken again: a folder may have been away for a moment.
func TestAFileThatIsBackIsTakenAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	away := s.path + ".away"
	if err := os.Rename(s.path, away); err != nil {
		t.Fatal(err)
	}
	if s.Ready(t.Context()) == nil {
		t.Error("ready without its file")
	}
	if err := os.Rename(away, s.path); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("with its file back: %v", err)
	}
	storetest.Register(t, s.Store, storetest.Ada())
}

// A log that is removed takes what was acknowledged with it, unless it is written
// back at once.
func TestWhatStoodInARemovedLogIsSaved(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	storetest.Register(t, s.Store, storetest.Ada())
	remove(t, s.path+"-wal")
	if _, err := s.Register(t.Context(), registration("late"), storetest.From); err == nil {
		t.Error("something is acknowledged without the log")
	}
	s.db.Saved()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	cp(t, s.path, path)
	if got := accounts(t, newSite(t, path).Store); got != "ada" {
		t.Errorf("the file alone has %q, want ada", got)
	}
}

// SQLite removes a log by its name when it closes a database.
func TestCloseLeavesTheLogOfAnotherDatabaseAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	remove(t, s.path, s.path+"-wal", s.path+"-shm")
	other := newSite(t, s.path)
	storetest.Register(t, other.Store, storetest.Ada())
	if err := s.db.Close(); err == nil {
		t.Error("nothing is said of a file that was replaced")
	}
	storetest.Register(t, other.Store, registration("later"))
	if got := accounts(t, newSite(t, killed(t, s.path)).Store); got != "ada later" {
		t.Errorf("the other database has %q, want what was acknowledged there", got)
	}
}

func TestNoConnectionIsOpenedToAnotherFile(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, s site){
		"removed":  func(t *testing.T, s site) { remove(t, s.path) },
		"replaced": func(t *testing.T, s site) { put(t, s.path, s.path) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
			change(t, s)
			opensNone(t, s)
			if _, err := os.Stat(s.path); errors.Is(err, fs.ErrNotExist) != (name == "removed") {
				t.Errorf("the file was %s, and now: %v", name, err)
			}
		})
	}
}

// opensNone holds connections until a new one would have to be opened.
func opensNone(t *testing.T, s site) {
	t.Helper()
	var conns []*sql.Conn
	defer func() {
		for _, conn := range conns {
			conn.Close()
		}
	}()
	for range 4 { // more than are open already
		conn, err := s.db.Read.Conn(t.Context())
		if err != nil {
			if s.Trouble(err) == "" {
				t.Errorf("Conn = %v, want that the file is another one", err)
			}
			break
		}
		conns = append(conns, conn)
	}
	if len(conns) == 4 {
		t.Error("connections are opened to another file")
	}
}

// Each that opens begins a log, and each that closes last takes it away.
func TestManyOpenAndCloseTheSameFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	newSite(t, path).db.Close()
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for range 10 {
				db, err := sqlite.Open(t.Context(), path)
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				if _, err := db.Exec(t.Context(), `UPDATE migrations SET name = name`); err != nil {
					t.Errorf("write: %v", err)
				}
				if err := db.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			}
		})
	}
	group.Wait()
	newSite(t, path)
}
