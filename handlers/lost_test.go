package handlers

import (
	"testing"

	"gatehouse/store/storetest"
)

// SRV-05: pages say what is the matter, nobody is signed in or out by it, and
// service returns by itself.
func TestSRV05ALostDatabaseIs503UntilItIsBack(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	database := storetest.PostgreSQL
	database.New = cluster.NewDatabase
	h := newHouseOn(t, database)
	v := h.visitor(t)
	v.registers()
	cluster.Stop(t)
	for range 2 {
		for _, answer := range []*page{v.get("/account"), v.get("/"), v.post("/login", nil), h.visitor(t).get("/login").submit(map[string]string{"username": "ada", "password": storetest.Password})} {
			answer.is(503).says("We can't reach our records").hides("socket", "dial ", "ada@example.com")
			if answer.header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", answer.path)
			}
		}
		v.get("/readyz").is(503)
		v.get("/healthz").is(200)
		h.visitor(t).get("/login").is(200)
	}
	cluster.Start(t)
	v.get("/readyz").is(200)
	v.get("/account").is(200).says("ada@example.com")
	h.visitor(t).signsIn()
}
