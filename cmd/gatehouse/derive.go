package main

import (
	"context"
	"fmt"
	"os"

	"gatehouse/store/identity"
	"gatehouse/store/secret"
)

// derives says whether this process was started to derive a key, and does so: it reads what to derive
// from stdin and writes the key to stdout. Nothing else of the program is needed for that.
func derives(args []string, t terminal) (status int, is bool) {
	if len(args) != 1 || args[0] != deriveName {
		return 0, false
	}
	if err := secret.DeriveOne(t.in, t.out); err != nil {
		fmt.Fprintf(t.err, "%s: %v\n", identity.Program, err)
		return exitFailed, true
	}
	return exitDone, true
}

// deriveHere has every memory-hard key derived in a process of this program. Only main sets it: in
// another program, such as one that tests this one, it would start that.
func deriveHere() {
	program, err := os.Executable()
	if err != nil {
		return // keys are derived in this process then
	}
	deriveElsewhere = secret.DeriveIn(program, os.Args[0], deriveName)
}

// deriveName is the one argument of such a process.
const deriveName = "derive-key"

// deriveElsewhere is where memory-hard keys are derived; nil is here.
var deriveElsewhere func(ctx context.Context, d secret.Derived, password string) ([]byte, error)
