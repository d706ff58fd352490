package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/sqlite"
	"gatehouse/store/storetest"
)

func open(t testing.TB, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), path)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

func migrated(t testing.TB) *sqlite.DB {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	if _, err := db.Migrate(context.Background()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t testing.TB) store.Database { return migrated(t).Database })
}

func TestOpensAWriteAheadLogThatReachesTheDisk(t *testing.T) {
	t.Parallel()
	db := migrated(t)
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
		var got string
		if err := db.Write.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	if _, err := db.Read.Exec("DELETE FROM users"); err == nil {
		t.Error("the reading pool writes")
	}
}

func TestOpensFilesWithAnyName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "100%.db", "what?.db", "#1.db", "ü&=.db"} {
		db := open(t, filepath.Join(dir, name))
		if _, err := db.Migrate(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got := info.Mode().Perm(); got != 0o600 {
			t.Errorf("%s has mode %o, want 600", name, got)
		}
	}
}

func TestRefusesWhatIsNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "letter.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("Dear Ada, ", 500)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{text, dir, filepath.Join(dir, "missing", "x.db")} {
		if db, err := sqlite.Open(context.Background(), path); err == nil {
			db.Close()
			t.Errorf("%s was opened", path)
		}
	}
}

func TestMigratesOnceWhenSeveralStartAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "gatehouse.db")
	var group sync.WaitGroup
	var mu sync.Mutex
	applied := 0
	for range 6 {
		db := open(t, path)
		group.Go(func() {
			names, err := db.Migrate(context.Background())
			if err != nil {
				t.Errorf("migrate: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied += len(names)
		})
	}
	group.Wait()
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || applied != len(files) {
		t.Errorf("%d migrations were applied, want %d (%v)", applied, len(files), err)
	}
}

func TestChecksTheSchema(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := open(t, filepath.Join(t.TempDir(), "gatehouse.db"))
	if err := db.CheckSchema(ctx); !errors.Is(err, store.ErrOlder) {
		t.Errorf("an empty database: %v, want ErrOlder", err)
	}
	if _, err := db.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckSchema(ctx); err != nil {
		t.Errorf("a migrated database: %v", err)
	}
	if _, err := db.Write.Exec(`INSERT INTO migrations (version, name) VALUES (9999, 'later')`); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckSchema(ctx); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a newer database: %v, want ErrNewer", err)
	}
	if _, err := db.Migrate(ctx); !errors.Is(err, store.ErrNewer) {
		t.Errorf("migrating a newer database: %v, want ErrNewer", err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sessions, err := migrated(t).Sessions(ctx)
	if err != nil {
		t.Fatal(err)
	}
	commit := func(token string, expiry time.Time) {
		t.Helper()
		if err := sessions.Commit(token, []byte("data of "+token), expiry); err != nil {
			t.Fatal(err)
		}
	}
	commit("live", time.Now().Add(time.Hour))
	commit("dead", time.Now().Add(-time.Hour))
	for token, want := range map[string]bool{"live": true, "dead": false, "none": false} {
		data, found, err := sessions.Find(token)
		if err != nil || found != want || found && string(data) != "data of "+token {
			t.Errorf("Find(%s) = %q, %v, %v; want found %v", token, data, found, err, want)
		}
	}
	for _, want := range []int64{1, 0} {
		if got, err := sessions.Prune(ctx, 10); err != nil || got != want {
			t.Errorf("Prune = %d, %v; want %d", got, err, want)
		}
	}
	if _, found, _ := sessions.Find("live"); !found {
		t.Error("pruning took a live session")
	}
}
