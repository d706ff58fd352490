package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gatehouse/store"
	"gatehouse/store/storetest"
)

// However they come, they are what writeJSON writes of all of them.
func TestAListingIsAnArray(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{0, 1, 3} {
		var got, want bytes.Buffer
		list := (&invocation{term: terminal{out: &got}}).listing(true)
		people := []person{}
		for i := range rows {
			p := person{ID: int64(i), Name: "<Ada>"}
			people = append(people, p)
			if err := errors.Join(list.add(p), list.page()); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(list.end(), writeJSON(&want, people)); err != nil {
			t.Fatal(err)
		}
		if got.String() != want.String() {
			t.Errorf("%d rows are\n%s\nwant\n%s", rows, got.String(), want.String())
		}
	}
}

// writes counts how often something was written.
type writes struct {
	bytes.Buffer
	n int
}

func (w *writes) Write(text []byte) (int, error) {
	w.n++
	return w.Buffer.Write(text)
}

// A list of a million people is not collected first.
func TestPeopleAreListedPageByPage(t *testing.T) {
	t.Parallel()
	for _, kind := range storetest.Databases {
		t.Run(kind.Name, func(t *testing.T) {
			t.Parallel()
			const all = 2*listPage + 1
			database := kind.New(t)
			s := migrated(t, kind, database)
			storetest.Register(t, s, storetest.Ada())
			db := kind.Open(t, database).Accounts().Write
			copyAda := `WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ` + fmt.Sprint(all) + `)
				INSERT INTO users (username, email, email_key, name, password_scheme, password_hash, password_cost, created_at, role)
				SELECT 'ada' || i, 'ada' || i || '@example.com', 'ada' || i || '@example.com', '', password_scheme, password_hash, password_cost, created_at,
					CASE WHEN i % 100 = 0 THEN 'support' ELSE '' END
				FROM users, n WHERE username = 'ada'`
			if _, err := db.Exec(copyAda); err != nil {
				t.Fatal(err)
			}
			list := func(args ...string) *writes {
				var out writes
				var said strings.Builder
				args = append([]string{"user", "list", "--database", database}, args...)
				if status := run(t.Context(), args, terminal{strings.NewReader(""), &out, &said}, storetest.NewClock().Now); status != exitDone {
					t.Fatalf("%v: status %d: %s", args, status, said.String())
				}
				return &out
			}
			out := list("--json")
			var people []person
			if err := json.Unmarshal(out.Bytes(), &people); err != nil {
				t.Fatal(err)
			}
			seen, everybody := map[int64]bool{}, slices.Clone(people)
			for _, p := range people {
				seen[p.ID] = true
			}
			if len(people) != all || len(seen) != all || out.n != 3 {
				t.Errorf("%d people, %d of them once, in %d pieces; want %d in 3", len(people), len(seen), out.n, all)
			}
			if err := json.Unmarshal(list("--json", "--role", "support").Bytes(), &people); err != nil {
				t.Fatal(err)
			}
			for _, p := range people {
				if p.Role != "support" {
					t.Errorf("%s has the role %q", p.Username, p.Role)
				}
			}
			if len(people) != all/100 {
				t.Errorf("%d people are support, want %d", len(people), all/100)
			}
			if _, err := db.Exec(`UPDATE users SET disabled_at = created_at WHERE role <> '' OR id <= ` + fmt.Sprint(listPage+listPage/2)); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"--disabled"}, {"--disabled", "--role", "support"}, {"--disabled", "--role", "member"}} {
				var wanted []string
				for _, p := range everybody {
					if isStaff := p.Role != "member"; (p.ID <= listPage+listPage/2 || isStaff) && (len(args) == 1 || isStaff == (args[2] == "support")) {
						wanted = append(wanted, p.Username)
					}
				}
				if err := json.Unmarshal(list(append(args, "--json")...).Bytes(), &people); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, p := range people {
					got = append(got, p.Username)
				}
				if !slices.Equal(got, wanted) || len(got) == 0 {
					t.Errorf("%v lists %d people, want %d, oldest first", args, len(got), len(wanted))
				}
			}
			if text := list().String(); strings.Count(text, "\n") != all+1 || strings.Count(text, "USERNAME") != 1 {
				t.Errorf("the table has %d lines, want %d", strings.Count(text, "\n"), all+1)
			}
		})
	}
}

// The audit is read as far back as is asked for.
func TestTheAuditIsListedAsFarAsIsAsked(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite.New(t)
	s := migrated(t, storetest.SQLite, database)
	user := storetest.Register(t, s, storetest.Ada())
	const all = 2*store.ListedPerPage + 10
	for i := range all {
		deed := s.Disable
		if i%2 == 1 {
			deed = s.Enable
		}
		if err := deed(t.Context(), user, storetest.Operator); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[string]int{"0": all, "1": 1, "50": 50, "51": 51, "100": 100, "101": 101, "1000": all} {
		out := commandIn(t.TempDir(), "", "audit", "--json", "--limit", limit, "--database", database)
		var deeds []deed
		if err := json.Unmarshal([]byte(out.out), &deeds); err != nil {
			t.Fatalf("%+v: %v", out, err)
		}
		if len(deeds) != want || deeds[0].ID != all || deeds[len(deeds)-1].ID != int64(all-want+1) {
			t.Errorf("--limit %s shows %d deeds, want the newest %d", limit, len(deeds), want)
		}
	}
}
