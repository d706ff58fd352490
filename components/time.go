package components

import "time"

// Every time on a page or in a letter is written by one of these, in UTC. The template At draws one for people and for
// machines.

// moment is a day and a time of day.
func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// day is a date alone.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// machine is a moment as the datetime attribute has it.
func machine(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }
