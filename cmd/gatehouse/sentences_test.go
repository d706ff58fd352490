package main

import (
	"testing"

	"gatehouse/store/storetest"
)

func TestSentencesAreWhole(t *testing.T) {
	t.Parallel()
	storetest.WholeSentences(t, ".")
}
