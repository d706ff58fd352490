package store

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits are how often things may be tried. They slow guessing down; nothing
// is ever locked for good.
type Limits struct {
	// WrongPasswords is how many wrong passwords in a row one account takes without a
	// wait, however its name is spelled and whether or not it exists. After them each
	// attempt must wait: one second, then twice as long after each failure, up to
	// LongestWait. A known device has a count of its own. 0 is no limit.
	WrongPasswords int
	// LongestWait is the longest that an account makes anybody wait.
	LongestWait time.Duration
	// Failures are wrong passwords from one source.
	Failures Rates
	// Registrations are new accounts from one source, AllRegistrations from
	// everywhere together.
	Registrations, AllRegistrations Rates
	// UsernameChecks are questions from one source whether a username is free.
	UsernameChecks Rates
	// Letters are the letters that one source asks for, Links the invalid links that it
	// opens.
	Letters, Links Rates
	// Passkeys is how often one source may begin with a passkey.
	Passkeys Rates
}

// DefaultLimits are what a site begins with.
var DefaultLimits = Limits{
	WrongPasswords:   5,
	LongestWait:      15 * time.Minute,
	Failures:         Rates{{20, time.Minute}, {100, time.Hour}},
	Registrations:    Rates{{5, 10 * time.Minute}, {10, time.Hour}},
	AllRegistrations: Rates{{1000, time.Hour}},
	UsernameChecks:   Rates{{60, time.Minute}},
	Letters:          Rates{{10, time.Hour}},
	Links:            Rates{{30, time.Minute}},
	Passkeys:         Rates{{60, time.Minute}},
}

const (
	// failureLifetime is how long after the last failure the count of an account starts
	// again at 0.
	failureLifetime = 24 * time.Hour
	// deviceFailures is how many failures in a row make a device unknown again.
	deviceFailures = 10
)

// Rate is a token bucket: it holds Count at most, and fills up evenly within Per.
type Rate struct {
	Count int
	Per   time.Duration
}

// Rates are used together: each of them must allow.
type Rates []Rate

// UnmarshalText reads rates such as "20/1m,100/1h", or "off".
func (r *Rates) UnmarshalText(text []byte) error {
	*r = nil
	if string(text) == "off" {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		count, per, _ := strings.Cut(strings.TrimSpace(part), "/")
		n, err := strconv.Atoi(count)
		d, wrong := time.ParseDuration(per)
		if err != nil || wrong != nil || n < 1 || n > 1_000_000 || d < time.Second || d > 30*24*time.Hour {
			return fmt.Errorf("must be rates like 20/1m,100/1h, or off, not %q", text)
		}
		*r = append(*r, Rate{n, d})
	}
	return nil
}

// String is what UnmarshalText reads.
func (r Rates) String() string {
	if len(r) == 0 {
		return "off"
	}
	var parts []string
	for _, rate := range r {
		parts = append(parts, fmt.Sprintf("%d/%s", rate.Count, trimUnits.Replace(rate.Per.String())))
	}
	return strings.Join(parts, ",")
}

// trimUnits leaves the units out of a duration of which there is none.
var trimUnits = strings.NewReplacer("h0m0s", "h", "m0s", "m")
