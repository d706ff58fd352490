package rules

import (
	"testing"
	"time"
)

func TestSourcesAreLookedForAsTheyAreRecorded(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", " 192.0.2.1\u200b": "192.0.2.1", "::ffff:192.0.2.1": "192.0.2.1", "2001:DB8:0::7": "2001:db8::7",
		"[2001:db8::7]": "2001:db8::7", "fe80::1%eth0": "fe80::1", "unknown": "unknown", "unreadable-0123456789abcdef": "unreadable-0123456789abcdef",
	} {
		if got, err := CanonicalSource(typed); got != want || err != nil || CheckSource(typed) != nil {
			t.Errorf("%q is %q, %v; want %q", typed, got, err, want)
		}
	}
	for _, typed := range []string{"", "a b", "<b>", "192.0.2.1\x00", "ä", "\xff", string(make([]byte, 10_000))} {
		if got, err := CanonicalSource(typed); err == nil || CheckSource(typed) == nil {
			t.Errorf("%q is %q", typed, got)
		}
	}
}

func TestADayIsThatOfTheZone(t *testing.T) {
	t.Parallel()
	day, err := Day("since", "2026-11-23", Zone("Asia/Kathmandu"))
	if want := time.Date(2026, 11, 22, 18, 15, 0, 0, time.UTC); err != nil || !day.Equal(want) {
		t.Errorf("the day begins at %v, %v; want %v", day, err, want)
	}
	for _, text := range []string{"", "today", "23.11.2026", "2026-02-30", "2026-11-23T10:00", "12026-11-23", "2026-1-2", "\x00", "２０２６-11-23"} {
		_, err := Day("since", text, time.UTC)
		if refusal, refused := AsRefusal(err); !refused || refusal.Field != "since" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
