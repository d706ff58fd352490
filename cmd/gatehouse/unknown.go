package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/alecthomas/kong"

	"gatehouse/store/identity"
)

// unknownVariable is a variable of the environment that looks like a setting and is none.
type unknownVariable struct{ name, meant string }

// String says so, and which setting was meant.
func (v unknownVariable) String() string {
	if v.meant == "" {
		return fmt.Sprintf("%s is no setting and changes nothing", v.name)
	}
	return fmt.Sprintf("%s is no setting and changes nothing; did you mean %s?", v.name, v.meant)
}

// injected are what Kubernetes and Docker set in every container beside a service that is called like
// the program, or begins like it.
var injected = regexp.MustCompile(`^(.*_)?(PORT(_.*)?|SERVICE_.*)$`)

// unknownVariables are the variables that begin like settings and are none, in the order of their names.
func unknownVariables(model *kong.Application, environment []string) (unknown []unknownVariable) {
	var known []string
	for _, flag := range model.Flags {
		known = append(known, flag.Envs...)
	}
	for _, variable := range environment {
		name, _, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, identity.Environment+"_")
		if !ours || injected.MatchString(rest) || slices.Contains(known, name) || slices.Contains(known, strings.TrimSuffix(name, fileEnding)) {
			continue
		}
		unknown = append(unknown, unknownVariable{name, nearest(name, known)})
	}
	slices.SortFunc(unknown, func(a, b unknownVariable) int { return strings.Compare(a.name, b.name) })
	return unknown
}

// nearest is the name that was meant, or empty where none is near.
func nearest(name string, known []string) (meant string) {
	bare, ending := strings.CutSuffix(name, fileEnding)
	prefix := len(identity.Environment) + 1
	least := max(2, (len(bare)-prefix)/3) + 1
	for _, candidate := range known {
		if far := levenshtein.ComputeDistance(bare, candidate); far < least {
			least, meant = far, candidate
		}
	}
	if meant != "" && ending {
		meant += fileEnding
	}
	return meant
}
