package main

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"gatehouse/handlers"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Whoever runs a site without a word on it asks staff, but where nobody can have a second step: there
// staff would be shut out.
func TestStaffAreAskedForASecondStepWhereTheyCanHaveOne(t *testing.T) {
	t.Parallel()
	staff := []string{"--second-step", "staff"}
	for _, c := range []struct {
		name  string
		kind  storetest.Database
		flags []string
		want  bool
	}{
		{"by default", storetest.SQLite, away, true},
		{"by default with a secret", storetest.PostgreSQL, slices.Concat(away, secretOf(sharedSecret)), true},
		{"not by default without one", storetest.PostgreSQL, away, false},
		{"not by default on a developer's machine", storetest.SQLite, []string{"--listen", "127.0.0.1:0"}, false},
		{"on a developer's machine if it says so", storetest.SQLite, slices.Concat([]string{"--listen", "127.0.0.1:0"}, staff), true},
		{"not where it says so", storetest.SQLite, slices.Concat(away, []string{"--second-step", "optional"}), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inv := &invocation{
				ctx: t.Context(), settings: parseSettings(t, append([]string{"--database", c.kind.New(t)}, c.flags...)...),
				clock: time.Now, site: &handlers.Site{},
			}
			checked, err := inv.settings.check()
			if err != nil {
				t.Fatal(err)
			}
			a, err := openAccounts(inv, checked, slog.New(slog.DiscardHandler), true)
			if err != nil {
				t.Fatal(err)
			}
			defer a.close()
			for _, role := range store.Roles {
				if got := a.store.MustSetUp(store.User{Role: role.Name}); got != (c.want && role.Guarded) {
					t.Errorf("%q must set one up: %v, want %v", role.Name, got, c.want && role.Guarded)
				}
			}
		})
	}
}
