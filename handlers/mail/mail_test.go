package mail

import (
	"errors"
	"testing"
)

func TestTheLogNamesNobodyWhomAServerRefuses(t *testing.T) {
	t.Parallel()
	refused := errors.New(`550 "5.1.1 <Ada.Private@example.com>: Recipient rejected", affected recipient(s): <Ada.Private@example.com>`)
	want := `550 "5.1.1 <ADDRESS>: Recipient rejected", affected recipient(s): <ADDRESS>`
	if got := nameless(refused); got != want {
		t.Errorf("the log says %s, want %s", got, want)
	}
}
