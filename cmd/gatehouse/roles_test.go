package main

import (
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"gatehouse/handlers"
	"gatehouse/store/storetest"
)

// What the README gives to the role that serves is enough for it, and lets it change no schema.
func TestTheRoleThatServesCannotChangeTheSchema(t *testing.T) {
	t.Parallel()
	place := storetest.PostgreSQL.New(t)
	owner := storetest.PostgreSQL.Open(t, place)
	if _, err := owner.Migrate(t.Context(), product(&handlers.Site{}).Migrations); err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(place)
	if err != nil {
		t.Fatal(err)
	}
	role := fmt.Sprintf("serve_%d", os.Getpid())
	asOwner := owner.Accounts().Write
	doc := readDocument(t, readme)
	i := slices.IndexFunc(doc.blocks, func(b block) bool { return b.language == "sql" })
	if i < 0 {
		t.Fatal("the README makes no role")
	}
	steps := strings.NewReplacer("public", at.Query().Get("search_path"), "serve", role).Replace(doc.blocks[i].text)
	t.Cleanup(func() {
		if _, err := asOwner.Exec(`DROP OWNED BY ` + role + `; DROP ROLE ` + role); err != nil {
			t.Error(err)
		}
	})
	for step := range strings.Lines(steps) {
		if _, err := asOwner.Exec(step); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	// As a later migration would make one.
	if _, err := asOwner.Exec(`CREATE TABLE later (id INTEGER)`); err != nil {
		t.Fatal(err)
	}
	at.User = url.User(role)

	p := launch(t, at.String(), "--no-migrate")
	c := p.caller()
	c.register(storetest.Ada()).is(t, 303)
	c.get("/account").is(t, 200)
	c.post("/account/profile", url.Values{"name": {"Ada"}, "username": {"countess"}}).is(t, 303)
	c.get("/account/export").is(t, 200)
	c.post("/account/delete", url.Values{"username": {"countess"}}).is(t, 303)
	c.get("/readyz").is(t, 200)
	for _, args := range [][]string{{"user", "list"}, {"user", "delete", "countess", "--yes"}} {
		if out, err := gatehouse(append(args, "--database", at.String())...).CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	p.stop()
	if log := p.log.String(); strings.Contains(log, "level=ERROR") {
		t.Errorf("something is not allowed:\n%s", log)
	}

	served := storetest.PostgreSQL.Open(t, at.String()).Accounts().Write
	if _, err := served.Exec(`INSERT INTO later VALUES (1)`); err != nil {
		t.Errorf("a later table: %v", err)
	}
	for _, statement := range []string{
		`CREATE TABLE more (id INTEGER)`, `ALTER TABLE users ADD COLUMN more INTEGER`, `DROP TABLE events`,
		`DROP TRIGGER events_stay ON events`, `ALTER TABLE events DISABLE TRIGGER events_stay`,
	} {
		if _, err := served.Exec(statement); err == nil || !strings.Contains(err.Error(), "42501") {
			t.Errorf("%s: %v, want it to be denied", statement, err)
		}
	}
}
