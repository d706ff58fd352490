package rules

import (
	"errors"
	"fmt"
	"time"
)

// Refusal is an answer for the visitor: a sentence and, where one input is to
// blame, its name. Every other error is a fault and belongs in the log.
type Refusal struct {
	// Field is the form name of the input, or empty.
	Field string
	// Sentence is shown as it is. It never says more about an account than
	// anybody may know.
	Sentence string
	// Wait is how long to wait before trying again, where that is the reason.
	Wait time.Duration
}

// Error is the sentence.
func (r Refusal) Error() string { return r.Sentence }

// AsRefusal finds a refusal in err.
func AsRefusal(err error) (Refusal, bool) {
	var refusal Refusal
	ok := errors.As(err, &refusal)
	return refusal, ok
}

// Refuse makes a refusal for the input of that form name, or with none for the whole
// form. With args sentence is a format of package fmt.
func Refuse(field, sentence string, args ...any) error {
	if len(args) > 0 {
		sentence = fmt.Sprintf(sentence, args...)
	}
	return Refusal{Field: field, Sentence: sentence}
}

// TooMany is the refusal of whoever must wait, in the same words whether or
// not an account exists.
func TooMany(wait time.Duration) error {
	wait = max(wait, time.Second)
	return Refusal{Sentence: "Too many attempts. Wait " + inWords(wait) + ", then try again.", Wait: wait}
}

// inWords says how long, rounded up.
func inWords(d time.Duration) string {
	unit, n := "second", int64((d+time.Second-1)/time.Second)
	if n > 90 {
		unit, n = "minute", int64((d+time.Minute-1)/time.Minute)
	}
	if unit == "minute" && n > 90 {
		unit, n = "hour", int64((d+time.Hour-1)/time.Hour)
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
