package components

import (
	"strconv"
	"strings"
	"time"
)

// CodesForm makes new recovery codes in place of a set.
type CodesForm struct {
	Form
	// Batch says which set is replaced, so that a form sent twice makes no third.
	Batch string
}

// NewCodesForm states the form for somebody whose present set was made at a time, or at the zero time if there is none.
func NewCodesForm(made time.Time) *CodesForm {
	return &CodesForm{
		Form:  Form{ID: "codes", Action: "/account/codes", Title: "Make new recovery codes", Submit: makeCodes, Busy: "Making them…"},
		Batch: CodesBatch(made),
	}
}

// CodesBatch names a set of recovery codes by when it was made.
func CodesBatch(made time.Time) string {
	if made.IsZero() {
		return "none"
	}
	return strconv.FormatInt(made.UnixMicro(), 10)
}

// NewCodes are recovery codes as they are shown, once.
type NewCodes struct {
	Codes []string
	// Account is the FormID of their owner.
	Account string
	// First says that they came with the second step, and not in place of others.
	First bool
	// Next is where to go on to.
	Next string
}

func (c NewCodes) text() string { return strings.Join(c.Codes, "\n") }
