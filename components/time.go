package components

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Times is how a page or a letter says moments: in a time zone, and seen from now. The zero Times says them in UTC, and
// always in full. Every time that people read is said by one of its methods.
type Times struct {
	Zone *time.Location
	Now  time.Time
}

// timesOf is how the page around a component says moments.
func timesOf(ctx context.Context) Times { return frameOf(ctx).times }

func (n Times) in(t time.Time) time.Time {
	if n.Zone == nil {
		return t.UTC()
	}
	return t.In(n.Zone)
}

// moment is a day and a time of day, with the zone.
func (n Times) moment(t time.Time) string {
	t = n.in(t)
	return fmt.Sprintf("%s %s", t.Format("2 January 2006, 15:04"), zoneLetters(t))
}

// day is a date. The year is said if it is another one.
func (n Times) day(t time.Time) string {
	t = n.in(t)
	if !n.Now.IsZero() && t.Year() == n.in(n.Now).Year() {
		return t.Format("2 January")
	}
	return n.date(t)
}

// date is a day that stays true when it is read later, as on paper.
func (n Times) date(t time.Time) string { return n.in(t).Format("2 January 2006") }

// clock is a time of day. The zone is said where it is not that of now: clocks are put back.
func (n Times) clock(t time.Time) string {
	t = n.in(t)
	if letters := zoneLetters(t); letters != zoneLetters(n.in(n.Now)) {
		return fmt.Sprintf("%s %s", t.Format("15:04"), letters)
	}
	return t.Format("15:04")
}

// zone names the zone, for a page that says it once.
func (n Times) zone() string {
	letters := zoneLetters(n.in(n.Now))
	if n.Zone == nil || n.Zone == time.UTC {
		return letters
	}
	return fmt.Sprintf("%s (%s)", zoneLabel(n.Zone.String()), letters)
}

// inZone says of a page in which zone its times are.
func (n Times) inZone() string { return fmt.Sprintf("Times are in %s.", n.zone()) }

// zoneLabel is the name of a zone without its underscores.
func zoneLabel(name string) string { return strings.ReplaceAll(name, "_", " ") }

// days counts the midnights from then to now.
func (n Times) days(t time.Time) int {
	return int(midnight(n.in(n.Now)).Sub(midnight(n.in(t))) / (24 * time.Hour))
}

// midnight stands for a day, in UTC, where every day has 24 hours.
func midnight(t time.Time) time.Time {
	year, month, day := t.Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// dayHeading names the day of a moment above what happened then.
func (n Times) dayHeading(t time.Time) string {
	if !n.Now.IsZero() {
		switch n.days(t) {
		case 0:
			return "Today"
		case 1:
			return "Yesterday"
		}
	}
	return n.day(t)
}

// onDay says on which day something was done, inside a sentence.
func (n Times) onDay(t time.Time) string {
	if !n.Now.IsZero() {
		switch n.days(t) {
		case 0:
			return "today"
		case 1:
			return "yesterday"
		}
	}
	return fmt.Sprintf("on %s", n.day(t))
}

// ago says how long ago a moment was.
func (n Times) ago(t time.Time) string {
	since := n.Now.Sub(t)
	if n.Now.IsZero() || since < -time.Minute {
		return n.moment(t)
	}
	switch {
	case since < time.Minute:
		return "just now"
	case since < 2*time.Minute:
		return "a minute ago"
	case since < time.Hour:
		return fmt.Sprintf("%d minutes ago", since/time.Minute)
	}
	switch days := n.days(t); {
	case days == 0 && since < 2*time.Hour:
		return "an hour ago"
	case days == 0:
		return fmt.Sprintf("%d hours ago", since/time.Hour)
	case days == 1:
		return fmt.Sprintf("yesterday at %s", n.clock(t))
	case days < 7:
		return fmt.Sprintf("%d days ago", days)
	}
	return n.day(t)
}

// ahead says when something to come will be.
func (n Times) ahead(t time.Time) string {
	left := t.Sub(n.Now)
	if n.Now.IsZero() || left < 0 {
		return n.moment(t)
	}
	switch {
	case left < time.Minute:
		return "in less than a minute"
	case left < 2*time.Minute:
		return "in a minute"
	case left < time.Hour:
		return fmt.Sprintf("in %d minutes", left/time.Minute)
	}
	switch days := -n.days(t); {
	case days == 0 && left < 2*time.Hour:
		return "in an hour"
	case days == 0:
		return fmt.Sprintf("in %d hours", left/time.Hour)
	case days == 1:
		return fmt.Sprintf("tomorrow at %s", n.clock(t))
	}
	return fmt.Sprintf("on %s", n.day(t))
}

// zoneLetters are those by which people know the zone of a moment, or else how far it is from UTC: a zone without
// letters of its own has its offset for a name, such as +0545.
func zoneLetters(t time.Time) string {
	name, offset := t.Zone()
	if name == "" || name[0] != '+' && name[0] != '-' {
		return name
	}
	hours, minutes := offset/3600, offset/60%60
	switch {
	case offset == 0:
		return "UTC"
	case minutes == 0:
		return fmt.Sprintf("UTC%+d", hours)
	}
	return fmt.Sprintf("UTC%s%d:%02d", name[:1], max(hours, -hours), max(minutes, -minutes))
}

// machine is a moment as the datetime attribute has it.
func machine(t time.Time) string { return t.UTC().Format("2006-01-02T15:04Z") }

// stamp is a moment as files have it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// machineDay is a day as the datetime attribute has it.
func (n Times) machineDay(t time.Time) string { return n.in(t).Format("2006-01-02") }
