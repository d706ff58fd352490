package storetest_test

import (
	"testing"

	"gatehouse/store"
)

// asOperator is whoever runs the site, from there.
func asOperator(from store.Origin) store.Origin {
	from.Operator = true
	return from
}

// The contract of roles.
func TestRoleContract(t *testing.T) {
	contract(t, []promise{
		{"gives a role, which ends all sign-ins and counts from then on", givesRole},
	})
}

func givesRole(t *testing.T, h house) {
	n := h.signIn(t, true)
	ada := h.find(t, "ada")
	changed, err := h.ChangeRole(h.ctx, ada, store.RoleAdmin, "", asOperator(store.Origin{}))
	if err != nil || !changed {
		t.Fatalf("ChangeRole = %v, %v", changed, err)
	}
	h.gone(t, n.ID)
	if ada = h.find(t, "ada"); !ada.May(store.ChangeRoles) || !ada.Staff() {
		t.Errorf("%+v", ada)
	}
}
