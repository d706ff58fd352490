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

// NotOffered refuses a value that is none of those to choose from.
func NotOffered(field string) error { return Refuse(field, "Choose one of these.") }

// TooMany refuses whoever must wait, in the same words whether or not an account
// exists. It says at least one second.
func TooMany(wait time.Duration) error {
	wait = max(wait, time.Second)
	sentence := "Too many tries. Wait a moment, then try again."
	if wait > 10*time.Second {
		sentence = fmt.Sprintf("Too many tries. Try again in %s.", inWords(wait))
	}
	return Refusal{Sentence: sentence, Wait: wait}
}

// TooManyLetters refuses whoever asked for as many letters as are sent at a time, in the same
// words whether or not any was written.
func TooManyLetters(wait time.Duration) error {
	sentence := fmt.Sprintf("That's as many emails as we send at a time. Try again in %s.", inWords(max(wait, time.Second)))
	return Refusal{Sentence: sentence, Wait: max(wait, time.Second)}
}

// inWords says how long, rounded up to whole seconds, minutes or hours.
func inWords(d time.Duration) string {
	in := func(unit time.Duration) int64 { return int64((d + unit - 1) / unit) }
	switch {
	case in(time.Second) <= 90:
		return counted(in(time.Second), "1 second", "%d seconds")
	case in(time.Minute) <= 90:
		return counted(in(time.Minute), "1 minute", "%d minutes")
	}
	return counted(in(time.Hour), "1 hour", "%d hours")
}

// counted says how many there are: one, or more by a format.
func counted(n int64, one, more string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(more, n)
}
