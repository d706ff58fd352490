package storetest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/migrations"
	. "gatehouse/store/storetest"
)

// upTo are the migrations up to a version.
func upTo(t *testing.T, d Database, version int) []store.Migration {
	t.Helper()
	all, err := store.ReadMigrations(migrations.Files, d.Name)
	must(t, err)
	return all[:version]
}

func TestUpgradesADatabaseOfTheFirstVersion(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		h := house{clock: NewClock(), ctx: ctx, kind: d, place: d.New(t)}
		db := d.Open(t, h.place)
		h.db = db.Accounts()
		_, err := store.Migrate(ctx, h.db.Write, upTo(t, d, 1), "")
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

// Letters that wait while the site is brought up to this version leave with it, and
// so do those that a copy of the version before writes beside it.
func TestUpgradesLettersThatWait(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		h := house{clock: NewClock(), ctx: ctx, kind: d, place: d.New(t)}
		db := d.Open(t, h.place)
		h.db = db.Accounts()
		_, err := store.Migrate(ctx, h.db.Write, upTo(t, d, 5), "")
		must(t, err)

		// What is sealed is the same in all versions.
		writer := open(t, d).mailing(t)
		must(t, writer.Invite(ctx, "guest@example.com", "", Operator))
		Register(t, writer.Store, Ada())
		sealed := map[string][]byte{}
		for _, kind := range []string{store.LetterInvite, store.LetterVerify} {
			var text []byte
			must(t, writer.db.Read.QueryRowContext(ctx, `SELECT sealed FROM letters WHERE kind = $1`, kind).Scan(&text))
			sealed[kind] = text
		}
		now := h.clock.Now().UTC().Truncate(time.Microsecond)
		writes := func(kind string) {
			h.exec(t, `INSERT INTO letters (kind, address, sealed, created_at, due_at, expires_at) VALUES ($1, '', $2, $3, $3, $4)`,
				kind, sealed[kind], now, now.Add(time.Hour))
		}
		writes(store.LetterInvite)
		writes(store.LetterVerify)
		h.exec(t, `INSERT INTO letters (kind, address, created_at, due_at, expires_at) VALUES ('invite', '', $1, $1, $1)`, now) // is done
		_, err = db.Migrate(ctx)
		must(t, err)
		h.Store = New(t, h.db, h.clock)
		h = h.mailing(t)
		writes(store.LetterVerify)
		for priority, want := range map[store.Priority]string{store.Awaited: "confirm confirm", store.Notice: "", store.Bulk: "invite"} {
			taken, err := h.TakeLetters(ctx, priority, 10, nil)
			must(t, err)
			if got := kinds(taken); got != want {
				t.Errorf("of the priority %d took %q, want %q", priority, got, want)
			}
		}
	})
}

// Invitations that are open while the site is brought up to this version can be revoked with it.
func TestUpgradesInvitationsThatAreOpen(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		ctx := context.Background()
		h := house{clock: NewClock(), ctx: ctx, kind: d, place: d.New(t)}
		db := d.Open(t, h.place)
		h.db = db.Accounts()
		_, err := store.Migrate(ctx, h.db.Write, upTo(t, d, 12), "")
		must(t, err)
		for i, purpose := range []string{"invite", "invite", "invite", "reset"} {
			h.exec(t, `INSERT INTO tokens (hash, purpose, email, email_key, epoch, created_at, expires_at) VALUES ($1, $2, $1, $1, 0, $3, $4)`,
				fmt.Sprintf("guest-%d", i), purpose, h.moment(0), h.moment(store.InviteValid))
		}
		h.exec(t, `UPDATE tokens SET used_at = created_at WHERE hash = 'guest-2'`)
		_, err = db.Migrate(ctx)
		must(t, err)
		h.Store = New(t, h.db, h.clock)
		for left := 2; left > 0; left-- {
			list, _, err := h.Invitations(ctx, store.InviteMark{})
			if err != nil || len(list) != left || len(list[0].Handle) != 10 || list[0].Role != "" || list[0].By != "" {
				t.Fatalf("%d are listed, want %d: %+v, %v", len(list), left, list, err)
			}
			_, err = h.RevokeInvite(ctx, list[0].Handle, Operator)
			must(t, err)
		}
		h.count(t, "tokens", 2)
	})
}
