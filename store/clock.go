package store

import "time"

// skew is how far apart the clocks of copies of the program may be: what
// Kerberos allows (RFC 4120). A copy whose clock differs by more turns away people who
// signed in at another copy.
const skew = 5 * time.Minute

// possible says whether a rule that sets times at most so far ahead can have written
// this one by now. If not, it was written by a clock that was ahead. Such a time counts
// as absent: nobody waits for it, and it lets nobody in. It is not deleted, because the
// clock that is wrong may be the present one.
func possible(at, now time.Time, ahead time.Duration) bool {
	return !at.After(latest(now, ahead))
}

// latest is the last time that is possible.
func latest(now time.Time, ahead time.Duration) time.Time { return now.Add(ahead + skew) }
