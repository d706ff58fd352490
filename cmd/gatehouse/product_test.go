package main

import (
	"testing"

	"gatehouse/handlers/housetest"
)

// TestProduct requires of the product's pages and tables what the site promises for its own.
// Where it needs to know something it says what to write into Answers. Gatehouse never changes
// this file again: it is the product's own.
func TestProduct(t *testing.T) {
	housetest.Check(t, product, housetest.Answers{})
}
