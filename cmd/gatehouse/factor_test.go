package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// What an operator sees and takes away is what the site asks for.
func TestASecondStepIsTakenAwayByTheOperator(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			s := migrated(t, kind, database)
			codes := setUpApp(t, s, storetest.Ada())
			if _, err := kind.Open(t, database).Accounts().Write.Exec(`UPDATE users SET confirmed_at = created_at`); err != nil {
				t.Fatal(err)
			}
			from := storetest.From
			from.Device, from.Agent = "a device", "Firefox of Ada"
			recovered, err := s.EnterCode(t.Context(), store.ByPassword(findAda(t, s)), store.KindRecovery, codes[0], from)
			if err == nil {
				_, err = s.SignIn(t.Context(), recovered, from)
			}
			if err != nil {
				t.Fatal(err)
			}
			// Trusting takes a code of the app, whose present one is used up.
			until := s.Now().Add(s.Trust())
			if _, err := kind.Open(t, database).Accounts().Write.Exec(`UPDATE devices SET trust = 'x', trusted_until = $1`, until); err != nil {
				t.Fatal(err)
			}

			out := commandIn(folder, "", "factor", "list", "ada", "--json", "--database", database)
			var list factors
			if err := json.Unmarshal([]byte(out.out), &list); err != nil {
				t.Fatalf("%+v: %v", out, err)
			}
			f := factorsIn(t, s)
			if list.App == nil || !list.App.Equal(f.AppAt) || list.CodesLeft != len(codes)-1 ||
				len(list.Trusted) != 1 || !list.Trusted[0].Until.Equal(until) || list.Trusted[0].Agent != from.Agent {
				t.Errorf("lists %s, want %+v", out.out, f)
			}
			text := commandIn(folder, "", "factor", "list", "ada", "--database", database).out
			for _, want := range []string{"app since   " + date(list.App), fmt.Sprintf("codes left  %d", len(codes)-1), date(&until), from.Agent} {
				if !strings.Contains(text, want) {
					t.Errorf("lists\n%swhich lacks %q", text, want)
				}
			}

			mails := append([]string{"--smtp", "smtp://mail.example.com", "--base-url", "https://accounts.example.com"}, secretOf(sharedSecret)...)
			out = commandIn(folder, "", append([]string{"factor", "reset", "ada", "--yes", "--database", database}, mails...)...)
			if want := "removed the factors of ada and ended 2 sign-ins; if somebody else may know the password, run gatehouse user reset ada as well\n"; out.out != want || out.status != exitDone {
				t.Errorf("%+v, want %q", out, want)
			}
			if f := factorsIn(t, s); !f.AppAt.IsZero() || len(f.Codes) > 0 || len(f.Trusted) > 0 || findAda(t, s).SecondStep() {
				t.Errorf("Ada has %+v", f)
			}
			var letters int
			err = kind.Open(t, database).Accounts().Read.QueryRow(`SELECT count(*) FROM letters WHERE kind = $1`, store.LetterFactorsReset).Scan(&letters)
			if err != nil || letters != 1 {
				t.Errorf("%d letters tell Ada, %v; want 1", letters, err)
			}
			if _, err := s.SignIn(t.Context(), store.ByPassword(findAda(t, s)), from); err != nil {
				t.Errorf("the password alone: %v", err)
			}
			out = commandIn(folder, "", "factor", "reset", "ada", "--yes", "--database", database)
			if out.status != exitFailed || out.err != "gatehouse: ada has no second step and no passkey\n" {
				t.Errorf("once more: %+v", out)
			}
		})
	}
}

// One whose app cannot be opened any more is told apart from others, and named if nothing else
// is left.
func TestOnlyAppsThatCannotBeOpenedAreRemoved(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			database, folder := kind.New(t), t.TempDir()
			s := migrated(t, kind, database)
			setUpApp(t, s, storetest.Ada())
			for _, name := range []string{"grace", "mary"} {
				setUpApp(t, s, store.Registration{Username: name, Email: name + "@example.com", Password: storetest.Password})
			}
			db := kind.Open(t, database).Accounts().Write
			for _, statement := range []string{
				`UPDATE totp SET sealed = (SELECT sealed FROM totp WHERE user_id = 1) WHERE user_id <> 1`,
				`UPDATE recovery_codes SET used_at = created_at WHERE user_id = 2`,
			} {
				if _, err := db.Exec(statement); err != nil {
					t.Fatal(err)
				}
			}
			out := commandIn(folder, "", append([]string{"factor", "drop-unreadable", "--yes", "--database", database}, secretOf(sharedSecret)...)...)
			want := "removed 2 authenticator apps; their owners sign in with a recovery code\n" +
				"these have no recovery code left and need gatehouse factor reset:\ngrace\n"
			if out.out != want || out.status != exitDone {
				t.Errorf("%+v, want %q", out, want)
			}
			if f := factorsIn(t, s); f.AppAt.IsZero() {
				t.Error("an app that could be opened was removed")
			}
		})
	}
}
