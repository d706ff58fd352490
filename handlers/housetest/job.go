package housetest

import (
	"slices"
	"testing"

	"gatehouse/handlers"
)

// Run runs a job of the product once, as if it were due. One that returns an error fails
// the test.
func (h *House) Run(t testing.TB, job string) {
	t.Helper()
	i := slices.IndexFunc(h.Site.Product.Jobs, func(j handlers.Job) bool { return j.Name == job })
	if i < 0 {
		t.Fatalf("the product has no job %q", job)
	}
	must(t, h.Site.Product.Jobs[i].Do(t.Context()))
}
