package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// Others on the machine read arguments and variables, so no command takes a password from there.
func TestROL13APasswordIsNoArgumentAndNoVariable(t *testing.T) {
	t.Parallel()
	const password = "lantern river mosaic"
	for _, command := range model(t).Leaves(false) {
		words := strings.Fields(argument.ReplaceAllString(strings.TrimPrefix(command.FullPath(), "gatehouse "), ""))
		for _, flag := range [][]string{{"--password", password}, {"--password=" + password}, {"-p", password}} {
			var out, said strings.Builder
			status := run(t.Context(), append(words, flag...), terminal{strings.NewReader(""), &out, &said}, time.Now)
			if status != exitUsage || out.String() != "" || strings.Contains(said.String(), "lantern") {
				t.Errorf("%v %s: status %d, %q, %q, want wrong usage", words, flag[0], status, out.String(), said.String())
			}
		}
	}
	database := storetest.SQLite.New(t)
	migrated(t, storetest.SQLite, database)
	for _, role := range store.Roles {
		add := gatehouse("user", "add", "ada", "--email", "ada@example.com", "--role", wordOf(role.Name), "--database", database)
		for _, name := range []string{"GATEHOUSE_PASSWORD", "GATEHOUSE_ADMIN_PASSWORD", "PASSWORD"} {
			add.Env = append(add.Env, name+"="+password)
		}
		var said strings.Builder
		add.Stderr = &said
		if err := add.Run(); err == nil || !strings.HasSuffix(said.String(), "gatehouse: Enter a password.\n") || strings.Contains(said.String(), "lantern") {
			t.Errorf("%v, %q; want to be asked for a password", err, said.String())
		}
	}
}

// Whoever controls the machine lets the only administrator in again.
func TestROL13TheOnlyAdministratorChoosesAnotherPassword(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			s := migrated(t, kind, database)
			settings := slices.Concat([]string{"--database", database}, forTests, away)
			out := commandIn(folder, "a password that goes away\n", append([]string{"user", "add", "ada", "--email", "ada@example.com", "--role", "admin"}, settings...)...)
			if out.status != exitDone {
				t.Fatalf("%+v", out)
			}
			out = commandIn(folder, "", append([]string{"user", "reset", "ada"}, settings...)...)
			token, led := strings.CutPrefix(strings.TrimSpace(out.out), away[1]+"/password/reset/")
			if out.status != exitDone || !led {
				t.Fatalf("%+v, want a link", out)
			}
			if err := s.ResetPassword(t.Context(), token, storetest.Password, storetest.From); err != nil {
				t.Fatal(err)
			}
			entry, err := s.Authenticate(t.Context(), "ada", storetest.Password, storetest.From)
			if err == nil {
				_, err = s.SignIn(t.Context(), entry, storetest.From)
			}
			if err != nil || !entry.User.May(store.ChangeRoles) {
				t.Errorf("signs in as %+v, %v", entry.User, err)
			}
		})
	}
}
