package main

import (
	"runtime"
)

// version is set by make build.
var version = "development"

type versionCommand struct{}

// Run prints the version of the program and of Go.
func (versionCommand) Run(inv *invocation) error {
	return inv.print(false, nil, "gatehouse %s, %s\n", version, runtime.Version())
}
