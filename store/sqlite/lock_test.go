package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// lock has another program hold a database until the returned function is
// called.
func lock(t *testing.T, path, begin string) (release func()) {
	t.Helper()
	other, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	other.SetMaxOpenConns(1)
	if _, err := other.Exec(begin); err != nil {
		t.Fatal(err)
	}
	return func() {
		if _, err := other.Exec(`ROLLBACK`); err != nil {
			t.Error(err)
		}
	}
}

// One after the other they would take as many times as long.
func TestAllWhoWaitForALockWaitAtTheSameTime(t *testing.T) {
	t.Parallel()
	const many, wait, patience = 20, 2 * time.Second, 20 * time.Second
	for _, begin := range []string{"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"} {
		t.Run(begin, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
			ada := storetest.Register(t, s.Store, storetest.Ada())
			db := s.db.Accounts()
			db.LockWait = wait
			locked := storetest.New(t, db, storetest.NewClock())
			release := lock(t, s.path, begin)
			begun := time.Now()
			var group sync.WaitGroup
			for n := range many {
				group.Go(func() {
					var err error
					if n%2 == 0 {
						err = locked.Disable(t.Context(), ada, storetest.Operator)
					} else {
						_, err = storetest.Prune(t.Context(), locked, "tokens", 1)
					}
					if s.Trouble(err) != "another program holds it locked" {
						t.Errorf("beside a lock: %v", err)
					}
				})
			}
			if got := accounts(t, s.Store); got != "ada" {
				t.Errorf("read beside a lock: %q", got)
			}
			group.Wait()
			if took := time.Since(begun); took < wait || took > patience {
				t.Errorf("%d waited %v, want about %v", many, took, wait)
			}
			release()
			if err := s.Disable(t.Context(), ada, storetest.Operator); err != nil {
				t.Errorf("without the lock: %v", err)
			}
		})
	}
}

func TestALockThatIsReleasedInTimeIsNotNoticed(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	ada := storetest.Register(t, s.Store, storetest.Ada())
	db := s.db.Accounts()
	release := lock(t, s.path, "BEGIN IMMEDIATE")
	met := 0
	isLocked := db.Retryable
	db.LockWait = time.Hour
	db.Retryable = func(err error) bool {
		if met++; met == 10 {
			release()
		}
		return isLocked(err)
	}
	if err := storetest.New(t, db, storetest.NewClock()).Disable(t.Context(), ada, storetest.Operator); err != nil || met < 10 {
		t.Errorf("after %d tries: %v", met, err)
	}
}

// Whoever waited for a lock in vain is not made to wait for the same again.
func TestATryIsNotTakenBackAtTheSameLength(t *testing.T) {
	t.Parallel()
	s := newSite(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	storetest.Register(t, s.Store, storetest.Ada())
	db := s.db.Accounts()
	db.LockWait = time.Hour
	isLocked, met := db.Retryable, 0
	const enough = 10
	db.Retryable = func(err error) bool {
		met++
		return isLocked(err) && met != enough // that ends the sign-in
	}
	locked := storetest.New(t, db, storetest.NewClock())
	ada, err := locked.Authenticate(context.Background(), "ada", storetest.Password, storetest.From)
	if err != nil {
		t.Fatal(err)
	}
	lock(t, s.path, "BEGIN IMMEDIATE")
	if _, err := locked.SignIn(t.Context(), ada, storetest.From); s.Trouble(err) == "" {
		t.Errorf("SignIn = %v, want that the database is locked", err)
	}
	if after := met - enough; after == 0 || after > 3 {
		t.Errorf("it was tried %d times to take the try back, want a few", after)
	}
}
