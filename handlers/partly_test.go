package handlers

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"gatehouse/store/postgres"
	"gatehouse/store/storetest"
)

// trouble is what may be the matter with one table of a database, and with no
// other.
type trouble struct {
	begin, end func(t *testing.T, h *house)
	// why is what people may be told, and cause what the log says.
	why, cause string
}

const (
	otherTables = "its tables are not those of this version"
	noRights    = "it denies rights that the program needs"
)

// statements runs some on the database of a house.
func statements(texts ...string) func(t *testing.T, h *house) {
	return func(t *testing.T, h *house) {
		t.Helper()
		for _, text := range texts {
			if _, err := h.data.Write.ExecContext(t.Context(), text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
	}
}

// renamed are the troubles that every database can have.
var renamed = map[string]trouble{
	"a table is renamed": {
		statements(`ALTER TABLE events RENAME TO gone`), statements(`ALTER TABLE gone RENAME TO events`), otherTables, "events",
	},
	"a column is renamed": {
		statements(`ALTER TABLE events RENAME COLUMN agent TO gone`), statements(`ALTER TABLE events RENAME COLUMN gone TO agent`), otherTables, "agent",
	},
	"a column that is only read is renamed": {
		statements(`ALTER TABLE users RENAME COLUMN closed_at TO gone`), statements(`ALTER TABLE users RENAME COLUMN gone TO closed_at`), otherTables, "closed_at",
	},
}

// raised is a trouble that PostgreSQL reports by its code.
func raised(code, why string) trouble {
	return trouble{
		statements(`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as it would be' USING ERRCODE = '`+code+`'; END $$`,
			`CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()`),
		statements(`DROP TRIGGER fail ON events`), why, code,
	}
}

func TestTroubleInOneTableIsNotReadyAsLongAsPagesMeetIt(t *testing.T) {
	t.Parallel()
	onSQLite := map[string]trouble{"a damaged page": {damage, repair, "its file is damaged", "malformed"}}
	onPostgres := map[string]trouble{
		"a right is revoked": {
			statements(`REVOKE INSERT ON events FROM current_user`), statements(`GRANT INSERT ON events TO current_user`), noRights, "permission denied",
		},
		"all rights are revoked": {
			statements(`REVOKE ALL ON users FROM current_user`), statements(`GRANT ALL ON users TO current_user`), noRights, "permission denied",
		},
		"no schema":          raised("3F000", otherTables),
		"no longer writable": raised("55000", "it refuses changes to a table"),
		"a full disk":        raised("53100", "its disk is full"),
		"a damaged page":     raised("XX001", "it is damaged"),
		"a damaged index":    raised("XX002", "it is damaged"),
		"an internal fault":  raised("XX000", "it reports a fault of its own"),
		"a file is missing":  raised("58P01", "its files cannot be read or written"),
		"a block is lost":    raised("58030", "its files cannot be read or written"),
	}
	for _, d := range []struct {
		storetest.Database
		own map[string]trouble
	}{{storetest.SQLite, onSQLite}, {unprivileged(storetest.PostgreSQL), onPostgres}} {
		for _, troubles := range []map[string]trouble{renamed, d.own} {
			for name, trouble := range troubles {
				t.Run(d.Name+"/"+name, func(t *testing.T) {
					t.Parallel()
					trouble.isMet(t, newHouseOn(t, d.Database))
				})
			}
		}
	}
}

// unprivileged is PostgreSQL for somebody who may be denied something: whoever
// owns the tables and is no superuser.
func unprivileged(d storetest.Database) storetest.Database {
	d.New = func(t testing.TB) string {
		cluster := storetest.Postgres(t)
		role := cluster.NewRole(t, `statement_timeout = 5000`)
		place := cluster.NewDatabase(t) + "&user=" + role
		db, err := postgres.Open(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Write.Exec(`DO $$ BEGIN EXECUTE 'GRANT ALL ON SCHEMA ' || current_schema || ' TO ' || current_user; END $$; ALTER ROLE ` + role + ` NOSUPERUSER`); err != nil {
			t.Fatal(err)
		}
		return place
	}
	return d
}

func (c trouble) isMet(t *testing.T, h *house) {
	v := h.visitor(t)
	v.registers()
	v.get("/readyz").is(200)
	c.begin(t, h)
	meet := func() {
		t.Helper()
		h.visitor(t).post("/login", url.Values{"username": {"ada"}, "password": {storetest.Password}}).is(503).says("Nothing was lost").hides(c.cause)
		for range 2 { // a probe that meets nothing takes nothing back
			v.get("/readyz").is(503).says("the database cannot be written: " + c.why)
		}
	}
	meet()
	if !strings.Contains(h.log.String(), c.cause) {
		t.Errorf("the log does not say %q:\n%s", c.cause, h.log)
	}
	h.clock.Move(59 * time.Second)
	meet()
	h.clock.Move(59 * time.Second)
	v.get("/readyz").is(503)
	c.end(t, h)
	h.clock.Move(time.Second)
	// A probe after trouble writes much, and has two seconds: a busy machine may need another.
	for range 10 {
		if v.get("/readyz").status == 200 {
			break
		}
	}
	v.get("/readyz").is(200)
	h.visitor(t).signsIn()
	v.get("/readyz").is(200)
}

// damage overwrites the first page of the events, as a bad disk would, and keeps
// what was there.
func damage(t *testing.T, h *house) {
	t.Helper()
	page, at, other := firstPage(t, h)
	kept := make([]byte, len(page))
	overwrite(t, h, func(f *os.File) error {
		if _, err := f.ReadAt(kept, at); err != nil {
			return err
		}
		if err := os.WriteFile(h.name+".kept", kept, 0o600); err != nil {
			return err
		}
		_, err := f.WriteAt(page, at)
		return err
	})
	refresh(t, other)
}

func repair(t *testing.T, h *house) {
	t.Helper()
	_, at, other := firstPage(t, h)
	kept, err := os.ReadFile(h.name + ".kept")
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, h, func(f *os.File) error { _, err := f.WriteAt(kept, at); return err })
	refresh(t, other)
}

// firstPage is noise of the size of a page, the place of the first page of the
// events, and a further connection. Nothing is left in the log.
func firstPage(t *testing.T, h *house) (noise []byte, at int64, other *sql.DB) {
	t.Helper()
	other, err := sql.Open("sqlite3", h.name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	other.SetMaxOpenConns(1)
	var busy, size, number int64
	for query, into := range map[string]*int64{`PRAGMA page_size`: &size, `SELECT rootpage FROM sqlite_schema WHERE name = 'events'`: &number} {
		if err := other.QueryRow(query).Scan(into); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := other.QueryRow(`PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, new(int), new(int)); err != nil || busy != 0 {
		t.Fatalf("the log is not written back: %d, %v", busy, err)
	}
	return []byte(strings.Repeat("~", int(size))), (number - 1) * size, other
}

// overwrite changes the file behind the back of SQLite. It is not closed: that
// would give up the locks of the process.
func overwrite(t *testing.T, h *house, do func(f *os.File) error) {
	t.Helper()
	f, err := os.OpenFile(h.name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if err := do(f); err != nil {
		t.Fatal(err)
	}
}

// refresh makes all connections forget the pages that they cache.
func refresh(t *testing.T, other *sql.DB) {
	t.Helper()
	for n := range 2 {
		if _, err := other.Exec(fmt.Sprintf(`PRAGMA user_version = %d`, n)); err != nil {
			t.Fatal(err)
		}
	}
}
