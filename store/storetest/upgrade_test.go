package storetest_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

func TestUpgradesADatabaseOfTheFirstVersion(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		const first = "0001_accounts.sql"
		text, err := os.ReadFile(filepath.Join("..", d.Name, "migrations", first))
		must(t, err)
		h := house{clock: NewClock(), ctx: ctx, kind: d, place: d.New(t)}
		db := d.Open(t, h.place)
		h.db = db.Accounts()
		_, err = store.Migrate(ctx, h.db.Write, fstest.MapFS{first: {Data: text}}, "")
		must(t, err)
		now := h.clock.Now().UTC().Truncate(time.Microsecond)
		h.exec(t, `INSERT INTO users (username, email, email_key, created_at) VALUES ('ada', 'ada@example.com', 'ada@example.com', $1)`, now)
		for _, id := range []string{"first", "second"} {
			h.exec(t, `INSERT INTO signins (id, user_id, kind, created_at, proved_at, seen_at, ends_at, idle_at, kept, address, agent)
				SELECT $1, id, 'password', $2, $2, $2, $3, $3, true, '', '' FROM users`, id, now, now.Add(time.Hour))
		}
		_, err = db.Migrate(ctx)
		must(t, err)
		h.Store = New(t, h.db, h.clock)
		one, two := h.visit(t, "first"), h.visit(t, "second")
		if one.Handle == two.Handle || len(one.Handle) != 32 || len(two.Handle) != 32 {
			t.Errorf("the handles are %q and %q", one.Handle, two.Handle)
		}
		if user := h.find(t, "ada"); user.Closed() || !user.RenamedAt.IsZero() {
			t.Errorf("upgraded to %+v", user)
		}
		must(t, h.EndSignIn(ctx, one, two.Handle, From))
		h.gone(t, "second")
		h.visit(t, "first")
	})
}
