package main

import (
	"context"
	"os"

	"gatehouse/store/secret"
)

// deriveCommand derives a key of a password, for a process of the same program that waits for it.
type deriveCommand struct{}

// Run reads what to derive from stdin and writes the key to stdout.
func (deriveCommand) Run(inv *invocation) error { return secret.DeriveOne(inv.term.in, inv.term.out) }

// deriveHere has every memory-hard key derived in a process of this program. Only main sets it: in
// another program, such as one that tests this one, it would start that.
func deriveHere() {
	program, err := os.Executable()
	if err != nil {
		return // keys are derived in this process then
	}
	deriveElsewhere = secret.DeriveIn(program, os.Args[0], deriveName)
}

// deriveName is the command that does it.
const deriveName = "derive-key"

// deriveElsewhere is where memory-hard keys are derived; nil is here.
var deriveElsewhere func(ctx context.Context, d secret.Derived, password string) ([]byte, error)
