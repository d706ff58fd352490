package storetest_test

import (
	"slices"
	"testing"
	"time"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The overview counts what there is.
func TestOverviewContract(t *testing.T) {
	contract(t, []promise{
		{"counts accounts, staff without a second step and old passwords", countsAccounts},
		{"counts the events of the last day by their names", countsLately},
	})
}

func countsAccounts(t *testing.T, h house) {
	counts := func(accounts, disabled, closed, unconfirmed, withoutStep, oldPasswords int64) {
		t.Helper()
		want := []int64{accounts, disabled, closed, unconfirmed, withoutStep, oldPasswords}
		var got []int64
		for _, count := range []func() (int64, error){
			func() (int64, error) { return h.CountAccounts(h.ctx) },
			func() (int64, error) { return h.CountDisabled(h.ctx) },
			func() (int64, error) { return h.CountClosed(h.ctx) },
			func() (int64, error) { return h.CountUnconfirmed(h.ctx) },
			func() (int64, error) { return h.CountStaffWithoutStep(h.ctx) },
			func() (int64, error) { return h.CountOldPasswords(h.ctx) },
		} {
			n, err := count()
			must(t, err)
			got = append(got, n)
		}
		if !slices.Equal(got, want) {
			t.Errorf("counted %d, want %d", got, want)
		}
	}
	counts(0, 0, 0, 0, 0, 0)
	h.staff(t, "boss", store.RoleAdmin)
	h.staff(t, "helper", "support")
	h.staff(t, "unknown", "editor") // who is no staff
	counts(3, 0, 0, 3, 2, 0)
	SetUpApp(t, h.Store, h.clock, h.signInAs(t, h.find(t, "boss"), false))
	ada := Register(t, h.Store, Ada())
	h.exec(t, `UPDATE users SET confirmed_at = created_at WHERE id = $1`, ada.ID)
	counts(4, 0, 0, 3, 1, 0)
	must(t, h.Disable(h.ctx, h.find(t, "helper"), Operator))
	must(t, h.CloseAccount(h.ctx, ada, From))
	h.exec(t, `UPDATE users SET password_scheme = 'bcrypt' WHERE username = 'unknown'`)
	h.exec(t, `UPDATE users SET password_scheme = '', password_hash = '' WHERE username = 'boss'`)
	counts(4, 1, 1, 3, 0, 1)
}

func countsLately(t *testing.T, h house) {
	ada := Register(t, h.Store, Ada())
	h.exec(t, `DELETE FROM events`)
	h.happen(t, ada, store.EventSignedIn, "", 3)
	h.clock.Move(time.Second)
	h.happen(t, ada, store.EventFailed, "", 2)
	counts := func(want ...store.EventTotal) {
		t.Helper()
		got, err := h.CountEvents(h.ctx)
		must(t, err)
		if !slices.Equal(got, want) {
			t.Errorf("counted %v, want %v", got, want)
		}
	}
	failed, in := store.EventTotal{Name: store.EventFailed, N: 2}, store.EventTotal{Name: store.EventSignedIn, N: 3}
	counts(failed, in)
	h.clock.Move(store.EventsWithin - time.Second)
	counts(failed)
	h.clock.Move(time.Second)
	counts()
	h.clock.Move(-48 * time.Hour) // of a clock that was ahead
	counts()
}
