package main

import (
	"runtime"

	"gatehouse/identity"
)

// version is set by make build.
var version = "development"

type versionCommand struct{}

// Run prints the version of the program and of Go.
func (versionCommand) Run(j *job) error {
	return j.print(false, nil, "%s %s, %s\n", identity.Program, version, runtime.Version())
}
