package main

import (
	"runtime"

	"gatehouse/store/identity"
)

// version is set by make build.
var version = "development"

type versionCommand struct{}

// Run prints the version of the program and of Go.
func (versionCommand) Run(inv *invocation) error {
	return inv.print(false, nil, "%s %s, %s\n", identity.Program, version, runtime.Version())
}
