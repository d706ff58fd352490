package main

import (
	"fmt"
	"net/url"
)

// secondStep says who must have a second step. It is empty where nobody said.
type secondStep string

// Who must have one, as --second-step spells it.
const (
	secondStepOptional secondStep = "optional"
	secondStepStaff    secondStep = "staff"
	secondStepRequired secondStep = "required"
)

func (s *settings) checkSecondStep() error {
	switch s.SecondStep {
	case "", secondStepOptional, secondStepStaff, secondStepRequired:
		return nil
	}
	return usageError{fmt.Errorf("--second-step must be optional, staff or required, not %q", s.SecondStep)}
}

// secondStep is who must have a second step at a site with that base URL. A developer is spared one
// who did not ask for it.
func (s *settings) secondStep(base *url.URL) secondStep {
	switch {
	case s.SecondStep != "":
		return s.SecondStep
	case isLocal(base):
		return secondStepOptional
	}
	return secondStepStaff
}
