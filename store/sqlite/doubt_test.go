package sqlite_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/store/sqlite"
	"gatehouse/store/storetest"
)

// A raw copy of a file in use is put back beside a log that was written long
// after it was taken. Where that log holds all that was changed since, it makes
// up for what the copy lacks.
func TestACopyOfAFileInUseIsNotMixedWithALaterLog(t *testing.T) {
	t.Parallel()
	for _, lost := range []int{1, 60} {
		for name, back := range map[string]func(t *testing.T, from, to string){
			"written over": cp, "renamed": put,
			"of an old time": func(t *testing.T, from, to string) {
				put(t, from, to)
				old := time.Now().Add(-time.Hour)
				if err := os.Chtimes(to, old, old); err != nil {
					t.Fatal(err)
				}
			},
		} {
			t.Run(fmt.Sprintf("%d lost, %s", lost, name), func(t *testing.T) {
				t.Parallel()
				s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
				storetest.Register(t, s.Store, registration("early"))
				writeBack(t, s)
				backup := filepath.Join(t.TempDir(), "copy.db")
				cp(t, s.path, backup)
				for n := range lost {
					storetest.Register(t, s.Store, registration(fmt.Sprint("lost-", n)))
				}
				writeBack(t, s)
				storetest.Register(t, s.Store, registration("later"))

				path := killed(t, s.path)
				back(t, backup, path)
				if lost == 1 {
					if got := accounts(t, newSite(t, path).Store); got != "early lost-0 later" {
						t.Errorf("it has %q, want all", got)
					}
					return
				}
				log := text(t, path+"-wal")
				for range 2 {
					refusedAsDamaged(t, path)
				}
				if text(t, path+"-wal") != log || text(t, path) != text(t, backup) {
					t.Error("something was written by a start that was refused")
				}
				remove(t, path+"-wal", path+"-shm")
				if got := accounts(t, newSite(t, path).Store); got != "early" {
					t.Errorf("put back as it was said it has %q, want those of the copy", got)
				}
			})
		}
	}
}

// writeBack leaves nothing in the log: the next change begins another one.
func writeBack(t *testing.T, s site) {
	t.Helper()
	if _, err := s.db.Write.Exec(`PRAGMA wal_checkpoint(RESTART)`); err != nil {
		t.Fatal(err)
	}
}

func refusedAsDamaged(t *testing.T, path string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path)
	if err == nil {
		db.Close()
		t.Fatal("a mixture is served")
	}
	if said := err.Error(); !strings.Contains(said, "remove "+path+"-wal and "+path+"-shm and start again") || strings.Contains(said, "\n") {
		t.Errorf("%q does not say what to do", said)
	}
}

// What was written back before is all that is left, and it is sound or refused.
func TestAnEmptiedLogIsStartedFromWhatWasWrittenBack(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	storetest.Register(t, s.Store, registration("early"))
	writeBack(t, s)
	storetest.Register(t, s.Store, registration("later"))
	path := killed(t, s.path)
	cut(t, path+"-wal", 0)
	again := newSite(t, path)
	if got := accounts(t, again.Store); got != "early" {
		t.Errorf("it has %q, want what was written back", got)
	}
	storetest.Register(t, again.Store, registration("newer"))

	half := killed(t, s.path)
	f, err := os.OpenFile(half, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt([]byte(strings.Repeat("~", 4096)), 2*4096); err != nil { // as if killed while it was written back
		t.Fatal(err)
	}
	cut(t, half+"-wal", 0)
	refusedAsDamaged(t, half)
}

// Whoever reads would be ended by the system together with the program.
func TestNothingIsReadByAnIndexThatWasCutShort(t *testing.T) {
	t.Parallel()
	for _, size := range []int64{0, 16 << 10} {
		s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
		storetest.Register(t, s.Store, storetest.Ada())
		sessions, err := s.db.Sessions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cut(t, s.path+"-shm", size)
		for what, read := range map[string]func() error{
			"an account":          func() error { _, err := s.Find(t.Context(), "ada"); return err },
			"a list":              func() error { _, err := s.Users(t.Context(), 0, 1); return err },
			"a session":           func() error { _, _, err := sessions.FindCtx(t.Context(), "a"); return err },
			"a session, no limit": func() error { _, _, err := sessions.Find("a"); return err },
			"a figure":            func() error { _, err := s.CountSignIns(t.Context()); return err },
			"the oldest letter":   func() error { _, err := s.OldestLetter(t.Context()); return err },
		} {
			if err := read(); err == nil || !strings.Contains(err.Error(), "-shm was cut short") || s.Trouble(err) == "" {
				t.Errorf("%s: %v, want that the index was cut short", what, err)
			}
		}
		if got := accounts(t, newSite(t, killed(t, s.path)).Store); got != "ada" {
			t.Errorf("the next start has %q, want ada", got)
		}
	}
}
