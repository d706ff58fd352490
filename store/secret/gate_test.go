package secret

import (
	"context"
	"strings"
	"testing"
	"time"
)

// A panic on a slot would end the program, and not only the request that waits for it.
func TestASlotGoesOnAfterAPanic(t *testing.T) {
	t.Parallel()
	gate := NewGate(1, time.Minute)
	t.Cleanup(gate.Close)
	err := gate.Do(context.Background(), func() { panic("a hash that cannot be") })
	if err == nil || !strings.HasPrefix(err.Error(), "panic: a hash that cannot be\ngoroutine ") || !strings.Contains(err.Error(), "TestASlotGoesOn") {
		t.Errorf("a panic became %v", err)
	}
	ran := false
	if err := gate.Do(context.Background(), func() { ran = true }); err != nil || !ran {
		t.Errorf("the next password: ran %v, %v", ran, err)
	}
	if use := gate.Use(); use.InUse != 0 || use.Waiting != 0 {
		t.Errorf("the gate is used as %+v, want not at all", use)
	}
}
