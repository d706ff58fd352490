package storetest_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of the last administrator.
func TestLastAdminContract(t *testing.T) {
	contract(t, []promise{
		{"ROL-07 keeps the only administrator who can sign in", keepsLast},
		{"ROL-07 lets an administrator go while there is another", letsOthersGo},
	})
}

// departures are all ways in which an administrator stops being one who can sign in.
var departures = map[string]func(h house, boss store.User) error{
	"closes": func(h house, boss store.User) error { return h.CloseAccount(h.ctx, boss, From) },
	"is disabled": func(h house, boss store.User) error {
		return h.Disable(h.ctx, boss, Operator)
	},
	"is erased": func(h house, boss store.User) error { return h.Erase(h.ctx, boss, Operator) },
	"becomes a member": func(h house, boss store.User) error {
		_, err := h.ChangeRole(h.ctx, boss, "", store.RoleAdmin, Operator)
		return err
	},
	"becomes support": func(h house, boss store.User) error {
		_, err := h.ChangeRole(h.ctx, boss, "support", store.RoleAdmin, Operator)
		return err
	},
}

func keepsLast(t *testing.T, h house) {
	stale := h.member(t, "boss")
	must(t, h.makeRole(t, "boss", store.RoleAdmin))
	boss := h.find(t, "boss")
	n := h.signInAs(t, boss, false)
	// None of them could do it instead.
	h.staff(t, "disabled", store.RoleAdmin)
	h.staff(t, "closed", store.RoleAdmin)
	h.staff(t, "chief", "test-manager")
	h.exec(t, `UPDATE users SET disabled_at = created_at WHERE username = 'disabled'`)
	h.exec(t, `UPDATE users SET closed_at = created_at WHERE username = 'closed'`)
	at := store.DefaultRules
	at.Reopen = 0 // closing erases
	for _, h := range []house{h, h.ruled(t, at)} {
		before := h.dump(t)
		for how, depart := range departures {
			if r := refused(t, depart(h, boss)); r.Sentence != lastAdmin || r.Field != "" {
				t.Errorf("the last administrator %s: %+v", how, r)
			}
		}
		// Also where the page was drawn before they were one.
		if r := refused(t, h.CloseAccount(h.ctx, stale, From)); r.Sentence != lastAdmin {
			t.Errorf("the last administrator closes: %+v", r)
		}
		if after := h.dump(t); after != before {
			t.Errorf("the database changed from\n%s\nto\n%s", before, after)
		}
	}
	h.visit(t, n.ID)
	// Nobody is lost with those who cannot sign in.
	must(t, h.makeRole(t, "disabled", ""))
	must(t, h.Erase(h.ctx, h.find(t, "closed"), by(boss)))
	must(t, h.Disable(h.ctx, h.find(t, "chief"), by(boss)))
	// A forgotten password does not need another administrator.
	token, err := h.ResetToken(h.ctx, boss, Operator)
	must(t, err)
	must(t, h.ResetPassword(h.ctx, token, otherPassword, From))
}

func letsOthersGo(t *testing.T, h house) {
	h.staff(t, "other", store.RoleAdmin)
	i := 0
	for how, depart := range departures {
		name := fmt.Sprintf("boss-%d", i)
		h.staff(t, name, store.RoleAdmin)
		i++
		if err := depart(h, h.find(t, name)); err != nil {
			t.Errorf("one of two administrators %s: %v", how, err)
		}
	}
	h.count(t, "users WHERE role = 'admin' AND disabled_at IS NULL AND closed_at IS NULL", 1)
}

// hurried is the same house and a copy, whose deeds count how often one is in the way of another. On
// SQLite that is how they wait.
func (h house) hurried(t *testing.T) ([]house, *atomic.Int64) {
	t.Helper()
	var inTheWay atomic.Int64
	houses := []house{h, h.copied(t)}
	for i := range houses {
		again := houses[i].db.Retryable
		houses[i].db.Retryable = func(err error) bool {
			if again(err) && h.kind.Name == PostgreSQL.Name {
				inTheWay.Add(1)
			}
			return again(err)
		}
		houses[i] = houses[i].patient(t)
	}
	return houses, &inTheWay
}

// ROL-08: administrators, the operator and those who close their own accounts, all at once and on two
// copies. One is left each time, and nothing is a fault.
func TestROL08OneAdministratorIsLeft(t *testing.T) {
	onEach(t, func(t *testing.T, d Database) {
		h := open(t, d)
		h.staff(t, "one", store.RoleAdmin)
		h.staff(t, "two", store.RoleAdmin)
		one, two, three := h.find(t, "one"), h.find(t, "two"), store.User{}
		houses, inTheWay := h.hurried(t)
		demotes := func(h house, user store.User, from store.Origin) error {
			_, err := h.ChangeRole(h.ctx, user, "", store.RoleAdmin, from)
			return err
		}
		rounds := [][]func(h house) error{
			{
				func(h house) error { return h.Disable(h.ctx, two, by(one)) },
				func(h house) error { return h.Disable(h.ctx, one, by(two)) },
			},
			{
				func(h house) error { return demotes(h, two, by(one)) },
				func(h house) error { return demotes(h, one, by(two)) },
			},
			{
				func(h house) error { return h.CloseAccount(h.ctx, one, From) },
				func(h house) error { return h.CloseAccount(h.ctx, two, From) },
			},
			{
				func(h house) error { return h.CloseAccount(h.ctx, one, From) },
				func(h house) error { return demotes(h, two, Operator) },
				func(h house) error { return h.Disable(h.ctx, one, by(two)) },
				func(h house) error { return demotes(h, one, Operator) },
			},
			{
				func(h house) error { return h.Erase(h.ctx, three, by(one)) },
				func(h house) error { return h.Disable(h.ctx, one, by(three)) },
				func(h house) error { return h.CloseAccount(h.ctx, two, From) },
			},
		}
		for round := range 100 {
			deeds := rounds[round%len(rounds)]
			if len(deeds) == 3 {
				h.exec(t, `DELETE FROM reserved_usernames`)
				h.exec(t, `DELETE FROM users WHERE username = 'three'`)
				h.staff(t, "three", store.RoleAdmin)
				three = h.find(t, "three")
			}
			h.exec(t, `UPDATE users SET role = 'admin', disabled_at = NULL, closed_at = NULL`)
			var group sync.WaitGroup
			for i, deed := range deeds {
				group.Go(func() {
					if err := deed(houses[i%2]); err != nil && !refusal(err) && !errors.Is(err, store.ErrForbidden) && !errors.Is(err, store.ErrNotFound) {
						t.Errorf("round %d, deed %d: %v", round, i, err)
					}
				})
			}
			group.Wait()
			if has, err := h.HasAdmin(h.ctx); err != nil || !has {
				t.Fatalf("after round %d nobody is left, %v", round, err)
			}
		}
		if n := inTheWay.Load(); n > 0 {
			t.Errorf("%d times two deeds waited for each other", n)
		}
	})
}
