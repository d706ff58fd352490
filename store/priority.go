package store

// Priority says how soon a letter has to leave. Each has deliveries of its own, so that
// no letter waits for one that is less urgent.
type Priority int

const (
	// Awaited is what somebody waits for at the screen. It is the default, even in
	// the database: copies of earlier versions state no priority.
	Awaited Priority = iota
	// Notice is a letter about what was done to an account.
	Notice
	// Bulk is what may be written to many at once.
	Bulk
)

// Priorities are all of them, the most urgent first.
var Priorities = []Priority{Awaited, Notice, Bulk}
