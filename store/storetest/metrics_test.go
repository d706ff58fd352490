package storetest_test

import (
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what is watched.
func TestFigureContract(t *testing.T) {
	contract(t, []promise{
		{"counts the live sign-ins of everybody", countsSignIns},
		{"counts the letters that wait, and says how long the oldest has", countsLetters},
		{"counts events once they are done, and none that came to nothing", countsEvents},
		{"finds the oldest letter in an index, however many were delivered", oldestByIndex},
		{"names the pools and how they are used", namesPools},
	})
}

func countsSignIns(t *testing.T, h house) {
	are := func(want int64) {
		t.Helper()
		if got, err := h.CountSignIns(h.ctx); err != nil || got != want {
			t.Errorf("%d sign-ins, %v; want %d", got, err, want)
		}
	}
	are(0)
	h.signIn(t, false)
	h.signInAs(t, Register(t, h.Store, grace()), true)
	are(2)
	h.clock.Move(store.Idle - time.Microsecond)
	are(2)
	h.clock.Move(time.Microsecond) // one ends without a visit
	are(1)
	must(t, h.Disable(h.ctx, h.find(t, "grace"), Operator))
	are(0)
}

func countsLetters(t *testing.T, h house) {
	h = h.mailing(t)
	are := func(want int64, age time.Duration) {
		t.Helper()
		if got, err := h.CountWaitingLetters(h.ctx); err != nil || got != want {
			t.Errorf("%d letters wait, %v; want %d", got, err, want)
		}
		if got, err := h.OldestLetter(h.ctx); err != nil || got != age {
			t.Errorf("the oldest has waited for %v, %v; want %v", got, err, age)
		}
	}
	are(0, 0)
	Register(t, h.Store, Ada())
	h.clock.Move(time.Hour)
	Register(t, h.Store, grace())
	are(2, time.Hour)
	taken := h.due(t, 1)
	later, err := h.LetterLater(h.ctx, taken[0])
	must(t, err)
	if !later {
		t.Fatal("it is given up")
	}
	are(2, time.Hour) // one that was tried waits on
	h.clock.Move(time.Minute)
	must(t, h.LetterDone(h.ctx, taken[0], store.OutcomeSent))
	are(1, time.Minute)
	h.post(t)
	are(0, 0)
}

func countsEvents(t *testing.T, h house) {
	are := func(name string, want int64) {
		t.Helper()
		if got := h.EventCount(name); got != want {
			t.Errorf("%s was counted %d times, want %d", name, got, want)
		}
	}
	are(store.EventRegistered, 0)
	Register(t, h.Store, Ada())
	are(store.EventRegistered, 1)
	if _, err := h.Register(h.ctx, Ada(), From); err == nil {
		t.Fatal("registered twice")
	}
	are(store.EventRegistered, 1)
	for range 2 {
		if _, err := h.Authenticate(h.ctx, "nobody", "wrong", From); err == nil {
			t.Fatal("nobody signed in")
		}
	}
	are(store.EventFailed, 2)
	h.Log(h.ctx, store.Event{Name: store.EventExported})
	are(store.EventExported, 1)
	are(store.EventSignedIn, 0)
	are("no event", 0)
	if got := h.copied(t).EventCount(store.EventRegistered); got != 0 {
		t.Errorf("another copy counted %d", got)
	}
}

func oldestByIndex(t *testing.T, h house) {
	tx, err := h.db.Write.Begin()
	must(t, err)
	defer tx.Rollback() //nolint:errcheck // nothing was written
	explain := `EXPLAIN QUERY PLAN `
	if h.kind.Name == PostgreSQL.Name {
		// Of an empty table it would read the whole.
		_, err := tx.Exec(`SET LOCAL enable_seqscan = off`)
		must(t, err)
		explain = `EXPLAIN (FORMAT TEXT) `
	}
	rows, err := tx.Query(explain + `SELECT created_at FROM letters WHERE sealed IS NOT NULL ORDER BY created_at LIMIT 1`)
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	var plan strings.Builder
	for rows.Next() {
		row := make([]any, len(columns))
		for i := range row {
			row[i] = new(any)
		}
		must(t, rows.Scan(row...))
		if text, ok := (*row[len(row)-1].(*any)).(string); ok {
			plan.WriteString(text + "\n")
		}
	}
	must(t, rows.Err())
	if !strings.Contains(plan.String(), "letters_waiting") || strings.Contains(plan.String(), "Sort") || strings.Contains(plan.String(), "B-TREE") {
		t.Errorf("the plan is\n%s", plan.String())
	}
}

func namesPools(t *testing.T, h house) {
	want := map[string][]string{SQLite.Name: {"read", "write"}, PostgreSQL.Name: {"shared"}}[h.kind.Name]
	var names []string
	for _, pool := range h.Pools() {
		names = append(names, pool.Name)
	}
	if strings.Join(names, " ") != strings.Join(want, " ") {
		t.Fatalf("the pools are %q, want %q", names, want)
	}
	writing := h.Pools()[len(want)-1]
	before := writing.Stats()
	conn, err := h.db.Write.Conn(h.ctx)
	must(t, err)
	if got := writing.Stats(); got.InUse != before.InUse+1 || got.MaxOpenConnections < 1 || got.OpenConnections < got.InUse || got.OpenConnections > got.MaxOpenConnections {
		t.Errorf("with a connection in use the pool says %+v, before it %+v", got, before)
	}
	must(t, conn.Close())
	if got := writing.Stats(); got.InUse != before.InUse || got.Idle < 1 {
		t.Errorf("with none in use the pool says %+v", got)
	}
}
