package storetest_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"gatehouse/store"
	"gatehouse/store/migrations"
	. "gatehouse/store/storetest"
)

// onEach runs a test on every database.
func onEach(t *testing.T, run func(t *testing.T, d Database)) {
	t.Parallel()
	for _, d := range Databases {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			run(t, d)
		})
	}
}

func TestMigratesOnceWhenSeveralStartAtOnce(t *testing.T) { onEach(t, migratesOnce) }

func migratesOnce(t *testing.T, d Database) {
	place := d.New(t)
	var group sync.WaitGroup
	var mu sync.Mutex
	var applied []string
	for range 6 {
		db := d.Open(t, place)
		group.Go(func() {
			names, err := db.Migrate(context.Background())
			if err != nil {
				t.Errorf("migrate: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, names...)
		})
	}
	group.Wait()
	seen := map[string]bool{}
	for _, name := range applied {
		if seen[name] {
			t.Errorf("%s was applied twice", name)
		}
		seen[name] = true
	}
	if !seen["0001_accounts.sql"] {
		t.Errorf("applied %v", applied)
	}
}

func TestChecksTheSchema(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		db := d.Open(t, d.New(t))
		if err := db.CheckSchema(ctx); !errors.Is(err, store.ErrOlder) {
			t.Errorf("an empty database: %v, want ErrOlder", err)
		}
		if _, err := db.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if err := db.CheckSchema(ctx); err != nil {
			t.Errorf("a migrated database: %v", err)
		}
		if _, err := db.Accounts().Write.Exec(`INSERT INTO migrations (version, name) VALUES (9999, 'later')`); err != nil {
			t.Fatal(err)
		}
		if err := db.CheckSchema(ctx); !errors.Is(err, store.ErrNewer) {
			t.Errorf("a newer database: %v, want ErrNewer", err)
		}
		if _, err := db.Migrate(ctx); !errors.Is(err, store.ErrNewer) {
			t.Errorf("migrating a newer database: %v, want ErrNewer", err)
		}
	})
}

// An operator who is told to migrate must not search in vain for what is lost.
func TestALostDatabaseIsNotTakenForAnOldOne(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		db := d.Migrated(t)
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.CheckSchema(gone); err == nil || errors.Is(err, store.ErrOlder) {
			t.Errorf("CheckSchema = %v, want that the database did not answer", err)
		}
	})
}

// never is for a database in which no table is missing.
func never(error) bool { return false }

func TestMigrationsHaveTheirTwins(t *testing.T) {
	t.Parallel()
	read := func(dialect string, files ...string) ([]store.Migration, error) {
		folder := fstest.MapFS{}
		for _, name := range files {
			folder[name] = &fstest.MapFile{Data: []byte(name)}
		}
		return store.ReadMigrations(folder, dialect)
	}
	all, err := read("sqlite", "0001_both.sql", "0002_own.sqlite.sql", "0002_own.postgres.sql", "1000_product.sql")
	must(t, err)
	if want := []store.Migration{{Version: 1, Name: "0001_both.sql", SQL: "0001_both.sql"}, {Version: 2, Name: "0002_own.sql", SQL: "0002_own.sqlite.sql"}, {Version: 1000, Name: "1000_product.sql", SQL: "1000_product.sql"}}; !slices.Equal(all, want) {
		t.Errorf("read %v, want %v", all, want)
	}
	for _, files := range [][]string{
		{"0001_one.sql", "0002_other.postgres.sql"}, {"0001_one.sql", "0001_two.sql"}, {"0001_one.sql", "0001_one.sqlite.sql"}, {"first.sql"},
	} {
		if all, err := read("sqlite", files...); err == nil {
			t.Errorf("%v are read as %v", files, all)
		}
	}
	sqlite, err := store.ReadMigrations(migrations.Files, "sqlite")
	must(t, err)
	postgres, err := store.ReadMigrations(migrations.Files, "postgres")
	must(t, err)
	if !slices.EqualFunc(sqlite, postgres, func(a, b store.Migration) bool { return a.Version == b.Version && a.Name == b.Name }) {
		t.Error("the two dialects have not the same migrations")
	}
}

func TestMigrationsOfAProductStandBesideOurs(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		db := d.Open(t, d.New(t)).Accounts().Write
		files := fstest.MapFS{
			"0001_ours.sql":    {Data: []byte(`CREATE TABLE ours (id INTEGER)`)},
			"1000_product.sql": {Data: []byte(`CREATE TABLE product (id INTEGER); CREATE INDEX product_id ON product (id)`)},
		}
		read := func() []store.Migration {
			all, err := store.ReadMigrations(files, d.Name)
			must(t, err)
			return all
		}
		if applied, err := store.Migrate(ctx, db, read(), ""); err != nil || len(applied) != 2 {
			t.Fatalf("applied %v, %v", applied, err)
		}
		files["0002_later.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE later (id INTEGER)`)}
		if err := store.CheckSchema(ctx, db, read(), never); !errors.Is(err, store.ErrOlder) {
			t.Errorf("with a file more: %v, want ErrOlder", err)
		}
		if applied, err := store.Migrate(ctx, db, read(), ""); err != nil || len(applied) != 1 || applied[0] != "0002_later.sql" {
			t.Errorf("applied %v, %v; want 0002_later.sql", applied, err)
		}
		files["0003_broken.sql"] = &fstest.MapFile{Data: []byte(`CREATE TABLE half (id INTEGER); CREATE TABLE ours (id INTEGER)`)}
		if _, err := store.Migrate(ctx, db, read(), ""); err == nil {
			t.Error("a broken migration was applied")
		}
		if _, err := db.Exec(`SELECT id FROM half`); err == nil {
			t.Error("half of a broken migration was kept")
		}
	})
}

func TestSessionsLiveUntilTheyExpire(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		sessions, err := d.Migrated(t).Sessions(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for token, expiry := range map[string]time.Duration{"live": time.Hour, "dead": -time.Hour} {
			for range 2 {
				if err := sessions.Commit(token, []byte("data of "+token), time.Now().Add(expiry)); err != nil {
					t.Fatal(err)
				}
			}
		}
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
		if err := sessions.Delete("live"); err != nil {
			t.Errorf("Delete = %v", err)
		}
		if _, found, _ := sessions.Find("live"); found {
			t.Error("a deleted session is found")
		}
	})
}

func TestALostPostgreSQLIsNoticedAndComesBack(t *testing.T) {
	t.Parallel()
	cluster := NewCluster(t)
	db := PostgreSQL.Open(t, cluster.NewDatabase(t))
	if _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := New(t, db.Accounts(), NewClock())
	Register(t, s, Ada())
	cluster.Stop(t)
	for range 3 {
		if _, err := s.Find(t.Context(), "ada"); err == nil || !s.Unavailable(err) {
			t.Errorf("Find = %v, want an error that says the database is lost", err)
		}
		if _, err := s.Authenticate(t.Context(), "ada", Password, From); err == nil || !s.Unavailable(err) {
			t.Errorf("Authenticate = %v, want an error that says the database is lost", err)
		}
		if err := s.Ready(t.Context()); err == nil {
			t.Error("Ready = nil")
		}
	}
	cluster.Start(t)
	if _, err := s.Find(t.Context(), "ada"); err != nil {
		t.Errorf("when the database is back Find = %v", err)
	}
	if _, err := s.Authenticate(t.Context(), "ada", Password, From); err != nil {
		t.Errorf("when the database is back Authenticate = %v", err)
	}
}

// Probes may come from many places at once, and some give up.
func TestManyProbesAtOnceChangeNothing(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		before := h.dump(t)
		var group sync.WaitGroup
		for i := range 30 {
			group.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%3 == 0 {
					cancel()
				}
				if err := h.Ready(ctx); err != nil && (i%3 != 0 || !errors.Is(err, context.Canceled)) {
					t.Errorf("Ready = %v", err)
				}
			})
		}
		group.Wait()
		if after := h.dump(t); after != before {
			t.Errorf("a probe left\n%s\nwant\n%s", after, before)
		}
	})
}
