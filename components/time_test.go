package components

import (
	"strings"
	"testing"
	"time"

	"gatehouse/store/rules"
)

func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func TestMomentsAreSaidInTheZoneOfTheirReader(t *testing.T) {
	t.Parallel()
	moment := at(t, "2026-11-24T13:05:00Z")
	for zone, want := range map[string]string{
		"":                     "24 November 2026, 13:05 UTC",
		"Europe/Berlin":        "24 November 2026, 14:05 CET",
		"America/New_York":     "24 November 2026, 08:05 EST",
		"America/Sao_Paulo":    "24 November 2026, 10:05 UTC-3",
		"Asia/Kathmandu":       "24 November 2026, 18:50 UTC+5:45",
		"America/St_Johns":     "24 November 2026, 09:35 NST",
		"Pacific/Marquesas":    "24 November 2026, 03:35 UTC-9:30",
		"Pacific/Auckland":     "25 November 2026, 02:05 NZDT",
		"Europe/Nowhere":       "24 November 2026, 13:05 UTC",
		"Antarctica/Troll":     "24 November 2026, 13:05 UTC",
		"America/Argentina/x/": "24 November 2026, 13:05 UTC",
	} {
		if got := (Times{Zone: rules.Zone(zone)}).moment(moment); got != want {
			t.Errorf("in %q it is %q, want %q", zone, got, want)
		}
	}
}

// The clocks are put back at 01:00 UTC, so 02:30 comes twice.
func TestAnHourThatComesTwiceIsToldApart(t *testing.T) {
	t.Parallel()
	n := Times{Zone: rules.Zone("Europe/Berlin"), Now: at(t, "2026-10-25T08:00:00Z")}
	first, second := at(t, "2026-10-25T00:30:00Z"), at(t, "2026-10-25T01:30:00Z")
	if a, b := n.moment(first), n.moment(second); a != "25 October 2026, 02:30 CEST" || b != "25 October 2026, 02:30 CET" {
		t.Errorf("they are %q and %q", a, b)
	}
	if a, b := n.clock(first), n.clock(second); a != "02:30 CEST" || b != "02:30" {
		t.Errorf("on a page in CET they are %q and %q", a, b)
	}
}

func TestMomentsAreSaidAsSeenFromNow(t *testing.T) {
	t.Parallel()
	now := at(t, "2026-11-24T13:05:00Z")
	berlin := Times{Zone: rules.Zone("Europe/Berlin"), Now: now}
	for _, row := range []struct {
		from string
		ago  string
	}{
		{"2026-11-24T13:05:20Z", "just now"}, // another copy of the program, with another clock
		{"2026-11-24T13:04:30Z", "just now"},
		{"2026-11-24T13:03:30Z", "a minute ago"},
		{"2026-11-24T13:02:00Z", "3 minutes ago"},
		{"2026-11-24T12:05:00Z", "an hour ago"},
		{"2026-11-24T08:00:00Z", "5 hours ago"},
		{"2026-11-23T23:30:00Z", "13 hours ago"}, // today in Berlin
		{"2026-11-23T22:30:00Z", "yesterday at 23:30"},
		{"2026-11-21T12:00:00Z", "3 days ago"},
		{"2026-11-12T12:00:00Z", "12 November"},
		{"2025-11-12T12:00:00Z", "12 November 2025"},
		{"2026-12-12T12:00:00Z", "12 December 2026, 13:00 CET"}, // a clock was ahead
	} {
		if got := berlin.ago(at(t, row.from)); got != row.ago {
			t.Errorf("%s was %q, want %q", row.from, got, row.ago)
		}
	}
	for from, want := range map[string]string{
		"2026-11-24T13:05:30Z": "in less than a minute",
		"2026-11-24T13:06:30Z": "in a minute",
		"2026-11-24T13:30:00Z": "in 25 minutes",
		"2026-11-24T14:30:00Z": "in an hour",
		"2026-11-24T18:05:00Z": "in 5 hours",
		"2026-11-24T23:05:00Z": "tomorrow at 00:05",
		"2026-12-08T12:00:00Z": "on 8 December",
		"2026-11-24T12:00:00Z": "24 November 2026, 13:00 CET",
	} {
		if got := berlin.ahead(at(t, from)); got != want {
			t.Errorf("%s will be %q, want %q", from, got, want)
		}
	}
	for from, want := range map[string]string{"2026-11-23T23:30:00Z": "Today", "2026-11-23T22:30:00Z": "Yesterday", "2026-11-22T12:00:00Z": "22 November"} {
		if got := berlin.dayHeading(at(t, from)); got != want {
			t.Errorf("%s stands under %q, want %q", from, got, want)
		}
	}
}

// A page without a now, such as a letter, says no word that would be wrong tomorrow.
func TestWithoutANowEveryTimeIsSaidInFull(t *testing.T) {
	t.Parallel()
	moment := at(t, "2026-11-24T13:05:00Z")
	var n Times
	for name, got := range map[string]string{"ago": n.ago(moment), "ahead": n.ahead(moment)} {
		if got != "24 November 2026, 13:05 UTC" {
			t.Errorf("%s is %q", name, got)
		}
	}
	if got := n.dayHeading(moment); got != "24 November 2026" {
		t.Errorf("the day is %q", got)
	}
}

func TestEveryZoneThatIsOfferedExists(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range zoneNames {
		if rules.Zone(name) == nil || seen[name] {
			t.Errorf("%s is no zone, or is offered twice", name)
		}
		seen[name] = true
	}
	if len(zoneNames) < 50 {
		t.Errorf("%d zones are offered", len(zoneNames))
	}
}

func TestTimesAreDrawnForMachinesToo(t *testing.T) {
	t.Parallel()
	moment := at(t, "2026-11-24T13:02:59Z")
	page := Page{Times: Times{Zone: rules.Zone("Asia/Kathmandu"), Now: at(t, "2026-11-24T13:05:00Z")}}
	for _, row := range []struct{ want, got string }{
		{`<time datetime="2026-11-24T13:02Z">24 November 2026, 18:47 UTC+5:45</time>`, drawn(t, page.inFrame(At(moment)))},
		{`<time datetime="2026-11-24T13:02Z" title="24 November 2026, 18:47 UTC+5:45">2 minutes ago</time>`, drawn(t, page.inFrame(Ago(moment)))},
		{`<time datetime="2026-11-24" title="24 November 2026">Today</time>`, drawn(t, page.inFrame(DayHeading(moment)))},
		{`22 November`, drawn(t, page.inFrame(DayHeading(moment.AddDate(0, 0, -2))))},
	} {
		if row.got != row.want {
			t.Errorf("drawn as %s, want %s", row.got, row.want)
		}
	}
	if got := drawn(t, At(moment)); !strings.Contains(got, "13:02 UTC") {
		t.Errorf("outside a page it is %s", got)
	}
}
